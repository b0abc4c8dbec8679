import { userName } from '../load/workload.ts'
import { install, USERS, USUAL } from '../ours.ts'
import { generateLoad, type Served, serve } from '../processes.ts'
import { type Result, ratioFigure } from '../report.ts'
import { type Bench, type Contender, inTurn } from '../rounds.ts'
import { seedRecords } from '../seed.ts'
import { get, STATUS } from './reading.ts'

const RECORDS = 10_000_000

/** A file with ten million records beside an empty one. */
export async function large(bench: Bench): Promise<Result> {
  const empty = await serve(await install(bench.options.server, bench.folder('empty')))
  const installation = await install(bench.options.server, bench.folder('large'))
  bench.progress('large: writing ten million records')
  seedRecords(installation.databaseFile, 0, USERS, RECORDS)
  const full = await serve(installation)
  const asking = get(bench)
  const names = ['subscription-status', 'record-usage'].map(
    (name) => [`${name}, empty file`, `${name}, 10 million`] as const,
  )
  const [[statusEmpty, statusFull] = ['', ''], [recordEmpty, recordFull] = ['', '']] = names
  const measured = await inTurn(bench, 'large', [
    asking(statusEmpty, empty, STATUS, null),
    asking(statusFull, full, STATUS, null),
    recording(bench, recordEmpty, empty),
    recording(bench, recordFull, full),
  ])
  for (const server of [empty, full]) await server.stop()
  return {
    suite: `large (${userName(0)} to ${userName(USERS - 1)})`,
    measured,
    figures: names.map(([small, big]) => ratioFigure(measured, small, big, { atMost: 1.3 })),
    notes: [],
  }
}

function recording(bench: Bench, name: string, { port }: Served): Contender {
  const tokens = { of: 'backend', scope: 'metering' } as const
  const { seconds } = bench.options
  return { name, measure: () => generateLoad({ ...USUAL, port, workload: { kind: 'record' }, tokens, seconds }) }
}
