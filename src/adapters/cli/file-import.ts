import { type Given, printJson } from './command.ts'
import { type Columns, type FileRow, rowsOf } from './file-rows.ts'
import type { Terminal } from './terminal.ts'

export type LineOutcome<Done extends string> =
  | { readonly kind: Done | 'known' }
  | { readonly kind: 'refused'; readonly code: string; readonly detail: string }

/** How the lines of a file are taken in, each by itself. */
export interface LineImport<T, Done extends string, O extends LineOutcome<Done> = LineOutcome<Done>> {
  /** Of a CSV file. */
  readonly columns: Columns
  /** The word for a line that was taken. */
  readonly done: Done
  /** A row as what is sent, or a sentence about what is wrong with it. */
  read(row: Extract<FileRow, { readonly fields: unknown }>): T | string
  /** One outcome for each, in order. */
  send(items: readonly T[], dryRun: boolean): Promise<readonly O[]>
  /** How many are sent at a time, at most. */
  readonly atOnce: number
  readonly progressEveryLines: number
}

interface Refusal {
  readonly line: number
  readonly code: string
  readonly detail: string
}

export interface Tally {
  lines: number
  done: number
  known: number
  refused: number
  /** The first of them. */
  readonly refusals: Refusal[]
}

/** Together they must fit into one request to the running server. */
const BATCH_CHARACTERS = 300_000
const MOST_REFUSALS_KEPT = 1_000

/** Takes a file in, a batch at a time. It can be taken in again: what was done before is known. */
export async function importFile<T, Done extends string, O extends LineOutcome<Done>>(
  file: string,
  given: Given,
  lines: LineImport<T, Done, O>,
  terminal: Terminal,
): Promise<Tally> {
  const tally: Tally = { lines: 0, done: 0, known: 0, refused: 0, refusals: [] }
  const batch: { readonly line: number; readonly item: T }[] = []
  let characters = 0
  const flush = async () => {
    const outcomes =
      batch.length === 0
        ? []
        : await lines.send(
            batch.map(({ item }) => item),
            given['dry-run'] === true,
          )
    for (const [index, outcome] of outcomes.entries()) count(tally, batch[index]?.line ?? 0, outcome)
    batch.length = 0
    characters = 0
  }
  for await (const row of rowsOf(file, lines.columns)) {
    tally.lines += 1
    const item = 'problem' in row ? row.problem : lines.read(row)
    if (typeof item === 'string') refuse(tally, { line: row.line, code: 'validation_failed', detail: item })
    else {
      batch.push({ line: row.line, item })
      characters += JSON.stringify(item).length
    }
    if (batch.length === lines.atOnce || characters > BATCH_CHARACTERS) await flush()
    if (tally.lines % lines.progressEveryLines === 0)
      terminal.complaints(`${counted(tally.lines)} lines: ${sums(tally, lines.done)}\n`)
  }
  await flush()
  return tally
}

function count(tally: Tally, line: number, outcome: LineOutcome<string>): void {
  if (outcome.kind === 'known') tally.known += 1
  else if (!('code' in outcome)) tally.done += 1
  else if (outcome.code === 'storage_unavailable' || outcome.code === 'stripe_unavailable')
    throw new Error(`${outcome.detail} The same command goes on where it stopped.`)
  else refuse(tally, { line, code: outcome.code, detail: outcome.detail })
}

function refuse(tally: Tally, refusal: Refusal): void {
  tally.refused += 1
  if (tally.refusals.length < MOST_REFUSALS_KEPT) tally.refusals.push(refusal)
}

const MOST_REFUSALS_TOLD = 20

/** Tells what came of it; `beside` is what the command has to say in JSON beside the counts. */
export function reportImport(
  file: string,
  { done, ...tally }: Tally,
  word: string,
  given: Given,
  terminal: Terminal,
  beside: object = {},
): void {
  const refusals = tally.refusals.toSorted((one, other) => one.line - other.line)
  if (given.json) {
    const { lines, ...counts } = tally
    printJson(terminal, {
      file,
      dry_run: given['dry-run'] === true,
      lines,
      [word]: done,
      ...counts,
      refusals,
      ...beside,
    })
    return
  }
  for (const { line, detail } of refusals.slice(0, MOST_REFUSALS_TOLD)) terminal.complaints(`line ${line}: ${detail}\n`)
  if (tally.refused > MOST_REFUSALS_TOLD)
    terminal.complaints(
      `and ${counted(tally.refused - MOST_REFUSALS_TOLD)} more; --json tells the first ${counted(MOST_REFUSALS_KEPT)}\n`,
    )
  terminal.out(`${given['dry-run'] ? `Nothing was ${word}. It would be: ` : ''}${sums({ done, ...tally }, word)}\n`)
}

function sums({ done, known, refused }: Omit<Tally, 'lines' | 'refusals'>, word: string): string {
  return `${counted(done)} ${word}, ${counted(known)} known before, ${counted(refused)} refused`
}

/** A number as people read it: 1,234. */
export function counted(number: number): string {
  return number.toLocaleString('en-US')
}
