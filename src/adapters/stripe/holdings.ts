import type { Stripe } from 'stripe'
import type { StripeHoldings } from '../../domain/drift.ts'
import type { Payment } from '../../domain/payment.ts'
import { type Ask, PAGE } from './pace.ts'
import { isMissing } from './refusals.ts'
import {
  idOf,
  paymentIntentOf,
  refundedOf,
  toCustomer,
  toInvoiceEntry,
  toPaymentIntent,
  toRefundEntry,
  toSubscription,
} from './translate.ts'

/** All that Stripe has of one customer; a deleted one still has a past. */
export async function stripeHoldings(
  stripe: Stripe,
  ask: Ask,
  customer: string,
  subscriptionIds: readonly string[],
): Promise<StripeHoldings> {
  const found = await orMissing(ask(() => stripe.customers.retrieve(customer)))
  if (found === null) return { customer: null, subscriptions: [], unknownSubscriptions: [], entries: [] }
  const listed = await allOf(ask, (page) =>
    stripe.subscriptions.list({ ...page, customer, status: 'all', expand: ['data.customer'] }),
  )
  const isListed = new Set(listed.map(({ id }) => id))
  const unknownSubscriptions: string[] = []
  for (const id of subscriptionIds.filter((asked) => !isListed.has(asked))) {
    const one = await orMissing(ask(() => stripe.subscriptions.retrieve(id, { expand: ['customer'] })))
    if (one === null) unknownSubscriptions.push(id)
    else listed.push(one)
  }
  return {
    customer: toCustomer(found),
    subscriptions: listed.map(toSubscription),
    unknownSubscriptions,
    entries: await entriesOf(stripe, ask, customer),
  }
}

async function entriesOf(stripe: Stripe, ask: Ask, customer: string): Promise<readonly Payment[]> {
  const intents = await allOf(ask, (page) =>
    stripe.paymentIntents.list({ ...page, customer, expand: ['data.latest_charge.refunds'] }),
  )
  const invoices = await allOf(ask, (page) => stripe.invoices.list({ ...page, customer, expand: ['data.payments'] }))
  const byId = new Map(intents.map((intent) => [intent.id, intent]))
  const ofInvoices = new Set<string>()
  const entries: Payment[] = []
  for (const invoice of invoices) {
    for (const { payment } of invoice.payments?.data ?? []) ofInvoices.add(idOf(payment.payment_intent) ?? '')
    const paidBy = invoice.status === 'paid' ? byId.get(paymentIntentOf(invoice) ?? '') : undefined
    if (invoice.status !== 'draft') entries.push(toInvoiceEntry(invoice, paidBy ? refundedOf(paidBy) : 0))
  }
  for (const intent of intents) {
    const { entry } = toPaymentIntent(intent)
    if (entry !== null && !ofInvoices.has(intent.id)) entries.push(entry)
    for (const refund of await refundsOf(stripe, ask, intent)) entries.push(toRefundEntry(refund, customer))
  }
  return entries
}

/** A charge shows its first refunds; that there are more is rare. */
async function refundsOf(stripe: Stripe, ask: Ask, intent: Stripe.PaymentIntent): Promise<readonly Stripe.Refund[]> {
  const { latest_charge: charge } = intent
  const shown = charge === null || typeof charge === 'string' ? undefined : charge.refunds
  if (!shown?.has_more) return shown?.data ?? []
  return allOf(ask, (page) => stripe.refunds.list({ ...page, payment_intent: intent.id }))
}

interface AskedPage {
  readonly limit: number
  readonly starting_after?: string
}

/** A list to its end. The customer was deleted in this moment, or is one of whom Stripe lists nothing: empty. */
async function allOf<T extends { readonly id: string }>(
  ask: Ask,
  list: (page: AskedPage) => Promise<Stripe.ApiList<T>>,
): Promise<T[]> {
  const found: T[] = []
  for (let page: AskedPage | null = { limit: PAGE }; page !== null; ) {
    const asked: AskedPage = page
    const answer: Stripe.ApiList<T> | null = await orMissing(ask(() => list(asked)))
    found.push(...(answer?.data ?? []))
    const last: string | undefined = answer?.data.at(-1)?.id
    page = answer?.has_more && last !== undefined ? { limit: PAGE, starting_after: last } : null
  }
  return found
}

async function orMissing<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

/** An invoice and the payment of it are made in the same moment, or nearly. */
const SLACK_SECONDS = 3_600

/** Which payments of a page are those of invoices: told by Stripe's list of such payments around the same time. */
export async function invoicePaymentIntents(
  stripe: Stripe,
  ask: Ask,
  intents: readonly Stripe.PaymentIntent[],
): Promise<ReadonlySet<string>> {
  const times = intents.map(({ created }) => created)
  const created = { gte: Math.min(...times) - SLACK_SECONDS, lte: Math.max(...times) + SLACK_SECONDS }
  const payments = await allOf(ask, (page) => stripe.invoicePayments.list({ ...page, created }))
  return new Set(payments.map(({ payment }) => idOf(payment.payment_intent) ?? ''))
}
