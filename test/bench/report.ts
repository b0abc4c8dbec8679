import type { Outcome } from './load/workload.ts'
import type { Measured } from './rounds.ts'
import { ratios, type Spread, spreadOf } from './statistics.ts'

/** One figure that the program promises, or that is shown for comparison. */
export interface Figure {
  readonly text: string
  readonly spread: Spread
  /** Null: shown, not promised. */
  readonly bound: { readonly atLeast: number } | { readonly atMost: number } | null
}

export interface Result {
  readonly suite: string
  readonly measured: readonly Measured[]
  readonly figures: readonly Figure[]
  /** What could not be measured, and why; what was checked besides. */
  readonly notes: readonly string[]
}

export type Bound = Figure['bound']

/** How many times as many a second as something else, round by round. */
export function ratioFigure(measured: readonly Measured[], name: string, base: string, bound: Bound): Figure {
  const values = ratios(series(measured, name, 'perSecond'), series(measured, base, 'perSecond'))
  return { text: `${name} ÷ ${base}`, spread: spreadOf(values), bound }
}

export function valueFigure(
  measured: readonly Measured[],
  name: string,
  field: 'perSecond' | 'p50' | 'p99',
  bound: Bound,
): Figure {
  const label = { perSecond: 'a second', p50: 'p50, ms', p99: 'p99, ms' }[field]
  return { text: `${name}: ${label}`, spread: spreadOf(series(measured, name, field)), bound }
}

function series(measured: readonly Measured[], name: string, field: 'perSecond' | 'p50' | 'p99'): readonly number[] {
  const found = measured.find((one) => one.name === name)
  if (found === undefined) throw new Error(`Nothing was measured under the name ${name}.`)
  return found.outcomes.map((outcome: Outcome) => outcome[field])
}

/** By the median: a single round may have met a bad moment of the machine. */
export function isMet({ spread, bound }: Figure): boolean | null {
  if (bound === null) return null
  return 'atLeast' in bound ? spread.median >= bound.atLeast : spread.median <= bound.atMost
}

export function resultText({ suite, measured, figures, notes }: Result): string {
  const rows = measured.map(({ name, outcomes }) => [
    name,
    spreadText(spreadOf(outcomes.map(({ perSecond }) => perSecond))),
    spreadText(spreadOf(outcomes.map(({ p50 }) => p50))),
    spreadText(spreadOf(outcomes.map(({ p99 }) => p99))),
  ])
  const compared = figures.map((figure) => [figure.text, spreadText(figure.spread), boundText(figure)])
  const tables = [
    ...(rows.length > 0 ? [table([suite, 'a second', 'p50 ms', 'p99 ms'], rows)] : [`### ${suite}`]),
    ...(compared.length > 0 ? [table(['figure', 'min – median – max', 'promised'], compared)] : []),
  ]
  return [...tables, ...notes.map((note) => `${note}\n`)].join('\n')
}

function boundText(figure: Figure): string {
  if (figure.bound === null) return ''
  const words = 'atLeast' in figure.bound ? `at least ${figure.bound.atLeast}` : `at most ${figure.bound.atMost}`
  return `${words}: ${isMet(figure) ? 'met' : 'MISSED'}`
}

function spreadText({ least, median, most }: Spread): string {
  return Number.isNaN(median) ? '' : [least, median, most].map(numberText).join(' – ')
}

function numberText(value: number): string {
  return value >= 1_000 ? Math.round(value).toLocaleString('en-US') : value.toFixed(2)
}

/** As Markdown, so that it can be pasted into the documentation. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, column) => Math.max(cell.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  return `${[line(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.map(line)].join('\n')}\n`
}
