import { fsyncMedian } from './disk.ts'
import type { Outcome } from './load/workload.ts'
import type { Options } from './options.ts'

export interface Contender {
  readonly name: string
  /** What one request counts for: a batch is many records. */
  readonly perRequest?: number
  measure(): Promise<Outcome>
}

export interface Measured {
  readonly name: string
  /** One a round, in the order of the rounds. */
  readonly outcomes: readonly Outcome[]
}

export interface Bench {
  readonly options: Options
  /** A new empty folder on the disk that is measured. */
  folder(name: string): string
  progress(line: string): void
  /** The disk's fsync medians in milliseconds, one a round of any suite. */
  readonly fsyncs: number[]
}

/** Lets contenders run one after the other, round by round, so that a slow minute of the machine hits all alike. */
export async function inTurn(
  bench: Bench,
  suite: string,
  contenders: readonly Contender[],
): Promise<readonly Measured[]> {
  const outcomes = contenders.map((): Outcome[] => [])
  const { rounds } = bench.options
  for (let round = 0; round < rounds; round++) {
    bench.fsyncs.push(fsyncMedian(bench.folder('fsync')))
    for (const [index, contender] of contenders.entries()) {
      bench.progress(`${suite}: round ${round + 1} of ${rounds}, ${contender.name}`)
      const outcome = await contender.measure()
      mustBeAnswered(contender.name, outcome)
      outcomes[index]?.push({ ...outcome, perSecond: outcome.perSecond * (contender.perRequest ?? 1) })
    }
  }
  return contenders.map(({ name }, index) => ({ name, outcomes: outcomes[index] ?? [] }))
}

/** A fast refusal is no speed. */
function mustBeAnswered(name: string, { statuses }: Outcome): void {
  const refused = Object.entries(statuses).filter(([status]) => !status.startsWith('2'))
  if (refused.length > 0 || Object.keys(statuses).length === 0)
    throw new Error(`${name} answered ${JSON.stringify(statuses)}; a figure of that would mean nothing.`)
}
