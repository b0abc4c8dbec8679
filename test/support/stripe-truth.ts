import type { Stripe } from 'stripe'

/** How a user stands and what was charged, told by Stripe's objects alone, in the words of our API. */
export interface StripeTruth {
  readonly status: {
    readonly has_subscription: boolean
    readonly plan_name: string | null
    readonly status: string | null
    readonly current_period_start: string | null
    readonly current_period_end: string | null
    readonly cancel_at: string | null
    readonly trial_end: string | null
    readonly pending_change: {
      readonly price_id: string
      readonly effective_at: string | null
      readonly expires_at: string | null
    } | null
  }
  /** Sorted by id. */
  readonly history: readonly TrueEntry[]
}

export interface TrueEntry {
  readonly id: string
  readonly kind: string
  readonly amount: number
  readonly status: string
  readonly refunded_amount: number
  readonly tax: number | null
}

/** Reads everything of a customer at Stripe and shares no code with the program, so that it can say when that is wrong. */
export async function stripeTruth(stripe: Stripe, customer: string): Promise<StripeTruth> {
  const subscriptions = await stripe.subscriptions.list({
    customer,
    status: 'all',
    limit: 100,
    expand: ['data.schedule'],
  })
  const history = [...(await trueInvoices(stripe, customer)), ...(await truePayments(stripe, customer))]
  return { status: trueStatus(subscriptions.data), history: sortedEntries(history) }
}

export function sortedEntries(entries: readonly TrueEntry[]): readonly TrueEntry[] {
  return entries
    .map(({ id, kind, amount, status, refunded_amount, tax }) => ({ id, kind, amount, status, refunded_amount, tax }))
    .sort((one, other) => (one.id < other.id ? -1 : 1))
}

const LIVE = ['trialing', 'active', 'past_due', 'unpaid', 'paused']

function trueStatus(newestFirst: readonly Stripe.Subscription[]): StripeTruth['status'] {
  const living = newestFirst.filter(({ status }) => LIVE.includes(status))
  const live = living.find((one) => planNameOf(one) !== null) ?? living[0]
  const spoken = live ?? newestFirst[0]
  const item = live?.items.data.find(isLicensed) ?? live?.items.data[0]
  const ending = live?.cancel_at_period_end === true ? item?.current_period_end : null
  return {
    has_subscription: live !== undefined,
    plan_name: planNameOf(spoken),
    status: spoken?.status ?? null,
    current_period_start: isoTime(item?.current_period_start),
    current_period_end: isoTime(item?.current_period_end),
    cancel_at: isoTime(live?.cancel_at ?? ending),
    trial_end: isoTime(live?.trial_end),
    pending_change: live === undefined ? null : truePendingChange(live),
  }
}

/** Each of the prices says in its metadata, or by its lookup key, which plan it is of. Two plans in one are none. */
function planNameOf(subscription: Stripe.Subscription | undefined): string | null {
  const [item, ...others] = subscription?.items.data.filter(isLicensed) ?? []
  if (item === undefined || others.length > 0) return null
  return item.price.metadata.plan_name ?? item.price.lookup_key
}

function isLicensed({ price }: Pick<Stripe.SubscriptionItem, 'price'>): boolean {
  return price.recurring?.usage_type === 'licensed'
}

function truePendingChange({ items, pending_update, schedule }: Stripe.Subscription) {
  const present = items.data.map(({ price }) => price.id)
  const awaited = pending_update?.subscription_items?.find(isLicensed)?.price.id
  if (pending_update && awaited !== undefined && !present.includes(awaited))
    return { price_id: awaited, effective_at: null, expires_at: isoTime(pending_update.expires_at) }
  if (schedule === null || typeof schedule === 'string' || schedule.status !== 'active') return null
  const [, last] = schedule.phases.filter(({ end_date }) => end_date >= (schedule.current_phase?.end_date ?? 0))
  const planned = last?.items.find(({ quantity }) => quantity !== undefined)?.price
  if (last === undefined || typeof planned !== 'string' || present.includes(planned)) return null
  return { price_id: planned, effective_at: isoTime(last.start_date), expires_at: null }
}

async function trueInvoices(stripe: Stripe, customer: string): Promise<readonly TrueEntry[]> {
  const { data: invoices } = await stripe.invoices.list({ customer, limit: 100, expand: ['data.payments'] })
  const { data: charges } = await stripe.charges.list({ customer, limit: 100 })
  return invoices
    .filter(({ status }) => status !== 'draft')
    .map((invoice) => {
      const paidBy = (invoice.payments?.data ?? []).map(({ payment }) => payment.payment_intent)
      const refunded = charges.filter(
        ({ payment_intent }) => payment_intent !== null && paidBy.includes(payment_intent),
      )
      return {
        id: invoice.id,
        kind: 'invoice',
        amount: invoice.status === 'paid' ? invoice.amount_paid : invoice.amount_due,
        status: String(invoice.status),
        refunded_amount: refunded.reduce((sum, { amount_refunded }) => sum + amount_refunded, 0),
        tax: (invoice.total_taxes ?? []).reduce((sum, { amount }) => sum + amount, 0),
      }
    })
}

/** One-time payments that were made or have failed, and all that was given back. */
async function truePayments(stripe: Stripe, customer: string): Promise<readonly TrueEntry[]> {
  const { data: intents } = await stripe.paymentIntents.list({ customer, limit: 100, expand: ['data.latest_charge'] })
  const entries: TrueEntry[] = []
  for (const intent of intents) {
    const refunds = await stripe.refunds.list({ payment_intent: intent.id, limit: 100 })
    for (const { id, amount, status } of refunds.data)
      entries.push({ id, kind: 'refund', amount, status: String(status), refunded_amount: 0, tax: null })
    const payment = { type: 'payment_intent', payment_intent: intent.id } as const
    const isOfInvoice = (await stripe.invoicePayments.list({ payment, limit: 1 })).data.length > 0
    const isPaid = intent.status === 'succeeded'
    if (isOfInvoice || (!isPaid && intent.last_payment_error === null)) continue
    const given = refunds.data.filter(({ status }) => status !== 'failed' && status !== 'canceled')
    const refunded_amount = given.reduce((sum, { amount }) => sum + amount, 0)
    const status = isPaid ? 'paid' : 'failed'
    entries.push({ id: intent.id, kind: 'payment', amount: intent.amount, status, refunded_amount, tax: null })
  }
  return entries
}

function isoTime(seconds: number | null | undefined): string | null {
  return seconds === null || seconds === undefined ? null : new Date(seconds * 1_000).toISOString()
}
