import { type Command, complain, DONE, FOUND_WRONG, type Given, JSON_OPTION, valueOfOption } from './command.ts'
import { importFile, type LineImport, reportImport } from './file-import.ts'
import type { ImportedUse, UsageRecorder } from './program.ts'
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
  return {
    columns: USE_COLUMNS,
    done: 'recorded',
    read: ({ line, fields }) => useOf(fields, digest && `import:${digest}:${line}`),
    send: (uses, dryRun) => recorder.record({ uses, dryRun }),
    atOnce: BATCH_USES,
    progressEveryLines: PROGRESS_EVERY_LINES,
  }
}

async function digestOf(file: string): Promise<string> {
  const hasher = new Bun.CryptoHasher('sha256')
  for await (const bytes of Bun.file(file).stream()) hasher.update(bytes)
  return hasher.digest('hex').slice(0, 32)
}
