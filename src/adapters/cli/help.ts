import type { Command, CommandOption } from './command.ts'
import type { Paint } from './terminal.ts'

const HELP_OPTION: CommandOption = { name: 'help', value: null, summary: 'Show this help' }

/** What `speech-billing --help` prints. */
export function generalHelp(commands: readonly Command[], version: string, paint: Paint): string {
  return page([
    `${paint('bold', 'speech-billing')} ${version}\nThe billing backend of a speech-assistant app: one program, one SQLite file, Stripe behind it.`,
    section('Usage', ['speech-billing [command] [options]'], paint),
    section(
      'Commands',
      columns(
        commands.map(({ name, summary }) => [name, summary]),
        paint,
      ),
      paint,
    ),
    section('Options', columns([optionRow(HELP_OPTION), ['--version', 'Print the version']], paint), paint),
    section(
      'Exit codes',
      columns(
        [
          ['0', 'done'],
          ['1', 'found something wrong'],
          ['2', 'used wrongly, or configured wrongly'],
        ],
        paint,
      ),
      paint,
    ),
    'It is configured by environment variables, in development also by the file dev.env; production.env.example\n' +
      'explains each. "speech-billing <command> --help" tells more about a command.',
  ])
}

/** What `speech-billing webhooks --help` prints, where `webhooks` alone is no command. */
export function groupHelp(commands: readonly Command[], paint: Paint): string {
  const rows = commands.map(({ name, summary }): readonly [string, string] => [name, summary])
  return page([
    section('Commands', columns(rows, paint), paint),
    '"speech-billing <command> --help" tells more about a command.',
  ])
}

/** What `speech-billing <command> --help` prints. */
export function commandHelp(command: Command, paint: Paint): string {
  const options = [...command.options, HELP_OPTION].map(optionRow)
  return page([
    command.description,
    section(
      'Usage',
      [`speech-billing ${[command.name, argumentOf(command)].filter(Boolean).join(' ')} [options]`],
      paint,
    ),
    ...(command.argument
      ? [section('Argument', columns([[command.argument.name, command.argument.summary]], paint), paint)]
      : []),
    section('Options', columns(options, paint), paint),
    section(command.examples.length === 1 ? 'Example' : 'Examples', command.examples, paint),
  ])
}

function argumentOf({ argument }: Command): string | undefined {
  return argument?.optional ? `[${argument.name}]` : argument?.name
}

function page(parts: readonly string[]): string {
  return `${parts.join('\n\n')}\n`
}

function section(title: string, lines: readonly string[], paint: Paint): string {
  return [paint('bold', `${title}:`), ...lines.map((line) => `  ${line}`)].join('\n')
}

function optionRow({ name, value, summary }: CommandOption): readonly [string, string] {
  return [value === null ? `--${name}` : `--${name} ${value}`, summary]
}

function columns(rows: readonly (readonly [string, string])[], paint: Paint): readonly string[] {
  const width = Math.max(...rows.map(([first]) => first.length))
  return rows.map(([first, second]) => `${paint('cyan', first.padEnd(width))}  ${second}`)
}
