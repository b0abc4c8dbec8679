import { join } from 'node:path'
import { advanceSimulator } from '../../../src/adapters/process/simulator.ts'
import { serveBaseline, USUAL } from '../ours.ts'
import { generateLoad, type Served, serve } from '../processes.ts'
import { type Figure, type Result, ratioFigure, valueFigure } from '../report.ts'
import { type Bench, type Contender, inTurn } from '../rounds.ts'
import { spreadOf } from '../statistics.ts'

const CONNECTIONS = [16, 64] as const
const SUBSCRIPTIONS = 10_000
/** So many are made in one request: its body may not be longer than a megabyte. */
const SEEDED_AT_ONCE = 500
const LOOKED_AT = 100
const LOOKED_AT_QUERY = `limit=${LOOKED_AT}&expand[]=data.latest_invoice`
const KEY = 'sk_test_bench'
const TOLD_EVERY_MS = 2_000

/** The simulator alone: durable writes beside a bare durable route, and how long a month of many subscriptions takes. */
export async function simulator(bench: Bench): Promise<Result> {
  const ours = await serveSimulator(bench, 'simulator')
  const bare = await serveBaseline('durable.ts', bench.folder('durable'), join(bench.folder('durable'), 'durable.db'))
  const measured = await inTurn(
    bench,
    'simulator',
    CONNECTIONS.flatMap((connections) => [
      creating(bench, nameOf('simulator', connections), ours, connections),
      creating(bench, nameOf('bare durable route', connections), bare, connections),
    ]),
  )
  for (const server of [ours, bare]) await server.stop()
  return {
    suite: 'simulator, POST /v1/customers',
    measured,
    figures: [
      ...CONNECTIONS.map((connections) =>
        valueFigure(measured, nameOf('simulator', connections), 'perSecond', { atLeast: 5_000 }),
      ),
      ...CONNECTIONS.map((connections) =>
        ratioFigure(measured, nameOf('simulator', connections), nameOf('bare durable route', connections), null),
      ),
      await monthOfMany(bench),
    ],
    notes: [],
  }
}

function nameOf(server: string, connections: number): string {
  return `${server}, ${connections} connections`
}

function serveSimulator(bench: Bench, name: string): Promise<Served> {
  const command = [...bench.options.server, 'sandbox', '--port', '0']
  return serve({ command, environment: {}, folder: bench.folder(name) })
}

function creating({ options }: Bench, name: string, { port }: Served, connections: number): Contender {
  const workload = { kind: 'form', path: '/v1/customers', key: KEY, body: 'email=ann%40example.com&name=Ann' } as const
  const job = { ...USUAL, port, workload, users: 1, connections, seconds: options.seconds }
  return { name, measure: () => generateLoad(job) }
}

/**
 * Every subscription renews once in a month: an invoice is announced, made, an hour later finalized, and paid. A month a
 * round, each begun days after the renewals so that all of that lies within it.
 */
async function monthOfMany(bench: Bench): Promise<Figure> {
  const server = await serveSimulator(bench, 'month')
  await subscribeMany(bench, server.port)
  await advanceSimulator(server.port, '2d', () => {})
  const seconds: number[] = []
  for (let month = 1; month <= bench.options.rounds; month++) {
    const before = await periodStarts(server.port)
    const start = performance.now()
    let toldAt = start
    await advanceSimulator(server.port, '1mo', ({ done, left }) => {
      if (performance.now() < toldAt + TOLD_EVERY_MS) return
      toldAt = performance.now()
      bench.progress(`simulator: month ${month}, ${done} things that were due are done, ${left} are left`)
    })
    seconds.push((performance.now() - start) / 1_000)
    const after = await periodStarts(server.port)
    if (after.some((at, index) => at <= (before[index] ?? Number.POSITIVE_INFINITY)))
      throw new Error('The month passed and not every subscription was renewed; a figure of that would mean nothing.')
  }
  await server.stop()
  const text = `a month of ${SUBSCRIPTIONS.toLocaleString('en-US')} subscriptions, s`
  return { text, spread: spreadOf(seconds), bound: { atMost: 60 } }
}

async function subscribeMany(bench: Bench, port: number): Promise<void> {
  const recurring = { interval: 'month' }
  const plan = [
    fixture('product', '/v1/products', { name: 'Pro' }),
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the format of the fixtures of Stripe's CLI
    fixture('price', '/v1/prices', { product: '${product:id}', currency: 'usd', unit_amount: 3_900, recurring }),
  ]
  const { price } = await seed(port, plan)
  for (let made = 0; made < SUBSCRIPTIONS; made += SEEDED_AT_ONCE) {
    bench.progress(`simulator: ${made} of ${SUBSCRIPTIONS} subscriptions are made`)
    await seed(port, Array.from({ length: SEEDED_AT_ONCE }, (_, index) => subscriber(index, price?.id ?? '')).flat())
  }
}

function subscriber(index: number, price: string) {
  const card = { payment_method: 'pm_card_visa', invoice_settings: { default_payment_method: 'pm_card_visa' } }
  return [
    fixture(`customer${index}`, '/v1/customers', { email: 'ann@example.com', ...card }),
    fixture(`sub${index}`, '/v1/subscriptions', { customer: `\${customer${index}:id}`, items: [{ price }] }),
  ]
}

function fixture(name: string, path: string, params: object) {
  return { name, path, method: 'post', params }
}

async function seed(port: number, fixtures: readonly object[]): Promise<Record<string, { readonly id: string }>> {
  const body = JSON.stringify({ fixtures })
  const answer = await fetch(`http://127.0.0.1:${port}/_sim/seed`, { method: 'POST', body })
  if (!answer.ok) throw new Error(`The simulator would not make the subscriptions: ${await answer.text()}`)
  return ((await answer.json()) as { readonly data: Record<string, { readonly id: string }> }).data
}

/** Of the first hundred that the list tells; the invoice of each must be paid. */
async function periodStarts(port: number): Promise<readonly number[]> {
  const headers = { authorization: `Bearer ${KEY}` }
  const answer = await fetch(`http://127.0.0.1:${port}/v1/subscriptions?${LOOKED_AT_QUERY}`, { headers })
  const { data } = (await answer.json()) as { readonly data: readonly Listed[] }
  const paid = data.filter(({ latest_invoice }) => latest_invoice.status === 'paid')
  if (paid.length < LOOKED_AT) throw new Error(`Of ${LOOKED_AT} subscriptions only ${paid.length} are paid.`)
  return data.map(({ items }) => items.data[0]?.current_period_start ?? 0)
}

interface Listed {
  readonly latest_invoice: { readonly status: string }
  readonly items: { readonly data: readonly { readonly current_period_start: number }[] }
}
