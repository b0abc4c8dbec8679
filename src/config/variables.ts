/** Environment variables, as a process gets them. */
export type Variables = Readonly<Record<string, string | undefined>>

/** One thing that is wrong with the configuration, and how to mend it. Never quotes a secret. */
export interface ConfigProblem {
  readonly variable: string
  readonly problem: string
  readonly cure: string
}

/** Notes a problem and lets the reading go on, so that all of them are found in one run. */
export type Report = (variable: string, problem: string, cure: string) => void

/** What a template says where a key belongs, as in `sk_test_your_key_here`: nothing was filled in yet. */
const PLACEHOLDER = /your_[a-z0-9_]+_here$/i
const QUOTED = /^(["']).*\1$/s

/** The value of a variable; null when it is unset, empty or still a placeholder. */
export function textOf(variables: Variables, name: string): string | null {
  const value = bare(variables[name] ?? '').trim()
  return value === '' || PLACEHOLDER.test(value) ? null : value
}

/** The comma-separated values of a variable, without the empty ones and the placeholders. */
export function listOf(variables: Variables, name: string): readonly string[] {
  const entries = bare(variables[name] ?? '').split(',')
  return entries.map((entry) => entry.trim()).filter((entry) => entry !== '' && !PLACEHOLDER.test(entry))
}

/** The value of a secret, byte for byte: another program computes with the same bytes, so nothing is trimmed. */
export function exactTextOf(variables: Variables, name: string): string | null {
  return textOf(variables, name) === null ? null : bare(variables[name] ?? '')
}

/** False where it is not set. */
export function flagOf(variables: Variables, name: string, report: Report): boolean {
  const value = textOf(variables, name)?.toLowerCase() ?? 'false'
  if (value !== 'true' && value !== 'false')
    report(name, 'is neither true nor false', `Set ${name}=true or leave it out.`)
  return value === 'true'
}

/** 0 is any free port. */
export function portOf(variables: Variables, name: string, otherwise: number, report: Report): number {
  const value = textOf(variables, name)
  if (value === null) return otherwise
  const port = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN
  if (port <= 65_535) return port
  report(
    name,
    'is not a port number',
    `Give a whole number from 1 to 65535, or 0 for any free port; ${otherwise} is usual.`,
  )
  return otherwise
}

/** One of a few words; anything else is reported with the words there are. */
export function wordOf<W extends string>(
  variables: Variables,
  name: string,
  words: readonly [W, ...W[]],
  report: Report,
): W | null {
  const value = textOf(variables, name)
  const word = words.find((candidate) => candidate === value)
  if (value === null || word !== undefined) return word ?? null
  report(name, `is none of ${words.join(', ')}`, `Set ${name} to one of these words, or leave it out.`)
  return null
}

/**
 * Quotation marks belong to the file a variable was written in, never to its value; `docker run --env-file` passes them on.
 * They are reported here and ignored everywhere else, so that one slip is one problem.
 */
export function reportQuotes(variables: Variables, names: readonly string[], report: Report): void {
  for (const name of names)
    if (QUOTED.test(variables[name]?.trim() ?? ''))
      report(
        name,
        'begins and ends with quotation marks',
        'Write the value without them: Docker passes them on as part of it.',
      )
}

function bare(value: string): string {
  return QUOTED.test(value.trim()) ? value.trim().slice(1, -1) : value
}
