import type { Stripe } from 'stripe'
import type { Payment } from '../../domain/payment.ts'
import type { StripeBooks } from '../../ports/mirror.ts'
import type { Page } from '../../ports/records.ts'
import { invoicePaymentIntents, stripeHoldings } from './holdings.ts'
import { type Ask, PAGE, pacer, patiently } from './pace.ts'
import { PAYMENT_DETAILS } from './payments.ts'
import { orMissing } from './refusals.ts'
import { toCustomer } from './translate/customer.ts'
import { toInvoiceEntry } from './translate/invoice.ts'
import { toPaymentIntent } from './translate/payment.ts'
import { SUBSCRIPTION_VIEW, toSubscription } from './translate/subscription.ts'
import { idOf } from './translate/values.ts'

/** All that Stripe has, by its lists. */
export function stripeBooks(stripe: Stripe, callsPerSecond: number): StripeBooks {
  const pace = pacer(callsPerSecond)
  const ask: Ask = (call) => patiently(pace, call)
  return {
    async customers(cursor) {
      const list = await ask(() => stripe.customers.list(pageAfter(cursor)))
      return pageOf(list, list.data.map(toCustomer))
    },
    async subscriptions(cursor) {
      const asked = {
        ...pageAfter(cursor),
        status: 'all' as const,
        expand: SUBSCRIPTION_VIEW.map((field) => `data.${field}`),
      }
      const list = await ask(() => stripe.subscriptions.list(asked))
      return pageOf(list, list.data.map(toSubscription))
    },
    async invoices(cursor) {
      const list = await ask(() => stripe.invoices.list(pageAfter(cursor)))
      const finished = list.data.filter(({ status }) => status !== 'draft')
      return pageOf(
        list,
        finished.map((invoice) => toInvoiceEntry(invoice, 0)),
      )
    },
    async payments(cursor) {
      const asked = { ...pageAfter(cursor), expand: PAYMENT_DETAILS.map((field) => `data.${field}`) }
      const list = await ask(() => stripe.paymentIntents.list(asked))
      return pageOf(list, await oneTimePayments(stripe, ask, list.data))
    },
    async refunds(cursor) {
      const asked = { ...pageAfter(cursor), expand: ['data.payment_intent'] }
      const list = await ask(() => stripe.refunds.list(asked))
      return pageOf(
        list,
        list.data.map(({ id, payment_intent: payment }) => {
          const customer = payment === null || typeof payment === 'string' ? null : payment.customer
          return { id, customerId: idOf(customer) }
        }),
      )
    },
    async disputes(cursor) {
      const asked = { ...pageAfter(cursor), expand: ['data.charge'] }
      const list = await ask(() => stripe.disputes.list(asked))
      return pageOf(
        list,
        list.data.map(({ id, charge }) => ({
          id,
          customerId: typeof charge === 'string' ? null : idOf(charge.customer),
        })),
      )
    },
    holdings: (customerId, asked) => stripeHoldings(stripe, ask, customerId, asked),
    async nameCustomer(customerId, user) {
      const metadata = { user_id: user }
      const named = await orMissing(ask(() => stripe.customers.update(customerId, { metadata })))
      return named && toCustomer(named)
    },
  }
}

function pageAfter(cursor: string | null) {
  return { limit: PAGE, ...(cursor === null ? {} : { starting_after: cursor }) }
}

/** A page that says there is more and shows nothing would be asked for without end. */
function pageOf<T>(list: Stripe.ApiList<{ readonly id: string }>, items: readonly T[]): Page<T> {
  return { items, nextCursor: list.has_more ? (list.data.at(-1)?.id ?? null) : null }
}

/** The payment of an invoice is not an entry of its own: the invoice is. */
async function oneTimePayments(stripe: Stripe, ask: Ask, page: readonly Stripe.PaymentIntent[]): Promise<Payment[]> {
  const entries = page.flatMap((intent) => {
    const { entry } = toPaymentIntent(intent)
    return entry === null || intent.customer === null ? [] : [{ entry, isOurs: Boolean(intent.metadata.intent_id) }]
  })
  const isUnsure = entries.some(({ isOurs }) => !isOurs)
  const ofInvoices = isUnsure ? await invoicePaymentIntents(stripe, ask, page) : new Set<string>()
  return entries.filter(({ entry, isOurs }) => isOurs || !ofInvoices.has(entry.id)).map(({ entry }) => entry)
}
