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
}

/** Reads everything of a customer at Stripe and shares no code with the program, so that it can say when that is wrong. */
export async function stripeTruth(stripe: Stripe, customer: string): Promise<StripeTruth> {
  const subscriptions = await stripe.subscriptions.list({ customer, status: 'all', limit: 100 })
  const history = [...(await trueInvoices(stripe, customer)), ...(await truePayments(stripe, customer))]
  return { status: trueStatus(subscriptions.data), history: sortedEntries(history) }
}

export function sortedEntries(entries: readonly TrueEntry[]): readonly TrueEntry[] {
  return entries
    .map(({ id, kind, amount, status, refunded_amount }) => ({ id, kind, amount, status, refunded_amount }))
    .sort((one, other) => (one.id < other.id ? -1 : 1))
}

const LIVE = ['trialing', 'active', 'past_due', 'unpaid', 'paused']

function trueStatus(newestFirst: readonly Stripe.Subscription[]): StripeTruth['status'] {
  const live = newestFirst.find(({ status }) => LIVE.includes(status))
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
  }
}

/** Each of the prices says in its metadata, or by its lookup key, which plan it is of. */
function planNameOf(subscription: Stripe.Subscription | undefined): string | null {
  const item = subscription?.items.data.find(isLicensed)
  return item?.price.metadata.plan_name ?? item?.price.lookup_key ?? null
}

function isLicensed({ price }: Stripe.SubscriptionItem): boolean {
  return price.recurring?.usage_type === 'licensed'
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
      }
    })
}

/** One-time payments that were made, and all that was given back. */
async function truePayments(stripe: Stripe, customer: string): Promise<readonly TrueEntry[]> {
  const { data: intents } = await stripe.paymentIntents.list({ customer, limit: 100, expand: ['data.latest_charge'] })
  const entries: TrueEntry[] = []
  for (const intent of intents) {
    const refunds = await stripe.refunds.list({ payment_intent: intent.id, limit: 100 })
    for (const { id, amount, status } of refunds.data)
      entries.push({ id, kind: 'refund', amount, status: String(status), refunded_amount: 0 })
    const payment = { type: 'payment_intent', payment_intent: intent.id } as const
    const isOfInvoice = (await stripe.invoicePayments.list({ payment, limit: 1 })).data.length > 0
    if (isOfInvoice || intent.status !== 'succeeded') continue
    const refunded_amount = refunds.data.reduce((sum, { amount }) => sum + amount, 0)
    entries.push({ id: intent.id, kind: 'payment', amount: intent.amount, status: 'paid', refunded_amount })
  }
  return entries
}

function isoTime(seconds: number | null | undefined): string | null {
  return seconds === null || seconds === undefined ? null : new Date(seconds * 1_000).toISOString()
}
