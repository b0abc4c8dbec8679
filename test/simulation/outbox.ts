// Records usage while the reports to the meters meet time-outs, answers that got lost, errors and an outage of 25 hours, over
// HTTP at the simulator with the real SDK, and looks whether its meters ever have more than was billable, and at the end
// exactly that.
//   bun run test:outbox [records]
//   bun run test:outbox [records] twin   a control that must fail: what is of unknown outcome for a day is simply sent again
import { Stripe } from 'stripe'
import { wallClock } from '../../src/adapters/process/clock.ts'
import { stripeMeters } from '../../src/adapters/stripe/meters.ts'
import { findPrices } from '../../src/adapters/stripe/prices.ts'
import { createBilling } from '../../src/billing.ts'
import { BUILT_IN_PLANS } from '../../src/config/built-in-plans.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/period.ts'
import { type Reporting, sendDueReports } from '../../src/usecases/report-usage.ts'
import { memoryPorts } from '../support/memory-ports.ts'
import { openSandboxGateway } from '../support/sandbox-gateway.ts'
import { openSqliteStore } from '../support/sqlite-store.ts'

const records = Number(process.argv[2] ?? 20_000)
const isTwin = process.argv[3] === 'twin'
const random = generator(Number(process.env.SEED ?? 1))
const USERS = Math.max(5, Math.min(100, Math.floor(records / 200)))
/** Sixty bursts at least, so that the outage of 25 hours begins and ends among them. */
const BURST = Math.min(5_000, Math.ceil(records / 60))
const BURSTS = Math.ceil(records / BURST)
const CLIENT_PATIENCE_MS = 250

const { sandbox, stripe, gateway, observatory, close } = await openSandboxGateway()
const { priceIds } = await findPrices(stripe, BUILT_IN_PLANS)
const store = openSqliteStore()
const ports = {
  ...memoryPorts(),
  ...store,
  gateway,
  observatory,
  priceIds: () => priceIds,
  clock: wallClock(() => sandbox.clock().offsetSeconds * SECOND_MS),
  newId: (prefix: string) => `${prefix}_${crypto.randomUUID()}`,
  meters: stripeMeters(impatient(), Number.MAX_SAFE_INTEGER),
}
/** Looks at the meters undisturbed: the faults strike the calls that report. */
const onlooker = stripeMeters(stripe, Number.MAX_SAFE_INTEGER)
const billing = createBilling(ports)
let failures = 0
const reporting: Reporting = { ...ports, onTrouble: () => void failures++ }
const billable = new Map<string, bigint>()
const customers = new Map<string, string>()
let excess = 0

for (let user = 0; user < USERS; user++) await subscribe(`user_${user}`)
// What occurred before the subscription is nobody's to bill.
await advance(HOUR_MS)
const start = ports.clock.now() - HOUR_MS
await trouble()

const outageFrom = Math.floor(BURSTS / 3)
let outageEndsAt = 0
for (let burst = 0; burst < BURSTS; burst++) {
  await Promise.all(Array.from({ length: Math.min(BURST, records - burst * BURST) }, recordOne))
  if (burst === outageFrom) {
    await reportUnheard()
    outageEndsAt = await beginOutage()
  }
  const isOut = ports.clock.now() < outageEndsAt
  await advance(isOut ? HOUR_MS : Math.floor(random() * 40) * SECOND_MS)
  if (outageEndsAt > 0 && ports.clock.now() >= outageEndsAt) {
    outageEndsAt = 0
    await faults('DELETE')
    await trouble()
  }
  await report(isOut ? 1 : 4)
  if (burst % Math.ceil(BURSTS / 20) === 0) await progress((burst + 1) * BURST)
}
await faults('DELETE')
// What nobody knows the outcome of is compared with the meters when it is a day old.
for (let round = 0; round < 60; round++) {
  await advance(HOUR_MS)
  await report(100)
}
const short = await compare('at the end')
console.log(`${failures} calls failed; ${excess} times too much, ${short} of ${USERS} meters short at the end`)
await close()
process.exit(excess > 0 || short > 0 ? 1 : 0)

async function subscribe(user: string): Promise<void> {
  await billing.subscribe({
    user,
    person: { email: null, name: null },
    key: null,
    planName: 'usage_based',
    priceId: null,
    paymentMethodId: 'pm_card_visa',
  })
  const account = await store.ledger.account(user, {})
  customers.set(user, account.customerId ?? '')
}

async function recordOne(): Promise<void> {
  const user = `user_${Math.floor(random() * USERS)}`
  const seconds = 1 + Math.floor(random() * 500)
  // Most usage is told at once; some comes late. Whoever reports it lives by the wall clock.
  const age = Math.floor(random() * (random() < 0.05 ? 10 * MINUTE_MS : 20 * SECOND_MS))
  await billing.recordUsage({
    user,
    key: null,
    service: 'voice_call',
    amount: seconds,
    unit: 'seconds',
    resourceId: null,
    eventId: null,
    occurredAt: ports.clock.wall() - age,
    enforce: false,
  })
  billable.set(user, (billable.get(user) ?? 0n) + BigInt(seconds) * 1_000_000n)
}

