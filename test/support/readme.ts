// Runs every command of the README, or of another page, as it is written, in a fresh folder state, and compares the answers
// that it shows.
//   bun test/support/readme.ts [page]   from the root of a checkout; ports 8000 and 12111 must be free
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readPlans } from '../../src/config/plans-file.ts'

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

for (const [index, block] of blocks.entries()) {
  if (block.language === 'sh') await runBlock(block.text, blocks[index + 1])
  if (block.language === 'json' && block.text.includes('"plans"')) {
    const reading = readPlans(block.text)
    check('the catalogue', reading.ok ? null : reading.problems.join('; '))
  }
}
shell.stdin.end()
// The whole group: npx does not hand a signal on.
for (const server of servers) process.kill(-server.pid, 'SIGTERM')
await Promise.all(servers.map((server) => server.exited))
rmSync(folder, { recursive: true, force: true })
for (const failure of failures) console.log(`FAILED  ${failure}`)
console.log(`${passed} passed, ${failures.length} failed`)
process.exit(failures.length > 0 || passed < 8 ? 1 : 0)

async function runBlock(text: string, next: Block | undefined): Promise<void> {
  if (TESTS.test(text))
    return check('the tests', (await Bun.file('.ci/run').text()).includes(text) ? null : 'not in .ci/run')
  if (START.test(text)) return check('the start', await startServer(text))
  const { status, out } = await inShell(text)
  const expected = next?.language === 'json' ? JSON.parse(next.text) : null
  check(text.split('\n')[0] ?? '', status === 0 ? unlike(out, expected) : `exit ${status}: ${out}`)
}

async function startServer(command: string): Promise<string | null> {
  const isTaken = await fetch('http://localhost:8000/healthz').then(
    () => true,
    () => false,
  )
  if (isTaken) return 'port 8000 is taken; stop what listens there'
  servers.push(
    Bun.spawn(['bash', '-c', `exec ${command}`], { env, stdout: 'inherit', stderr: 'ignore', detached: true }),
  )
  for (let tries = 0; tries < 300; tries++) {
    const readiness = await fetch('http://localhost:8000/readyz').then(
      (response) => response.text(),
      () => '',
    )
    if (readiness.includes('"status":"ready"')) return null
    await Bun.sleep(200)
  }
  return 'it did not answer within a minute'
}

/** In one shell, as somebody would paste it: a block may use what an earlier one set. */
async function inShell(text: string): Promise<{ readonly status: number; readonly out: string }> {
  const mark = crypto.randomUUID()
  shell.stdin.write(`${text}\nprintf '\\n%s %s\\n' ${mark} $?\n`)
  shell.stdin.flush()
  let out = ''
  for (;;) {
    const { value, done } = await output.read()
    out += value ?? ''
    const end = new RegExp(`\\n${mark} (\\d+)\\n`).exec(out)
    if (end) return { status: Number(end[1]), out: out.slice(0, end.index) }
    if (done) return { status: 1, out: `${out} (the shell ended)` }
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
