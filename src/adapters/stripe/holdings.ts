import type { Stripe } from 'stripe'
import type { ObservedDispute } from '../../domain/dispute.ts'
import type { AskedAbout, StripeHoldings } from '../../domain/drift.ts'
import { type Ask, PAGE } from './pace.ts'
import { orMissing } from './refusals.ts'
import { toCustomer } from './translate/customer.ts'
import { firstTriedAt, paymentIntentOf, subscriptionOf, toInvoiceEntry } from './translate/invoice.ts'
import { refundedOf, toDispute, toPaymentIntent, toRefundEntry } from './translate/payment.ts'
import { SUBSCRIPTION_VIEW, toSubscription } from './translate/subscription.ts'
import { idOf } from './translate/values.ts'

const LISTED_VIEW = SUBSCRIPTION_VIEW.map((field) => `data.${field}`)

/** All that Stripe has of one customer; a deleted one still has a past. */
export async function stripeHoldings(
  stripe: Stripe,
  ask: Ask,
  customer: string,
  asked: AskedAbout,
): Promise<StripeHoldings> {
  const found = await orMissing(ask(() => stripe.customers.retrieve(customer)))
  if (found === null)
    return {
      customer: null,
      subscriptions: [],
      unknownSubscriptions: [],
      entries: [],
      unknownEntries: [],
      paymentIntents: [],
      disputes: [],
    }
  const listed = await allOf(ask, (page) =>
    stripe.subscriptions.list({ ...page, customer, status: 'all', expand: LISTED_VIEW }),
  )
  const isListed = new Set(listed.map(({ id }) => id))
  const unknownSubscriptions: string[] = []
  for (const id of asked.subscriptions.filter((id) => !isListed.has(id))) {
    const one = await orMissing(ask(() => stripe.subscriptions.retrieve(id, { expand: SUBSCRIPTION_VIEW })))
    if (one === null) unknownSubscriptions.push(id)
    else listed.push(one)
  }
  const invoices = await allOf(ask, (page) => stripe.invoices.list({ ...page, customer, expand: ['data.payments'] }))
  const intents = await allOf(ask, (page) =>
    stripe.paymentIntents.list({ ...page, customer, expand: ['data.latest_charge.refunds'] }),
  )
  const invoiceOf = invoicesByPayment(invoices)
  const refunds = new Map<string, readonly Stripe.Refund[]>()
  for (const intent of intents) refunds.set(intent.id, await refundsOf(stripe, ask, intent))
  const refundEntries = intents.flatMap(({ id }) =>
    (refunds.get(id) ?? []).map((refund) => toRefundEntry(refund, customer, invoiceOf.get(id)?.id ?? id)),
  )
  const entries = [...invoiceEntries(invoices, intents), ...refundEntries]
  const listedEntries = new Set([...invoices, ...intents, ...refundEntries].map(({ id }) => id))
  return {
    customer: toCustomer(found),
    subscriptions: listed.map((subscription) => ({
      ...toSubscription(subscription),
      pastDueSince: firstUnpaid(invoices, subscription.id),
    })),
    unknownSubscriptions,
    entries,
    unknownEntries: await unknownEntries(
      stripe,
      ask,
      asked.entries.filter(({ id }) => !listedEntries.has(id)),
    ),
    paymentIntents: intents
      .filter(({ id }) => !invoiceOf.has(id))
      .map((intent) => toPaymentIntent(intent, refunds.get(intent.id) ?? [])),
    disputes: await inTurn(intents, (intent) => disputesOf(stripe, ask, intent, customer, invoiceOf.get(intent.id))),
  }
}

/** A list may lack what is there; the word of Stripe about the id itself decides. */
async function unknownEntries(stripe: Stripe, ask: Ask, unlisted: AskedAbout['entries']): Promise<readonly string[]> {
  const retrieve = {
    invoice: (id: string) => stripe.invoices.retrieve(id),
    payment: (id: string) => stripe.paymentIntents.retrieve(id),
    refund: (id: string) => stripe.refunds.retrieve(id),
  }
  return inTurn(unlisted, async ({ id, kind }) => {
    const found: object | null = await orMissing(ask<object>(() => retrieve[kind](id)))
    return found === null ? [id] : []
  })
}

function invoicesByPayment(invoices: readonly Stripe.Invoice[]): ReadonlyMap<string, Stripe.Invoice> {
  return new Map(
    invoices.flatMap((invoice) =>
      (invoice.payments?.data ?? []).map(({ payment }) => [idOf(payment.payment_intent) ?? '', invoice] as const),
    ),
  )
}

function invoiceEntries(invoices: readonly Stripe.Invoice[], intents: readonly Stripe.PaymentIntent[]) {
  const byId = new Map(intents.map((intent) => [intent.id, intent]))
  return invoices
    .filter(({ status }) => status !== 'draft')
    .map((invoice) => {
      const paidBy = invoice.status === 'paid' ? byId.get(paymentIntentOf(invoice) ?? '') : undefined
      return toInvoiceEntry(invoice, paidBy ? refundedOf(paidBy) : 0)
    })
}

/** When the oldest invoice that is still unpaid was tried first. */
function firstUnpaid(invoices: readonly Stripe.Invoice[], subscription: string): number | null {
  const tried = invoices.filter(
    (invoice) => invoice.status === 'open' && invoice.attempted && subscriptionOf(invoice) === subscription,
  )
  return tried.length === 0 ? null : Math.min(...tried.map(firstTriedAt))
}

/** Disputes are rare; only a charge that says it has one is asked about. */
async function disputesOf(
  stripe: Stripe,
  ask: Ask,
  intent: Stripe.PaymentIntent,
  customerId: string,
  invoice: Stripe.Invoice | undefined,
): Promise<readonly ObservedDispute[]> {
  const { latest_charge: charge } = intent
  if (charge === null || typeof charge === 'string' || !charge.disputed) return []
  const disputes = await allOf(ask, (page) => stripe.disputes.list({ ...page, charge: charge.id }))
  const paid = { paymentId: invoice?.id ?? intent.id, subscriptionId: invoice ? subscriptionOf(invoice) : null }
  return disputes.map((dispute) => toDispute(dispute, { customerId, ...paid }))
}

async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<readonly R[]>): Promise<readonly R[]> {
  const found: R[] = []
  for (const item of items) found.push(...(await work(item)))
  return found
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
