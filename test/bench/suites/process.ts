import { readFile } from 'node:fs/promises'
import { install } from '../ours.ts'
import { serve } from '../processes.ts'
import type { Result } from '../report.ts'
import type { Bench } from '../rounds.ts'
import { spreadOf } from '../statistics.ts'

const IDLE_MS = 2_000

/** How soon the program listens and what it weighs when nobody asks anything. Given a binary by --server, of that. */
export async function process(bench: Bench): Promise<Result> {
  const installation = await install(bench.options.server, bench.folder('process'))
  const [starts, megabytes]: [number[], number[]] = [[], []]
  for (let round = 0; round < bench.options.rounds; round++) {
    bench.progress(`process: round ${round + 1} of ${bench.options.rounds}`)
    const server = await serve(installation)
    await Bun.sleep(IDLE_MS)
    starts.push(server.startMs)
    megabytes.push(await residentMegabytes(server.pid))
    await server.stop()
  }
  return {
    suite: `process (${installation.command.map((part) => part.split('/').at(-1)).join(' ')})`,
    measured: [],
    figures: [
      { text: 'from start to listening, ms', spread: spreadOf(starts), bound: { atMost: 100 } },
      { text: 'resident memory when idle, MB', spread: spreadOf(megabytes), bound: { atMost: 100 } },
    ],
    notes: [],
  }
}

/** As Linux counts it; elsewhere not a number. */
async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) / 1_024
}
