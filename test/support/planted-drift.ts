import type { DriftKind } from '../../src/domain/drift.ts'
import type { DriftWorld } from './drift-world.ts'

/** A difference that was planted, as the report must name it. */
export interface Planted {
  readonly kind: DriftKind
  readonly objectId: string
}

/** Plants one difference with somebody who has none of its kind yet; null where there is nothing to plant it on. */
type Plant = (world: DriftWorld, pick: Pick) => Promise<string | null>

interface Pick {
  /** One value of a query, chosen at random among those that nothing was planted on yet. */
  one(sql: string): string | null
  run(sql: string, ...values: (string | number)[]): void
}

const SUBSCRIPTION = `SELECT id FROM user_subscriptions WHERE status = 'active' AND id NOT LIKE '%X'`
const entry = (kind: string) => `SELECT id FROM payment_records WHERE kind = '${kind}' AND id NOT LIKE '%X'`
const METERED = `SELECT c.customer_id FROM customers c JOIN user_subscriptions s ON s.user_id = c.user_id
  WHERE s.plan_name = 'usage_based' AND s.status = 'active'`

/** Changes a row of ours that was found by a query. */
function change(query: string, sql: string): Plant {
  return async (_world, { one, run }) => {
    const id = one(query)
    if (id !== null) run(sql, id)
    return id
  }
}

/** Copies a row of ours under an id that Stripe has never given out. */
function copy(table: string, query: string): Plant {
  let copies = 0
  return async (_world, { one, run }) => {
    const id = one(query)
    if (id === null) return null
    run(`CREATE TEMP TABLE copied AS SELECT * FROM ${table} WHERE id = ?`, id)
    const copied = `${id}_${++copies}X`
    run('UPDATE copied SET id = ?', copied)
    run(`INSERT INTO ${table} SELECT * FROM copied`)
    run('DROP TABLE copied')
    return copied
  }
}

const onSubscription = (set: string) => change(SUBSCRIPTION, `UPDATE user_subscriptions SET ${set} WHERE id = ?`)
const DAYS = (count: number) => count * 86_400_000

export const PLANTS: Partial<Record<DriftKind, Plant>> = {
  customer_link_missing: change(
    'SELECT customer_id FROM customers WHERE deleted_at IS NULL',
    'DELETE FROM customers WHERE customer_id = ?',
  ),
  customer_of_another_user: async ({ stripe }, { one }) => {
    const id = one('SELECT customer_id FROM customers WHERE deleted_at IS NULL')
    if (id !== null) await stripe.customers.update(id, { metadata: { user_id: 'somebody_else' } })
    return id
  },
  customer_deleted: async ({ stripe }, { one }) => {
    const id = one(
      'SELECT customer_id FROM customers WHERE deleted_at IS NULL AND user_id NOT IN (SELECT user_id FROM user_subscriptions)',
    )
    if (id !== null) await stripe.customers.del(id)
    return id
  },
  subscription_missing: change(
    `SELECT id FROM user_subscriptions WHERE id NOT LIKE '%X'`,
    'DELETE FROM user_subscriptions WHERE id = ?',
  ),
  subscription_unknown: copy('user_subscriptions', SUBSCRIPTION),
  subscription_status: onSubscription(`status = CASE abs(random()) % 2 WHEN 0 THEN 'past_due' ELSE 'canceled' END`),
  subscription_price: onSubscription(`price_id = 'price_of_old', plan_name = 'enterprise_monthly'`),
  subscription_period: onSubscription(`current_period_end = current_period_end - ${DAYS(3)}`),
  subscription_cancel_at: onSubscription('cancel_at = current_period_end'),
  subscription_trial_end: onSubscription(`trial_end = started_at + ${DAYS(7)}`),
  subscription_payment_method: onSubscription('has_payment_method = 1 - has_payment_method'),
  invoice_missing: change(entry('invoice'), 'DELETE FROM payment_records WHERE id = ?'),
  invoice_differs: change(
    entry('invoice'),
    `UPDATE payment_records SET status = 'open', amount = amount + 1 WHERE id = ?`,
  ),
  invoice_unknown: copy('payment_records', entry('invoice')),
  payment_missing: change(entry('payment'), 'DELETE FROM payment_records WHERE id = ?'),
  payment_differs: change(entry('payment'), `UPDATE payment_records SET status = 'failed' WHERE id = ?`),
  payment_unknown: copy('payment_records', entry('payment')),
  refund_missing: change(entry('refund'), 'DELETE FROM payment_records WHERE id = ?'),
  refund_differs: change(entry('refund'), 'UPDATE payment_records SET amount = amount + 1 WHERE id = ?'),
  refund_unknown: copy('payment_records', entry('refund')),
  dispute_missing: change('SELECT id FROM payment_disputes', 'DELETE FROM payment_disputes WHERE id = ?'),
  dispute_differs: change('SELECT id FROM payment_disputes', 'UPDATE payment_disputes SET amount = 1 WHERE id = ?'),
  meter_too_low: async ({ bookReport, client }, { one }) => {
    const customer = one(METERED)
    if (customer === null) return null
    const [[user]] = client.query('SELECT user_id FROM customers WHERE customer_id = ?').values(customer) as [[string]]
    await bookReport(user, `report_planted_${customer}`, 3_000_000n, Date.now() - DAYS(5))
    return customer
  },
  meter_too_high: async ({ stripe }, { one }) => {
    const customer = one(METERED)
    if (customer === null) return null
    const timestamp = Math.floor((Date.now() - DAYS(9)) / 1_000)
    const payload = { stripe_customer_id: customer, value: '1.5' }
    await stripe.billing.meterEvents.create({ event_name: 'voice_call', timestamp, payload })
    return customer
  },
}

/** Plants so many differences, of every kind in turn, no two on the same object; fewer only when everybody has some. */
export async function plant(world: DriftWorld, count: number): Promise<readonly Planted[]> {
  const planted: Planted[] = []
  const taken = new Set<string>()
  const pick: Pick = {
    one(sql) {
      const free = (world.client.query(sql).values() as [string][]).map(([id]) => id).filter((id) => !taken.has(id))
      const chosen = free.toSorted()[world.below(free.length)] ?? null
      if (chosen !== null) taken.add(chosen)
      return chosen
    },
    run: (sql, ...values) => void world.client.query(sql).run(...values),
  }
  for (let isMore = true; isMore && planted.length < count; ) {
    isMore = false
    for (const [kind, sow] of Object.entries(PLANTS) as [DriftKind, Plant][]) {
      const objectId = planted.length < count ? await sow(world, pick) : null
      if (objectId === null) continue
      planted.push({ kind, objectId })
      isMore = true
    }
  }
  world.reopen()
  return planted
}

/** How a difference is told apart from every other: a meter has the id of its customer and service only. */
export function nameOf(difference: {
  readonly kind: DriftKind
  readonly objectId: string
  readonly customerId?: string
}) {
  const isMeter = difference.kind.startsWith('meter_')
  return `${difference.kind} ${isMeter ? (difference.customerId ?? difference.objectId) : difference.objectId}`
}
