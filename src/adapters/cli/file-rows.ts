import { WrongUse } from './command.ts'

/** A row of a file before anything of it is checked: its fields by name, or what keeps it from having any. */
export type FileRow = { readonly line: number } & (
  | { readonly fields: Readonly<Record<string, unknown>> }
  | { readonly problem: string }
)

export interface Columns {
  readonly required: readonly string[]
  readonly optional: readonly string[]
}

/**
 * The rows of a CSV file with a header, or of a file with a JSON object in each line, one after the other: a file of any
 * size passes through. A row's line is the one that it begins in. A header that does not fit is refused before any row.
 */
export async function* rowsOf(file: string, columns: Columns): AsyncGenerator<FileRow> {
  let header: readonly string[] | null = null
  let isJson: boolean | null = null
  for await (const { line, text } of recordsOf(file)) {
    if (text.trim() === '') continue
    isJson ??= text.trimStart().startsWith('{')
    if (isJson) yield jsonRow(line, text)
    else if (header === null) header = headerOf(file, text, columns)
    else yield csvRow(line, text, header)
  }
  if (isJson === null) throw new WrongUse(`"${file}" is empty.`)
}

function headerOf(file: string, text: string, { required, optional }: Columns): readonly string[] {
  const names = fieldsOf(text)?.map((name) => name.trim()) ?? []
  const isComplete = required.every((name) => names.includes(name))
  const isKnown = names.every((name) => required.includes(name) || optional.includes(name))
  if (isComplete && isKnown && new Set(names).size === names.length) return names
  const others = optional.length === 0 ? '' : `, and may name ${optional.join(', ')}`
  throw new WrongUse(
    `the first line of "${file}" must name the columns ${required.join(', ')}${others}, with commas between; or each line is a ` +
      `JSON object. It is: ${text.slice(0, MOST_SHOWN)}`,
  )
}

const MOST_SHOWN = 200

/** Lines, where a line break between quotation marks is part of a CSV field. */
async function* recordsOf(file: string): AsyncGenerator<{ readonly line: number; readonly text: string }> {
  let [line, first, open] = [0, 1, '']
  let isJson: boolean | null = null
  for await (const text of linesOf(file)) {
    line += 1
    isJson ??= text.trim() === '' ? null : text.trimStart().startsWith('{')
    if (open === '') first = line
    const record = open === '' ? text : `${open}\n${text}`
    const isOpen = isJson === false && record.split('"').length % 2 === 0 && record.length < LONGEST_RECORD
    open = isOpen ? record : ''
    if (!isOpen) yield { line: first, text: record }
  }
  if (open !== '') yield { line: first, text: open }
}

/** A quotation mark that is never closed must not swallow the rest of the file. */
const LONGEST_RECORD = 10_000

async function* linesOf(file: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let rest = ''
  for await (const bytes of Bun.file(file).stream()) {
    const lines = (rest + decoded(decoder, bytes)).split('\n')
    rest = lines.pop() ?? ''
    for (const text of lines) yield text.replace(/\r$/, '')
  }
  rest += decoded(decoder)
  if (rest !== '') yield rest.replace(/\r$/, '')
}

/** Broken letters would make one user of two, or another of one. */
function decoded(decoder: TextDecoder, bytes?: Uint8Array): string {
  try {
    return decoder.decode(bytes, { stream: bytes !== undefined })
  } catch (error) {
    if (error instanceof TypeError) throw new Error('The file is not in UTF-8.')
    throw error
  }
}

function jsonRow(line: number, text: string): FileRow {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { line, fields: { ...value } }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  return { line, problem: 'is not a JSON object' }
}

/** An empty field is one that is not there. */
function csvRow(line: number, text: string, header: readonly string[]): FileRow {
  const values = fieldsOf(text)
  if (values === null) return { line, problem: 'is not well-formed CSV: look at its quotation marks' }
  if (values.length !== header.length)
    return {
      line,
      problem: `has ${values.length === 1 ? '1 field' : `${values.length} fields`}, and the header names ${header.length}`,
    }
  const named = header.map((name, index) => [name, values[index] ?? ''] as const)
  return { line, fields: Object.fromEntries(named.filter(([, value]) => value !== '')) }
}

const FIELD = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y

/** The fields of one record as RFC 4180 has them; null when it is not well-formed. */
function fieldsOf(text: string): readonly string[] | null {
  const fields: string[] = []
  FIELD.lastIndex = 0
  for (;;) {
    const match = FIELD.exec(text)
    if (match === null) return null
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '')
    if (match[3] === '') return fields
  }
}
