// Records usage while the reports to Stripe's meters meet time-outs, answers that got lost, errors and an outage of 25 hours,
// and looks whether the meters ever have more than was billable, and at the end exactly that.
//   bun run test:outbox [records]
//   bun run test:outbox [records] twin   a control that must fail: what is of unknown outcome for a day is simply sent again
import { createBilling } from '../../src/billing.ts'
import { HOUR_MS, MINUTE_MS } from '../../src/domain/period.ts'
import { type Reporting, sendDueReports } from '../../src/usecases/report-usage.ts'
import { memoryPorts } from '../support/memory-ports.ts'
import { openSqliteStore } from '../support/sqlite-store.ts'

const records = Number(process.argv[2] ?? 20_000)
const isTwin = process.argv[3] === 'twin'
const seed = Number(process.env.SEED ?? 1)
const USERS = Math.max(5, Math.min(500, Math.floor(records / 200)))
/** Sixty bursts at least, so that the outage of 25 hours begins and ends among them. */
const BURST = Math.min(500, Math.ceil(records / 60))

const store = openSqliteStore()
const memory = memoryPorts()
const ports = { ...memory, ...store }
const billing = createBilling(ports)
const reporting: Reporting = { ...ports, onTrouble: () => {} }
const random = generator(seed)
const billable = new Map<string, bigint>()
let isOut = false
const taken = new Map<string, bigint>()
let seen = 0
let excess = 0
let outageEndsAt = 0

memory.meters.fault = () => {
  if (isOut) return 'before'
  const chance = random()
  if (chance < 0.12) return 'before'
  return chance < 0.17 ? 'after' : 'none'
}

for (let user = 0; user < USERS; user++)
  await billing.subscribe({
    user: `user_${user}`,
    person: { email: null, name: null },
    key: null,
    planName: 'usage_based',
    priceId: null,
    paymentMethodId: 'pm_card_visa',
  })

// What occurred before the subscription is nobody's to bill.
memory.advance(HOUR_MS)

const bursts = Math.ceil(records / BURST)
const outageFrom = Math.floor(bursts / 3)
for (let burst = 0; burst < bursts; burst++) {
  await Promise.all(Array.from({ length: Math.min(BURST, records - burst * BURST) }, recordOne))
  if (burst === outageFrom) outageEndsAt = memory.clock.now() + 25 * HOUR_MS
  isOut = memory.clock.now() < outageEndsAt
  memory.advance(isOut ? HOUR_MS : Math.floor(random() * 40_000))
  if (isTwin) forgetWhenFirstSent()
  await sendDueReports(reporting)
  compare('along the way')
  if (burst % Math.ceil(bursts / 10) === 0)
    console.log(`${(burst * BURST).toLocaleString('en')} of ${records.toLocaleString('en')} recorded`)
}
isOut = false
memory.meters.fault = () => 'none'
for (let round = 0; round < 80; round++) {
  memory.advance(HOUR_MS)
  if (isTwin) forgetWhenFirstSent()
  while ((await sendDueReports(reporting)) > 0);
}
const short = compare('at the end')
console.log(
  `${memory.meters.taken.length} reports were taken; ${excess} times too much, ${short} meters short at the end`,
)
process.exit(excess > 0 || short > 0 ? 1 : 0)

async function recordOne(): Promise<void> {
  const user = `user_${Math.floor(random() * USERS)}`
  const seconds = 1 + Math.floor(random() * 500)
  await billing.recordUsage({
    user,
    key: null,
    service: 'voice_call',
    amount: seconds,
    unit: 'seconds',
    resourceId: null,
    eventId: null,
    occurredAt: memory.clock.now() - Math.floor(random() * 10 * MINUTE_MS),
    enforce: false,
  })
  billable.set(user, (billable.get(user) ?? 0n) + BigInt(seconds) * 1_000_000n)
}

/** Counts meters that have too much; returns how many have too little. A millionth of a minute is sixty microseconds. */
function compare(when: string): number {
  for (const { customerId, value } of memory.meters.taken.slice(seen)) {
    const user = memory.stripe.customers.get(customerId) ?? ''
    taken.set(user, (taken.get(user) ?? 0n) + value)
  }
  seen = memory.meters.taken.length
  let tooLittle = 0
  for (const [user, quanta] of billable) {
    const told = taken.get(user) ?? 0n
    if (told > quanta / 60n) {
      excess += 1
      if (excess <= 5) console.log(`FAILED  ${when}: the meter of ${user} has ${told}, billable are ${quanta / 60n}`)
    }
    if (told < quanta / 60n) tooLittle += 1
  }
  return tooLittle
}

function forgetWhenFirstSent(): void {
  store.client.run('UPDATE meter_reports SET first_sent_at = NULL')
}

/** Mulberry32: the same seed, the same run. */
function generator(start: number): () => number {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
