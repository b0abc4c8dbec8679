import { type Command, DONE, JSON_OPTION, printJson } from './command.ts'
import type { MigrationReport } from './program.ts'

export const migrateCommand: Command = {
  name: 'migrate',
  summary: 'Bring the database up to date and stop',
  description:
    'Applies the migrations that the database has not seen yet. The server does so by itself when it starts; this is for\n' +
    'those who want it done before. No server may be running on the database.',
  options: [JSON_OPTION],
  examples: ['speech-billing migrate', 'DATABASE_URL=file:/data/billing.db speech-billing migrate --json'],
  async run(given, program, terminal) {
    const report = await program.migrate()
    if (given.json) printJson(terminal, report)
    else terminal.out(`${sentence(report)}\n`)
    return DONE
  },
}

function sentence({ applied, file }: MigrationReport): string {
  if (applied === 0) return `${file} is up to date.`
  return `${file} is up to date: ${applied} ${applied === 1 ? 'migration' : 'migrations'} applied.`
}
