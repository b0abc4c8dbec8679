// Runs every command of the README, or of another page, as it is written, in a fresh folder state, and compares the answers
// that it shows.
//   bun test/support/readme.ts [page]   from the root of a checkout; ports 8000 and 12111 must be free
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readPlans } from '../../src/config/plans-file.ts'
import { until } from './until.ts'

interface Block {
  readonly language: string
  readonly text: string
}

const page = process.argv[2] ?? 'README.md'
const blocks = [...(await Bun.file(page).text()).matchAll(/^ *```(\w*)\n([\s\S]*?)^ *```$/gm)].map(
  ([, language = '', text = '']): Block => ({ language, text: text.trim() }),
)
const START = /bun@1\.4\.5 start$/
/** The tests are a step of their own: .ci/run runs them by this very line. */
const TESTS = /bun@1\.4\.5 run test$/
/** Of the server and of the simulator. */
const PORTS = [8_000, 12_111]
const LONGEST_BLOCK_MS = 300_000
const givenUp = Promise.withResolvers<{ readonly value: undefined; readonly done: true }>()
let passed = 0
const failures: string[] = []

function check(what: string, problem: string | null): void {
  if (problem === null) passed += 1
  else failures.push(`${what}: ${problem}`)
}

// A database of its own: whoever runs this in a checkout that is in use keeps his.
const folder = mkdtempSync(join(tmpdir(), 'speech-billing-readme-'))
const env = { ...process.env, DATABASE_URL: `file:${join(folder, 'billing.db')}` }

const shell = Bun.spawn(['bash'], { env, stdin: 'pipe', stdout: 'pipe', stderr: 'pipe' })
const output = shell.stdout.pipeThrough(new TextDecoderStream()).getReader()
shell.stdin.write('shopt -s expand_aliases\n')
const servers: Bun.Subprocess[] = []

/** Where no server starts, the commands that follow are not for whoever else listens there. */
let hasStarted = true
for (const [index, block] of blocks.entries()) {
  if (!hasStarted) break
  if (block.language === 'sh') await runBlock(block.text, blocks[index + 1])
  if (block.language === 'json' && block.text.includes('"plans"')) {
    const reading = readPlans(block.text)
    check('the catalogue', reading.ok ? null : reading.problems.join('; '))
  }
}
shell.stdin.end()
// The whole group: npx does not hand a signal on, and is gone before the server that it started.
for (const server of servers) process.kill(-server.pid, 'SIGTERM')
await Promise.all(servers.map((server) => server.exited))
if (servers.length > 0 && (await taken()).length > 0) failures.push('the server: it did not stop within a minute')
rmSync(folder, { recursive: true, force: true })
for (const failure of failures) console.log(`FAILED  ${failure}`)
console.log(`${passed} passed, ${failures.length} failed`)
// A page in which nothing was found to run is read wrongly.
process.exit(failures.length > 0 || passed < 3 ? 1 : 0)

async function runBlock(text: string, next: Block | undefined): Promise<void> {
  if (TESTS.test(text))
    return check('the tests', (await Bun.file('.ci/run').text()).includes(text) ? null : 'not in .ci/run')
  if (START.test(text)) {
    const problem = await startServer(text)
    hasStarted = problem === null
    return check('the start', problem)
  }
  const { status, out } = await inShell(text)
  const expected = next?.language === 'json' ? JSON.parse(next.text) : null
  check(text.split('\n')[0] ?? '', status === 0 ? unlike(out, expected) : `exit ${status}: ${out}`)
}

async function startServer(command: string): Promise<string | null> {
  const [port] = await taken()
  if (port !== undefined) return `port ${port} is taken; stop what listens there`
  servers.push(
    Bun.spawn(['bash', '-c', `exec ${command}`], { env, stdout: 'inherit', stderr: 'ignore', detached: true }),
  )
  const readiness = await until(
    () =>
      fetch('http://localhost:8000/readyz').then(
        (response) => response.text(),
        () => 'it did not answer within a minute',
      ),
    isReady,
  )
  return isReady(readiness) ? null : readiness
}

function isReady(readiness: string): boolean {
  return readiness.includes('"status":"ready"')
}

/** The ports that somebody still listens on after a minute: what ran before may need a moment to end. */
function taken(): Promise<readonly number[]> {
  return until(
    () => PORTS.filter((port) => !isFree(port)),
    (ports) => ports.length === 0,
  )
}

function isFree(port: number): boolean {
  try {
    Bun.listen({ hostname: '127.0.0.1', port, socket: { data() {} } }).stop(true)
    return true
  } catch {
    return false
  }
}

/** A safety net: a command that waits for what never comes must not wait for ever, and what follows it cannot run. */
function giveUp(): void {
  shell.kill()
  givenUp.resolve({ value: undefined, done: true })
}

/** In one shell, as somebody would paste it: a block may use what an earlier one set. */
async function inShell(text: string): Promise<{ readonly status: number; readonly out: string }> {
  if (shell.killed) return { status: 1, out: '(an earlier command did not end)' }
  const mark = crypto.randomUUID()
  shell.stdin.write(`${text}\nprintf '\\n%s %s\\n' ${mark} $?\n`)
  shell.stdin.flush()
  const limit = setTimeout(giveUp, LONGEST_BLOCK_MS)
  let out = ''
  for (;;) {
    const { value, done } = await Promise.race([output.read(), givenUp.promise])
    out += value ?? ''
    const end = new RegExp(`\\n${mark} (\\d+)\\n`).exec(out)
    if (end === null && !done) continue
    clearTimeout(limit)
    return end
      ? { status: Number(end[1]), out: out.slice(0, end.index) }
      : { status: 1, out: `${out} (the shell ended)` }
  }
}

/** Every JSON answer must be a good one; the one that is shown must have the same fields, and the same figures. */
function unlike(out: string, expected: Record<string, unknown> | null): string | null {
  const answers = out.split(/\n(?=\{)|(?<=\})(?=\{)/).filter((line) => line.trimStart().startsWith('{'))
  const problem = answers.find((answer) => answer.includes('"request_id"'))
  if (problem !== undefined) return `refused: ${problem}`
  if (expected === null) return null
  const seen: Record<string, unknown> = JSON.parse(answers.at(-1) ?? '{}')
  const wanted = comparable(expected)
  return wanted === comparable(seen) ? null : `shown ${wanted}, seen ${comparable(seen)}`
}

/** Ids and times differ from run to run; names, words and figures do not. */
function comparable(answer: unknown): string {
  return JSON.stringify(answer, (_, value) =>
    typeof value === 'string' && /\d/.test(value) ? 'some id or time' : value,
  )
}