/** Sends what is due, in at most so many rounds: a failed one ends the worker's round, and the next begins a new one. */
async function report(rounds: number): Promise<void> {
  if (isTwin) store.client.run('UPDATE meter_reports SET first_sent_at = NULL')
  for (let round = 0; round < rounds; round++) {
    await sendDueReports(reporting)
    if ((await store.outbox.due(ports.clock.now(), 1)).length === 0) return
  }
}

/** Counts meters that have too much; returns how many have too little. A millionth of a minute is sixty microseconds. */
async function compare(when: string): Promise<number> {
  let tooLittle = 0
  const now = ports.clock.now()
  const to = now - (now % MINUTE_MS) + 10 * MINUTE_MS
  const from = start - (start % MINUTE_MS) - DAY_MS
  for (const [user, quanta] of billable) {
    const told = await onlooker.total(customers.get(user) ?? '', 'voice_call', from, to)
    if (told > quanta / 60n) {
      excess += 1
      if (excess <= 5) console.log(`FAILED  ${when}: the meter of ${user} has ${told}, billable are ${quanta / 60n}`)
    }
    if (told < quanta / 60n) tooLittle += 1
  }
  return tooLittle
}

async function progress(recorded: number): Promise<void> {
  if (outageEndsAt === 0) await compare('along the way')
  const [{ reports } = { reports: 0 }] = store.client
    .query<{ reports: number }, []>(`SELECT count(*) AS reports FROM meter_reports WHERE state = 'sent'`)
    .all()
  const at = new Date(ports.clock.now()).toISOString().slice(0, 16)
  console.log(
    `${at}  ${Math.min(recorded, records).toLocaleString('en')} of ${records.toLocaleString('en')} recorded, ${reports.toLocaleString('en')} reports taken, ${failures} calls failed`,
  )
}

/** One call in ten is answered too late or not at all, one in twenty takes effect unheard, one in fifty ends in an error. */
async function trouble(): Promise<void> {
  const path = '/v1/billing/meter_events'
  await faults('POST', { path, effect: 'delay', delay_ms: String(2 * CLIENT_PATIENCE_MS), rate: '0.02' })
  await faults('POST', { path, effect: 'drop', rate: '0.08' })
  await faults('POST', { path, effect: 'drop', moment: 'after', rate: '0.05' })
  await faults('POST', { path, status: '500', rate: '0.01' })
  await faults('POST', { path, status: '500', moment: 'after', rate: '0.005' })
  await faults('POST', { path, status: '500', moment: 'during', rate: '0.005' })
}

/**
 * The last reports before the outage take effect, and nobody hears of it. After it Stripe has forgotten their identifiers:
 * whoever sent them again would bill them twice.
 */
async function reportUnheard(): Promise<void> {
  await faults('DELETE')
  await faults('POST', { path: '/v1/billing/meter_events', effect: 'drop', moment: 'after', rate: '1' })
  await advance(5 * MINUTE_MS)
  const before = failures
  await report(1)
  console.log(`${failures - before} reports were heard at Stripe, and their answers were lost, when the outage began`)
}

async function beginOutage(): Promise<number> {
  await faults('DELETE')
  await faults('POST', { path: '/v1/billing', effect: 'outage' })
  return ports.clock.now() + 25 * HOUR_MS
}

async function faults(method: 'POST' | 'DELETE', sent: Record<string, string> = {}): Promise<void> {
  const body = method === 'POST' ? { body: new URLSearchParams(sent) } : {}
  await answered(fetch(`${sandbox.url}/_sim/faults`, { method, ...body }))
}

async function advance(milliseconds: number): Promise<void> {
  const body = new URLSearchParams({ advance: `${Math.floor(milliseconds / SECOND_MS)}s` })
  await answered(fetch(`${sandbox.url}/_sim/clock`, { method: 'POST', body }))
}

async function answered(call: Promise<Response>): Promise<void> {
  const response = await call
  if (!response.ok) throw new Error(await response.text())
}

/** A client that gives up soon and leaves every retry to us, so that each fault is met by our own code. */
function impatient(): Stripe {
  const { hostname: host, port } = new URL(sandbox.url)
  const settings = { protocol: 'http', timeout: CLIENT_PATIENCE_MS, maxNetworkRetries: 0, telemetry: false } as const
  return new Stripe('sk_test_outbox', { host, port, ...settings })
}

/** Mulberry32: the same seed, the same usage. */
function generator(from: number): () => number {
  let state = from
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
