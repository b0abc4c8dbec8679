// Checks that every answer a simulator gave during the test run is what the SDK's types promise, by the type checker.
//   bun test/sandbox/types/check.ts [tests…]          runs the tests (all of them by default), then checks
//   bun test/sandbox/types/check.ts --from <file>     checks what an earlier run wrote down (see record.ts)
//   bun test/sandbox/types/check.ts twin [tests…]     a control that must fail: three answers are spoilt on purpose
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { spoilt } from './spoil.ts'
import type { Shape } from './structure.ts'
import { preamble, typeOf, untyped } from './types.ts'

const root = join(import.meta.dir, '../../..')
const sent = process.argv.slice(2)
const isTwin = sent[0] === 'twin'
const rest = isTwin ? sent.slice(1) : sent
const folder = mkdtempSync(join(tmpdir(), 'answers-'))

async function main(): Promise<number> {
  const [flag, file] = rest
  const shapes = flag === '--from' && file ? readShapes(file) : await shapesOfTests(rest)
  if (!shapes) return 1
  const checked = shapes.filter(({ kind }) => !untyped.has(kind))
  const errors = await typeErrors(isTwin ? spoilt(checked) : checked)
  for (const error of errors) process.stdout.write(`${error}\n`)
  const kinds = new Set(checked.map(({ kind }) => kind)).size
  process.stdout.write(`${checked.length} shapes of ${kinds} kinds checked, ${errors.length} errors\n`)
  return errors.length > 0 || checked.length === 0 ? 1 : 0
}

async function shapesOfTests(tests: readonly string[]): Promise<readonly Shape[] | undefined> {
  const file = join(folder, 'shapes.jsonl')
  const preload = join(import.meta.dir, 'record.ts')
  const run = Bun.spawn([process.execPath, 'test/support/run-tests.ts', '--preload', preload, ...tests], {
    cwd: root,
    env: { ...process.env, SIM_SHAPES: file },
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
  })
  const report = await new Response(run.stderr).text()
  if ((await run.exited) === 0) return readShapes(file)
  process.stdout.write(`${report.slice(-5_000)}\nthe tests themselves fail\n`)
  return undefined
}

function readShapes(file: string): readonly Shape[] {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean)
  return lines.map((line): Shape => JSON.parse(line))
}

/** One line for each error, with the call the answer came from. */
async function typeErrors(shapes: readonly Shape[]): Promise<readonly string[]> {
  writeProject(shapes)
  const check = Bun.spawn([process.execPath, 'check', '--no-pretty', '--all', '-p', 'tsconfig.json'], {
    cwd: folder,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const output = `${await new Response(check.stdout).text()}${await new Response(check.stderr).text()}`
  const code = await check.exited
  const errors = output.split('\n').filter((line) => /error TS\d+/.test(line))
  if (code !== 0 && errors.length === 0) return [output]
  return errors.map((error) => withOrigin(error, shapes))
}

// The module has one line for each answer.
function withOrigin(error: string, shapes: readonly Shape[]): string {
  const line = Number(/^answers\.ts[(:](\d+)/.exec(error)?.[1] ?? 0)
  const shape = shapes[line - 1 - preamble.length]
  return shape ? `${shape.from}: ${shape.kind}: ${error.replace(/^.*?error TS/, 'TS')}` : error
}

function writeProject(shapes: readonly Shape[]): void {
  copyTypes(join(folder, 'stripe'))
  const lines = shapes.map(
    (shape, index) => `export const answer${index} = ${JSON.stringify(shape.body)} satisfies ${typeOf(shape)}`,
  )
  writeFileSync(join(folder, 'answers.ts'), `${[...preamble, ...lines].join('\n')}\n`)
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(project))
}

const project = {
  compilerOptions: {
    target: 'ESNext',
    module: 'ESNext',
    moduleResolution: 'bundler',
    lib: ['ESNext', 'DOM'],
    types: [],
    strict: true,
    allowImportingTsExtensions: true,
    noEmit: true,
    skipLibCheck: true,
  },
  include: ['answers.ts'],
}

/**
 * The SDK's own types but for two things: a decimal, of which its client makes an object, is the string that goes over
 * the wire; and a list of words is closed, while the SDK lets every list grow.
 */
function copyTypes(target: string): void {
  const source = join(dirname(Bun.resolveSync('stripe/package.json', root)), 'esm')
  mkdirSync(target, { recursive: true })
  for (const file of new Bun.Glob('**/*.d.ts').scanSync(source)) cpSync(join(source, file), join(target, file))
  redeclare(
    join(target, 'Decimal.d.ts'),
    /export type Decimal = DecimalImpl & \{[^}]*\};/,
    'export type Decimal = string;',
  )
  redeclare(join(target, 'shared.d.ts'), /export type OtherString = [^;]*;/, 'export type OtherString = never;')
}

function redeclare(file: string, declaration: RegExp, instead: string): void {
  const text = readFileSync(file, 'utf8')
  if (!declaration.test(text)) throw new Error(`the SDK declares this in another way now: ${instead}`)
  writeFileSync(file, text.replace(declaration, instead))
}

try {
  process.exitCode = await main()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
