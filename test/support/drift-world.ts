import type { Stripe } from 'stripe'
import { createLanes } from '../../src/adapters/process/lanes.ts'
import { stripeBooks } from '../../src/adapters/stripe/books.ts'
import { stripeEventFeed } from '../../src/adapters/stripe/event-feed.ts'
import { stripeMeters } from '../../src/adapters/stripe/meters.ts'
import { findPrices } from '../../src/adapters/stripe/prices.ts'
import { BUILT_IN_PLANS } from '../../src/config/built-in-plans.ts'
import type { Change } from '../../src/domain/account.ts'
import { DAY_MS, HOUR_MS } from '../../src/domain/period.ts'
import { settledAs } from '../../src/domain/reporting.ts'
import type { StripeBooks } from '../../src/ports/mirror.ts'
import { applyDueEvents } from '../../src/usecases/apply-events.ts'
import { catchUp } from '../../src/usecases/catch-up.ts'
import { reconcile } from '../../src/usecases/reconcile.ts'
import { sendDueReports } from '../../src/usecases/report-usage.ts'
import { nameOf } from './planted-drift.ts'
import { openSandboxGateway } from './sandbox-gateway.ts'
import { seeded } from './seeded.ts'
import { openSqliteStore, type SqliteStore, storeOn } from './sqlite-store.ts'

/**
 * Users with customers, subscriptions, payments, refunds, disputes and metered use at the simulator, and all of it here: the
 * real adapters on both sides, so that what is planted afterwards is the only difference.
 */
export async function openDriftWorld(users: number, seed: number) {
  const { stripe, sandbox, prices, gateway, observatory, close } = await openSandboxGateway()
  const { priceIds } = await findPrices(stripe, BUILT_IN_PLANS)
  const store = openSqliteStore()
  const random = seeded(seed)
  let [ids, failures] = [0, 0]
  const now = () => Date.now() + sandbox.clock().offsetSeconds * 1_000
  const clock = { now, wall: now }
  const outside = {
    gateway,
    observatory,
    meters: stripeMeters(stripe, 2_000),
    eventFeed: stripeEventFeed(stripe, 2_000),
    stripeBooks: stripeBooks(stripe, 2_000),
    clock,
    newId: (prefix: string) => `${prefix}_${String(++ids).padStart(8, '0')}`,
    catalogue: BUILT_IN_PLANS,
    priceIds: () => priceIds,
    ownStripe: () => ({ livemode: false, account: 'acct_ours' }),
    settle: async () => {},
    onProgress: () => {},
    onFailure: () => {
      failures += 1
    },
    onTrouble: () => {},
  }
  const portsOn = (on: SqliteStore) => ({ ...outside, ...on, lanes: createLanes() })
  let ports = portsOn(store)

  const below = (limit: number) => Math.floor(random() * limit)
  const save = (user: string, ...changes: readonly Change[]) =>
    ports.ledger.change(user, {}, () => ({ changes, result: undefined }))
  const customers: string[] = []
  for (let index = 0; index < users; index++) customers.push(await newUser(`user_${index}`, index))
  await reconcile(ports, { mender: 'operator:test', withMeters: true })

  /** Compares, and tells by name what was found and what was mended. */
  async function take(repair: boolean, seen: (books: StripeBooks) => StripeBooks = (books) => books) {
    const wish = { mender: repair ? 'operator:test' : null, withMeters: true }
    const report = await reconcile({ ...ports, stripeBooks: seen(ports.stripeBooks) }, wish)
    const mended = report.differences.filter(({ outcome }) => outcome === 'mended').map(nameOf)
    return { report, names: report.differences.map(nameOf), mended }
  }

  async function newUser(user: string, index: number): Promise<string> {
    const card = 'pm_card_visa'
    const invoice_settings = { default_payment_method: card }
    const made = await stripe.customers.create({ payment_method: card, invoice_settings, metadata: { user_id: user } })
    const price = [prices.pro, prices.basic, prices.free][index % 3] ?? prices.pro
    const extra = index % 3 === 2 ? [{ price: priceIds.get('usage_based.voice_call') ?? '' }] : []
    if (index % 7 !== 6)
      await stripe.subscriptions.create({
        customer: made.id,
        items: [{ price }, ...extra],
        ...(index % 5 === 1 ? { trial_period_days: 14 } : {}),
      })
    await pay(stripe, made.id, 500 + index, index % 11 === 5 ? 'pm_card_createDispute' : card)
    await save(user, { type: 'customer-linked', customerId: made.id, at: clock.wall() })
    if (index % 3 === 2 && index % 7 !== 6) await reportUse(user, made.id, 5_000_000n)
    return made.id
  }

  /** Reported two days ago, and counted by the meter. */
  async function reportUse(user: string, customer: string, value: bigint): Promise<void> {
    const at = clock.now() - 2 * DAY_MS
    const id = outside.newId('report')
    await bookReport(user, id, value, at)
    await outside.meters.report(customer, 'voice_call', value, id, at)
  }

  async function bookReport(user: string, id: string, value: bigint, at: number): Promise<void> {
    const times = { allowanceStart: at, windowStart: at, occurredAt: at, openedAt: at }
    const report = { id, service: 'voice_call', subscriptionId: 'sub_of_theirs', ...times } as const
    await save(
      user,
      { type: 'report-sealed', report: { ...report, quantity: 0n, value, firstSentAt: null, tries: 0 }, carry: null },
      { type: 'report-sending', reportId: id, at, billedAt: at, nextTryAt: at },
      settledAs(id, 'sent', null, at),
    )
  }

  return {
    stripe,
    sandbox,
    prices,
    customers,
    client: store.client,
    below,
    take,
    bookReport,
    pay: (customer: string, amount: number) => pay(stripe, customer, amount, 'pm_card_visa'),
    failures: () => failures,
    /** What was written past the ledger is seen from now on. */
    reopen() {
      ports = portsOn(storeOn(store.database))
    },
    /** Everything that Stripe tells by events has been taken in. */
    async follow() {
      await catchUp(ports)
      while ((await applyDueEvents(ports)) > 0);
    },
    /** What was to be sent to the meters is counted by them. */
    async settleMeters() {
      while ((await sendDueReports(ports)) > 0);
      await fetch(`${sandbox.url}/_sim/clock`, { method: 'POST', body: new URLSearchParams({ advance: '2h' }) })
    },
    meterTotal: (customer: string) =>
      outside.meters.total(customer, 'voice_call', minute(clock.now() - 34 * DAY_MS), minute(clock.now() + HOUR_MS)),
    close,
  }
}

export type DriftWorld = Awaited<ReturnType<typeof openDriftWorld>>

const minute = (at: number) => at - (at % 60_000)

async function pay(stripe: Stripe, customer: string, amount: number, card: string): Promise<string> {
  const paid = await stripe.paymentIntents.create({
    amount,
    currency: 'usd',
    customer,
    payment_method: card,
    confirm: true,
    automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
  })
  // What is disputed cannot be given back as well.
  if (amount % 4 === 0 && card !== 'pm_card_createDispute')
    await stripe.refunds.create({ payment_intent: paid.id, amount: 100 })
  return paid.id
}

/** Stripe's books as whoever forgot the one-time payments would read them: a control that must be caught. */
export function withoutPayments(books: StripeBooks): StripeBooks {
  return {
    ...books,
    payments: async () => ({ items: [], nextCursor: null }),
    holdings: async (customerId, asked) => ({ ...(await books.holdings(customerId, asked)), paymentIntents: [] }),
  }
}
