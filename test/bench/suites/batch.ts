import { hasRoute, install, USUAL } from '../ours.ts'
import { generateLoad, serve } from '../processes.ts'
import { type Result, valueFigure } from '../report.ts'
import { type Bench, inTurn } from '../rounds.ts'

const NAME = 'record-usage/batch, 1,000 a call'
const RECORDS = 1_000
const CALLERS = 4

/** Records a second when they come a thousand a call. */
export async function batch(bench: Bench): Promise<Result> {
  const server = await serve(await install(bench.options.server, bench.folder('batch')))
  const exists = await hasRoute(server.port, 'POST', '/payments/record-usage/batch')
  const measured = exists ? await inTurn(bench, 'batch', [{ name: NAME, perRequest: RECORDS, measure }]) : []
  await server.stop()
  return {
    suite: 'batch',
    measured,
    figures: exists ? [valueFigure(measured, NAME, 'perSecond', { atLeast: 40_000 })] : [],
    notes: exists ? [] : ['record-usage/batch was skipped: the program does not have the route.'],
  }

  function measure() {
    return generateLoad({
      ...USUAL,
      port: server.port,
      workload: { kind: 'record-batch', recordsPerRequest: RECORDS },
      tokens: { of: 'backend', scope: 'metering' },
      users: 1_000,
      connections: CALLERS,
      seconds: bench.options.seconds,
    })
  }
}
