import { BillingError, operatorReason } from '../../domain/errors.ts'
import { readArguments } from './arguments.ts'
import { type Command, complain, DONE, FOUND_WRONG, USED_WRONGLY, WrongUse } from './command.ts'
import { doctorCommand } from './doctor.ts'
import { healthCommand } from './health.ts'
import { commandHelp, generalHelp, groupHelp } from './help.ts'
import { migrateCommand } from './migrate.ts'
import { plansCheckCommand } from './plans-check.ts'
import { plansMoveCommand } from './plans-move.ts'
import { printProblems } from './problems.ts'
import { type Program, problemsOf } from './program.ts'
import { reconcileCommand } from './reconcile.ts'
import { sandboxCommand } from './sandbox.ts'
import { sandboxAdvanceCommand } from './sandbox-advance.ts'
import { sandboxTriggerCommand } from './sandbox-trigger.ts'
import { serveCommand } from './serve.ts'
import { stripeAdoptCommand } from './stripe-adopt.ts'
import { stripeSetupCommand } from './stripe-setup.ts'
import { suggestion } from './suggestion.ts'
import { painter, processTerminal, type Terminal } from './terminal.ts'
import { tokenCommand } from './token.ts'
import { usageImportCommand } from './usage-import.ts'
import { versionCommand } from './version.ts'
import { webhooksListCommand } from './webhooks-list.ts'
import { webhooksReplayCommand } from './webhooks-replay.ts'
import { webhooksShowCommand } from './webhooks-show.ts'

const COMMANDS = [
  serveCommand,
  migrateCommand,
  healthCommand,
  doctorCommand,
  tokenCommand,
  stripeSetupCommand,
  stripeAdoptCommand,
  reconcileCommand,
  plansCheckCommand,
  plansMoveCommand,
  usageImportCommand,
  webhooksListCommand,
  webhooksShowCommand,
  webhooksReplayCommand,
  sandboxAdvanceCommand,
  sandboxTriggerCommand,
  sandboxCommand,
  versionCommand,
]

/**
 * Carries out a command line (without the names of the program) and tells the exit code: 0 done, 1 found something wrong,
 * 2 used or configured wrongly.
 */
export async function runCommandLine(
  words: readonly string[],
  program: Program,
  terminal: Terminal = processTerminal(),
): Promise<number> {
  const [first = serveCommand.name, ...rest] = words
  if (first === 'help' || first === '--help' || first === '-h') return showHelp(rest, program, terminal)
  if (first === '--version') return runCommand(versionCommand, rest, program, terminal)
  if (first.startsWith('-')) return runCommand(serveCommand, words, program, terminal)
  const asked = [first, ...rest]
  const command = findCommand(asked)
  if (command === null && rest.every(isHelp) && rest.length > 0) return showHelp([first], program, terminal)
  if (command === null) return complain(terminal, null, unknownCommand(asked))
  return runCommand(command, asked.slice(wordsIn(command)), program, terminal)
}

async function runCommand(
  command: Command,
  words: readonly string[],
  program: Program,
  terminal: Terminal,
): Promise<number> {
  const read = readArguments(command, words)
  if (read.kind === 'wrong') return complain(terminal, command.name, read.sentence)
  if (read.kind === 'help') return print(terminal, commandHelp(command, painter(terminal.outColours)))
  try {
    return await command.run(read.given, program, terminal)
  } catch (error) {
    return tell(error, command, terminal)
  }
}

function showHelp(topic: readonly string[], program: Program, terminal: Terminal): number {
  const paint = painter(terminal.outColours)
  if (topic[0] === undefined || topic[0].startsWith('-'))
    return print(terminal, generalHelp(COMMANDS, program.version, paint))
  const command = findCommand(topic)
  if (command !== null) return print(terminal, commandHelp(command, paint))
  const group = commandsOf(topic.join(' '))
  return group.length > 0 ? print(terminal, groupHelp(group, paint)) : complain(terminal, null, unknownCommand(topic))
}

/** The command that these words begin with. */
function findCommand(words: readonly string[]): Command | null {
  return COMMANDS.find((command) => command.name === words.slice(0, wordsIn(command)).join(' ')) ?? null
}

function wordsIn({ name }: Command): number {
  return name.split(' ').length
}

/** The commands whose names begin with a word that is none by itself: `webhooks`. */
function commandsOf(word: string): readonly Command[] {
  return COMMANDS.filter(({ name }) => name.startsWith(`${word} `))
}

function isHelp(word: string): boolean {
  return word === '--help' || word === '-h'
}

/** The second word belongs to the name where the first begins one of two words. */
function unknownCommand([first = '', second]: readonly string[]): string {
  const group = commandsOf(first)
  if (group.length > 0 && second === undefined) return `${first} what? ${group.map(({ name }) => name).join(', ')}.`
  const name = group.length > 0 && second !== undefined && !second.startsWith('-') ? `${first} ${second}` : first
  return `there is no command "${name}".${suggestion(
    name,
    (group.length > 0 ? group : COMMANDS).map((command) => command.name),
  )}`
}

function print(terminal: Terminal, text: string): number {
  terminal.out(text)
  return DONE
}

/** A failed command ends in one sentence; only a fault of the program itself shows where it happened. */
function tell(error: unknown, command: Command, terminal: Terminal): number {
  const wrongUse = wrongUseIn(error, command)
  if (wrongUse !== null) return complain(terminal, command.name, wrongUse)
  const problems = problemsOf(error)
  if (problems !== null) {
    terminal.complaints(printProblems(problems, terminal.complaintColours))
    return USED_WRONGLY
  }
  terminal.complaints(`speech-billing: ${isFault(error) ? error.stack : operatorReason(error)}\n`)
  return FOUND_WRONG
}

/** What was given and makes no sense, in a sentence; null for any other error. */
function wrongUseIn(error: unknown, { options }: Command): string | null {
  if (error instanceof WrongUse) return error.message
  // What has a cause was refused by somebody else, such as Stripe.
  if (!(error instanceof BillingError) || error.code !== 'validation_failed' || error.cause !== undefined) return null
  const [field] = error.fields
  const option = options.find(({ name }) => field?.path === `/${name}`)
  return option && field ? `--${option.name} ${field.message}.` : `${error.operatorDetail}.`.replace('..', '.')
}

function isFault(error: unknown): error is Error {
  return error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError
}
