import { parseArgs } from 'node:util'
import type { Command, Given } from './command.ts'
import { suggestion } from './suggestion.ts'

export type ReadArguments =
  | { readonly kind: 'given'; readonly given: Given }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly sentence: string }

type Tokens = NonNullable<ReturnType<typeof tokensOf>>
type OptionToken = Extract<Tokens[number], { kind: 'option' }>

/** Reads a command's options. `--help` wins over whatever else is wrong: who asks for help shall get it. */
export function readArguments(command: Command, words: readonly string[]): ReadArguments {
  const tokens = tokensOf(command, words)
  if (tokens.some((token) => token.kind === 'option' && token.name === 'help')) return { kind: 'help' }
  const given: Record<string, string | true> = {}
  for (const token of tokens) {
    const isArgument = token.kind === 'positional' && takesArgument(command, given)
    const wrong = isArgument ? null : problemOf(command, token)
    if (wrong !== null) return { kind: 'wrong', sentence: wrong }
    if (isArgument && command.argument !== undefined) {
      const { name } = command.argument
      given[name] = [given[name], token.value].filter((word) => word !== undefined).join(' ')
    }
    if (token.kind === 'option') given[token.name] = token.value ?? true
  }
  const { argument } = command
  const isNeeded = argument !== undefined && !argument.many && !argument.optional
  if (isNeeded && given[argument.name] === undefined)
    return { kind: 'wrong', sentence: `${command.name} needs ${argument.name}.` }
  return { kind: 'given', given }
}

function takesArgument({ argument }: Command, given: Given): boolean {
  return argument !== undefined && (argument.many === true || given[argument.name] === undefined)
}

/** Not strict: what is wrong is said in our own words, with a suggestion. */
function tokensOf(command: Command, words: readonly string[]) {
  const own = command.options.map(({ name, value }) => [name, { type: value === null ? 'boolean' : 'string' } as const])
  const { tokens } = parseArgs({
    args: [...words],
    options: { ...Object.fromEntries(own), help: { type: 'boolean', short: 'h' } },
    strict: false,
    tokens: true,
  })
  return tokens
}

function problemOf(command: Command, token: Tokens[number]): string | null {
  if (token.kind === 'positional') return wrongArgument(command, token.value)
  return token.kind === 'option' ? optionProblem(command, token) : null
}

function wrongArgument({ name, argument }: Command, value: string): string {
  if (argument === undefined) return `${name} takes no argument, and "${value}" is one.`
  return `${name} takes one ${argument.name}, and "${value}" is another.`
}

function optionProblem(command: Command, token: OptionToken): string | null {
  const option = command.options.find(({ name }) => name === token.name)
  if (option === undefined) {
    const near = suggestion(
      token.rawName,
      command.options.map(({ name }) => `--${name}`),
    )
    return `${command.name} has no option ${token.rawName}.${near}`
  }
  if (option.value === null) return token.value === undefined ? null : `--${option.name} takes no value.`
  const missing = token.value === undefined || (!token.inlineValue && token.value.startsWith('--'))
  return missing ? `--${option.name} needs a value: --${option.name} ${option.value}.` : null
}
