import { Database } from 'bun:sqlite'
import { hasRoute, install, USUAL, WEBHOOK_SECRET } from '../ours.ts'
import { generateLoad, serve } from '../processes.ts'
import { type Result, valueFigure } from '../report.ts'
import { type Bench, inTurn } from '../rounds.ts'

const NAME = 'signed events, 3 KB each'
/** More than are answered in a measurement, so that none comes twice. */
const EVENTS_A_SECOND = 15_000

/** Events that are verified and stored before they are answered; how many were applied meanwhile is told beside it. */
export async function webhooks(bench: Bench): Promise<Result> {
  const installation = await install(bench.options.server, bench.folder('webhooks'))
  const server = await serve(installation)
  const exists = await hasRoute(server.port, 'POST', '/payments/stripe-webhook')
  const measured = exists ? await inTurn(bench, 'webhooks', [{ name: NAME, measure }]) : []
  await server.stop()
  return {
    suite: 'webhooks',
    measured,
    figures: exists ? [valueFigure(measured, NAME, 'perSecond', { atLeast: 3_000 })] : [],
    notes: [
      exists ? statesOf(installation.databaseFile) : 'Webhooks were skipped: the program does not have the route.',
    ],
  }

  function measure() {
    const { seconds } = bench.options
    const events = Math.ceil((seconds + USUAL.warmUpSeconds) * EVENTS_A_SECOND)
    const workload = { kind: 'webhook', secret: WEBHOOK_SECRET, events } as const
    return generateLoad({ ...USUAL, port: server.port, workload, seconds })
  }
}

function statesOf(file: string): string {
  const database = new Database(file, { readonly: true })
  const states = database.query('SELECT state, count(*) FROM stripe_webhook_events GROUP BY state').values()
  database.close()
  return `Events in the file at the end: ${states.map(([state, count]) => `${count} ${state}`).join(', ')}. Stripe was out of reach.`
}
