import type { Program } from './program.ts'
import type { Terminal } from './terminal.ts'

/** The exit codes of every command. */
export const DONE = 0
export const FOUND_WRONG = 1
export const USED_WRONGLY = 2

export interface CommandOption {
  readonly name: string
  /** What stands for the value in the help, such as ID; null for an option without one. */
  readonly value: string | null
  readonly summary: string
}

/** The options that were given, and the argument, by name: a text for one with a value, true for one without. */
export type Given = Readonly<Record<string, string | true | undefined>>

export interface Command {
  /** One word, or two such as `usage import`. */
  readonly name: string
  readonly summary: string
  /** A paragraph or two for `--help`. */
  readonly description: string
  /**
   * The one thing that is given without the name of an option; needed unless it is optional. Of `many` there may be any
   * number, none included, as the name says (`ID…`); they are given as one text with blanks between.
   */
  readonly argument?: {
    readonly name: string
    readonly summary: string
    readonly optional?: true
    readonly many?: true
  }
  readonly options: readonly CommandOption[]
  readonly examples: readonly string[]
  run(given: Given, program: Program, terminal: Terminal): Promise<number>
}

/** Thrown where a command turns out to be used wrongly only while it runs: it ends as one with a wrong option would. */
export class WrongUse extends Error {}

export const JSON_OPTION: CommandOption = { name: 'json', value: null, summary: 'Print JSON for machines' }

/** The value of an option; null when it was not given. */
export function valueOfOption(given: Given, name: string): string | null {
  const value = given[name]
  return typeof value === 'string' ? value : null
}

/** Says what was wrong about the use of a command, and where its help is. */
export function complain(terminal: Terminal, name: string | null, sentence: string): number {
  const command = ['speech-billing', name, '--help'].filter((word) => word !== null).join(' ')
  terminal.complaints(`speech-billing: ${sentence}\nSee "${command}".\n`)
  return USED_WRONGLY
}

export function printJson(terminal: Terminal, value: unknown): void {
  terminal.out(`${JSON.stringify(value)}\n`)
}
