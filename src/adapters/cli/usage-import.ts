import {
  type Command,
  complain,
  DONE,
  FOUND_WRONG,
  type Given,
  JSON_OPTION,
  printJson,
  valueOfOption,
} from './command.ts'
import type { ImportedUse, UsageRecorder } from './program.ts'
import type { Terminal } from './terminal.ts'
import { rowsOf } from './usage-file.ts'
import { useOf } from './usage-row.ts'

export const usageImportCommand: Command = {
  name: 'usage import',
  summary: 'Record the usage that a file holds',
  description:
    'Reads CSV with a header row, or a JSON object in each line (NDJSON), and records each line as POST /payments/record-usage\n' +
    'would: user_id, service_type, usage_amount, usage_unit, resource_id, event_id, occurred_at. Each line is taken or refused\n' +
    'by itself. Every line has an identity, so the same file can be imported again: what was recorded is known, and an import\n' +
    'that was interrupted goes on where it stopped. A running server does the work; when none runs, this command does.',
  argument: { name: 'FILE', summary: 'The file; its form is known by its first line' },
  options: [
    { name: 'dry-run', value: null, summary: 'Check everything and say what would be recorded' },
    {
      name: 'allow-unkeyed',
      value: null,
      summary: 'Take lines without an identity; they are known by the file’s digest and their line',
    },
    JSON_OPTION,
  ],
  examples: ['speech-billing usage import october.csv --dry-run', 'speech-billing usage import october.ndjson --json'],
  async run(given, program, terminal) {
    const file = valueOfOption(given, 'FILE') ?? ''
    if (!(await Bun.file(file).exists())) return complain(terminal, 'usage import', `there is no file "${file}".`)
    const recorder = await program.openUsage()
    try {
      const tally = await importFile(file, given, recorder, terminal)
      report(file, tally, given, terminal)
      return tally.refused > 0 ? FOUND_WRONG : DONE
    } finally {
      await recorder.close()
    }
  },
}

interface Refusal {
  readonly line: number
  readonly code: string
  readonly detail: string
}

interface Tally {
  lines: number
  recorded: number
  known: number
  refused: number
  /** The first of them. */
  readonly refusals: Refusal[]
}

interface NumberedUse {
  readonly line: number
  readonly use: ImportedUse
}

const BATCH_USES = 1_000
/** Together they must fit into one request to the running server. */
const BATCH_CHARACTERS = 300_000
const MOST_REFUSALS_KEPT = 1_000
const PROGRESS_EVERY_LINES = 50_000

async function importFile(file: string, given: Given, recorder: UsageRecorder, terminal: Terminal): Promise<Tally> {
  const digest = given['allow-unkeyed'] ? await digestOf(file) : null
  const tally: Tally = { lines: 0, recorded: 0, known: 0, refused: 0, refusals: [] }
  const batch: NumberedUse[] = []
  let characters = 0
  const flush = async () => {
    await recordBatch(batch, given['dry-run'] === true, recorder, tally)
    batch.length = 0
    characters = 0
  }
  for await (const row of rowsOf(file)) {
    tally.lines += 1
    const use = 'problem' in row ? row.problem : useOf(row.fields, digest && `import:${digest}:${row.line}`)
    if (typeof use === 'string') refuse(tally, { line: row.line, code: 'validation_failed', detail: use })
    else {
      batch.push({ line: row.line, use })
      characters += JSON.stringify(use).length
    }
    if (batch.length === BATCH_USES || characters > BATCH_CHARACTERS) await flush()
    if (tally.lines % PROGRESS_EVERY_LINES === 0) terminal.complaints(`${counted(tally.lines)} lines: ${sums(tally)}\n`)
  }
  await flush()
  return tally
}

async function recordBatch(
  batch: readonly NumberedUse[],
  dryRun: boolean,
  recorder: UsageRecorder,
  tally: Tally,
): Promise<void> {
  if (batch.length === 0) return
  const outcomes = await recorder.record({ uses: batch.map(({ use }) => use), dryRun })
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.kind !== 'refused') tally[outcome.kind] += 1
    else if (outcome.code === 'storage_unavailable')
      throw new Error(`${outcome.detail} The same command goes on where it stopped.`)
    else refuse(tally, { line: batch[index]?.line ?? 0, code: outcome.code, detail: outcome.detail })
  }
}

function refuse(tally: Tally, refusal: Refusal): void {
  tally.refused += 1
  if (tally.refusals.length < MOST_REFUSALS_KEPT) tally.refusals.push(refusal)
}

const MOST_REFUSALS_TOLD = 20

function report(file: string, tally: Tally, given: Given, terminal: Terminal): void {
  const refusals = tally.refusals.toSorted((one, other) => one.line - other.line)
  if (given.json) {
    printJson(terminal, { file, dry_run: given['dry-run'] === true, ...tally, refusals })
    return
  }
  for (const { line, detail } of refusals.slice(0, MOST_REFUSALS_TOLD)) terminal.complaints(`line ${line}: ${detail}\n`)
  if (tally.refused > MOST_REFUSALS_TOLD)
    terminal.complaints(
      `and ${counted(tally.refused - MOST_REFUSALS_TOLD)} more; --json tells the first ${counted(MOST_REFUSALS_KEPT)}\n`,
    )
  terminal.out(`${given['dry-run'] ? 'Nothing was recorded. It would be: ' : ''}${sums(tally)}\n`)
}

function sums({ recorded, known, refused }: Tally): string {
  return `${counted(recorded)} recorded, ${counted(known)} known before, ${counted(refused)} refused`
}

function counted(count: number): string {
  return count.toLocaleString('en-US')
}

async function digestOf(file: string): Promise<string> {
  const hasher = new Bun.CryptoHasher('sha256')
  for await (const bytes of Bun.file(file).stream()) hasher.update(bytes)
  return hasher.digest('hex').slice(0, 32)
}
