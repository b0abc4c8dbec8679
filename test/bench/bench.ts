// Measures the program beside others on the same machine, in turn, and prints ratios: see docs/performance.md.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Options, readOptions, USAGE } from './options.ts'
import { type Result, resultText } from './report.ts'
import type { Bench } from './rounds.ts'
import { medianOf, spreadOf } from './statistics.ts'
import { batch } from './suites/batch.ts'
import { checking } from './suites/checking.ts'
import { large } from './suites/large.ts'
import { process as processSuite } from './suites/process.ts'
import { reading } from './suites/reading.ts'
import { recording } from './suites/recording.ts'
import { simulator } from './suites/simulator.ts'
import { webhooks } from './suites/webhooks.ts'

const SUITES = { recording, batch, reading, checking, webhooks, simulator, process: processSuite, large }
/** Below this a disk does not wait for anything: it is memory, and durability costs nothing there. */
const LEAST_FSYNC_MS = 0.01

const options = readOptions(process.argv.slice(2), join(import.meta.dir, '../../src/main.ts'))
if (options === null) console.log(USAGE)
else await benchAll(options)
// The stand-in for Stripe is still there.
process.exit()

async function benchAll(options: Options): Promise<void> {
  const root = mkdtempSync(join(options.folder ?? tmpdir(), 'speech-billing-bench-'))
  const bench = benchIn(root, options)
  const results: Result[] = []
  try {
    for (const [name, suite] of Object.entries(SUITES)) {
      if (!isWanted(name, options)) continue
      const result = await suite(bench)
      results.push(result)
      console.log(`\n${resultText(result)}`)
    }
  } catch (error) {
    console.error(`It stopped here; what the servers wrote and stored is left in ${root}.`)
    throw error
  }
  rmSync(root, { recursive: true, force: true })
  const machine = machineFacts(bench)
  console.log(machineText(machine))
  if (options.jsonFile !== null)
    await Bun.write(options.jsonFile, `${JSON.stringify({ machine, options, results }, null, 2)}\n`)
}

function isWanted(name: string, { only, large }: Options): boolean {
  if (name === 'large' && !large) return false
  return only.length === 0 || only.some((part) => name.includes(part))
}

function benchIn(root: string, options: Options): Bench {
  let folders = 0
  return {
    options,
    fsyncs: [],
    folder(name) {
      folders += 1
      const path = join(root, `${folders}-${name}`)
      mkdirSync(path)
      return path
    },
    progress: (line) => console.error(process.stderr.isTTY ? `\x1b[2m${line}\x1b[0m` : line),
  }
}

function machineFacts({ fsyncs }: Bench) {
  const [first] = cpus()
  const measuredAt = new Date().toISOString()
  const fsyncMs = fsyncs.length > 0 ? spreadOf(fsyncs) : null
  return { measuredAt, processor: first?.model ?? 'unknown', cores: cpus().length, bun: Bun.version, fsyncMs }
}

function machineText({ measuredAt, processor, cores, bun, fsyncMs }: ReturnType<typeof machineFacts>): string {
  const head = `${measuredAt}, ${cores} cores (${processor}), Bun ${bun}`
  if (fsyncMs === null) return head
  const { least, median, most } = fsyncMs
  const disk = `fsync of 4 KB: ${[least, median, most].map((value) => value.toFixed(3)).join(' – ')} ms`
  const warning = medianOf([median]) < LEAST_FSYNC_MS ? '\nThe folder lies in memory: give a --folder on a disk.' : ''
  return `${head}; ${disk}${warning}`
}
