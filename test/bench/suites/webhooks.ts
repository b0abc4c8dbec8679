import { hasRoute, type Installation, install, USUAL, WEBHOOK_SECRET } from '../ours.ts'
import { generateLoad, type Served, serve } from '../processes.ts'
import { type Result, valueFigure } from '../report.ts'
import { type Bench, type Contender, inTurn } from '../rounds.ts'
import { eventStates, hasWaitingEvents, seedEvents } from '../seed.ts'
import { spreadOf } from '../statistics.ts'

const STORED = 'signed events, 2 KB each, stored'
const ALONE = 'record-usage, 16 connections'
const DRAINING = 'record-usage beside 10,000 waiting events'
/** More than are answered in a measurement, so that none comes twice. */
const EVENTS_A_SECOND = 15_000
const BACKLOG = 10_000
const RECORDERS = 16
const POLL_MS = 20
const LONGEST_MS = 60_000

/** Events that are verified and stored before they are answered, and applied by what they tell; and a backlog of them. */
export async function webhooks(bench: Bench): Promise<Result> {
  const installation = await install(bench.options.server, bench.folder('webhooks'))
  const server = await serve(installation)
  const exists = await hasRoute(server.port, 'POST', '/payments/stripe-webhook')
  if (!exists) {
    await server.stop()
    return { suite: 'webhooks', measured: [], figures: [], notes: ['The program does not have the route.'] }
  }
  const applied: number[] = []
  const drained: number[] = []
  const measured = await inTurn(bench, 'webhooks', [
    delivering(bench, server, installation, applied),
    { name: ALONE, measure: () => record(bench, server) },
    {
      name: DRAINING,
      async measure() {
        seedEvents(installation.databaseFile, BACKLOG)
        const start = performance.now()
        const isDrained = allApplied(installation.databaseFile).then(() => drained.push(performance.now() - start))
        const outcome = await record(bench, server)
        await isDrained
        return outcome
      },
    },
  ])
  await server.stop()
  const states = [...eventStates(installation.databaseFile)].map(([state, count]) => `${count} ${state}`)
  return {
    suite: 'webhooks',
    measured,
    figures: [
      valueFigure(measured, STORED, 'perSecond', { atLeast: 3_000 }),
      { text: 'signed events stored and applied, a second', spread: spreadOf(applied), bound: { atLeast: 3_000 } },
      valueFigure(measured, ALONE, 'p99', null),
      valueFigure(measured, DRAINING, 'p99', { atMost: 25 }),
      {
        text: `${BACKLOG} waiting events applied beside it, seconds`,
        spread: spreadOf(drained.map(seconds)),
        bound: null,
      },
    ],
    notes: [
      `Events in the file at the end: ${states.join(', ')}. Stripe was out of reach: what was applied was believed.`,
    ],
  }
}

/** Counts until the last event is applied, from when the first was sent. */
function delivering(bench: Bench, server: Served, { databaseFile }: Installation, applied: number[]): Contender {
  const { seconds: length } = bench.options
  const events = Math.ceil((length + USUAL.warmUpSeconds) * EVENTS_A_SECOND)
  const workload = { kind: 'webhook', secret: WEBHOOK_SECRET, events } as const
  return {
    name: STORED,
    async measure() {
      const outcome = await generateLoad({ ...USUAL, port: server.port, workload, seconds: length })
      const end = performance.now()
      await allApplied(databaseFile)
      applied.push(outcome.answered / (length + USUAL.warmUpSeconds + seconds(performance.now() - end)))
      return outcome
    },
  }
}

function record(bench: Bench, { port }: Served) {
  const tokens = { of: 'backend', scope: 'metering' } as const
  const { seconds: length } = bench.options
  return generateLoad({ ...USUAL, port, workload: { kind: 'record' }, tokens, connections: RECORDERS, seconds: length })
}

async function allApplied(file: string): Promise<void> {
  const end = performance.now() + LONGEST_MS
  while (performance.now() < end) {
    if (!hasWaitingEvents(file)) return
    await Bun.sleep(POLL_MS)
  }
  throw new Error('The events were not all applied within a minute.')
}

const seconds = (milliseconds: number) => milliseconds / 1_000
