import { identityOf, reportedQuantity } from '../../domain/reported-usage.ts'
import { type Command, complain, DONE, FOUND_WRONG, type Given, JSON_OPTION, valueOfOption } from './command.ts'
import { importFile, type LineImport, reportImport } from './file-import.ts'
import type { ImportedUse, ImportOutcome, UsageRecorder } from './program.ts'
import { USE_COLUMNS, useOf } from './usage-row.ts'

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
      const tally = await importFile(file, given, await usesOf(file, given, recorder), terminal)
      reportImport(file, tally, 'recorded', given, terminal)
      return tally.refused > 0 ? FOUND_WRONG : DONE
    } finally {
      await recorder.close()
    }
  },
}

const BATCH_USES = 1_000
const PROGRESS_EVERY_LINES = 50_000

async function usesOf(
  file: string,
  given: Given,
  recorder: UsageRecorder,
): Promise<LineImport<ImportedUse, 'recorded'>> {
  const digest = given['allow-unkeyed'] ? await digestOf(file) : null
  const earlier: Earlier = new Map()
  return {
    columns: USE_COLUMNS,
    done: 'recorded',
    read: ({ line, fields }) => useOf(fields, digest && `import:${digest}:${line}`),
    async send(uses, dryRun) {
      const outcomes = await recorder.record({ uses, dryRun })
      return dryRun ? outcomes.map((outcome, index) => afterEarlier(earlier, uses[index], outcome)) : outcomes
    },
    atOnce: BATCH_USES,
    progressEveryLines: PROGRESS_EVERY_LINES,
  }
}

/** What the lines of a dry run would have recorded by now: of each identity what was used, both as digests. */
type Earlier = Map<number | bigint, number | bigint>

/** A dry run records nothing, so that a use that stands in the file twice is found here. */
function afterEarlier(earlier: Earlier, use: ImportedUse | undefined, outcome: ImportOutcome): ImportOutcome {
  if (outcome.kind !== 'recorded' || use === undefined) return outcome
  const { user, service, amount, unit, resourceId, eventId, key } = use
  const identity = Bun.hash(JSON.stringify([user, identityOf(service, resourceId, eventId, key !== null), key]))
  const used = Bun.hash(`${service} ${reportedQuantity(service, amount, unit)}`)
  const before = earlier.get(identity)
  if (before === used) return { kind: 'known' }
  if (before === undefined) {
    earlier.set(identity, used)
    return outcome
  }
  const detail =
    'An earlier line tells another amount or service for the same use. Further usage needs an event_id of its own.'
  return { kind: 'refused', code: 'usage_conflict', detail }
}

async function digestOf(file: string): Promise<string> {
  const hasher = new Bun.CryptoHasher('sha256')
  for await (const bytes of Bun.file(file).stream()) hasher.update(bytes)
  return hasher.digest('hex').slice(0, 32)
}
