/** An env file: its variables, and the numbers of the lines that cannot be understood. */
export interface EnvFile {
  readonly variables: Readonly<Record<string, string>>
  readonly badLines: readonly number[]
}

interface Entry {
  readonly name: string
  readonly value: string
  /** Where the text goes on behind the entry. */
  readonly end: number
}

const NAME = /[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=[ \t]*/y
const DOUBLE_QUOTED = /"((?:[^"\\]|\\.)*)"/sy
const SINGLE_QUOTED = /'([^']*)'/y
const LINE = /[^\n]*/y
/** Blanks and a comment up to the end of the line: all that may follow a quoted value, and all of an empty line. */
const NOTHING = /[ \t]*(?:#[^\n]*)?(?=\n|$)/y
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

/**
 * Reads `NAME=value`, `NAME="value"` (with escapes, over several lines if need be), `NAME='value'` (as it stands),
 * `export NAME=value` and comments. Nothing is expanded; the last of two entries wins.
 */
export function parseEnvFile(content: string): EnvFile {
  const text = content.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n')
  const variables: Record<string, string> = {}
  const badLines: number[] = []
  for (let at = 0; at < text.length; at++) {
    const entry = entryAt(text, at)
    if (entry !== null) variables[entry.name] = entry.value
    else if (matchAt(NOTHING, text, at) === null) badLines.push(text.slice(0, at).split('\n').length)
    at = entry?.end ?? at + lengthOfLine(text, at)
  }
  return { variables, badLines }
}

function entryAt(text: string, at: number): Entry | null {
  const head = matchAt(NAME, text, at)
  if (head === null) return null
  const value = valueAt(text, at + head[0].length)
  return value === null ? null : { name: head[1] ?? '', ...value }
}

function valueAt(text: string, at: number): Omit<Entry, 'name'> | null {
  const quote = text[at]
  if (quote !== '"' && quote !== "'") return bareAt(text, at)
  const quoted = matchAt(quote === '"' ? DOUBLE_QUOTED : SINGLE_QUOTED, text, at)
  if (quoted === null) return null
  const end = at + quoted[0].length
  const rest = matchAt(NOTHING, text, end)
  const value = quoted[1] ?? ''
  return rest === null ? null : { value: quote === '"' ? unescaped(value) : value, end: end + rest[0].length }
}

/** A bare value ends at a comment, which a # begins only behind a blank: passwords hold them too. */
function bareAt(text: string, at: number): Omit<Entry, 'name'> {
  const line = matchAt(LINE, text, at)?.[0] ?? ''
  return { value: line.replace(/(^|[ \t])#.*$/, '').trim(), end: at + line.length }
}

function lengthOfLine(text: string, at: number): number {
  return matchAt(LINE, text, at)?.[0].length ?? 0
}

function unescaped(value: string): string {
  return value.replaceAll(/\\(.)/gs, (_, letter: string) => ESCAPES[letter] ?? letter)
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}
