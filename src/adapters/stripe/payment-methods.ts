import { Stripe } from 'stripe'
import { type Intent, stripeKey, type WishOf } from '../../domain/intent.ts'
import { isEnded } from '../../domain/subscription.ts'
import type { AttemptOutcome, Gateway, PaymentMethodAttempt } from '../../ports/gateway.ts'
import { reached, reachedOrMissing, reachedOrRefused, refusedAttempt, unavailable } from './refusals.ts'
import { SUBSCRIPTION_DETAILS } from './subscription-details.ts'
import { subscriptionOf, toInvoiceEntry } from './translate/invoice.ts'
import { toSubscription } from './translate/subscription.ts'
import { idOf } from './translate/values.ts'

type SetIntent = Intent<WishOf<'set-payment-method'>>

export function paymentMethodGateway(stripe: Stripe): Pick<Gateway, 'setPaymentMethod'> {
  return {
    async setPaymentMethod(customer, intent) {
      const { paymentMethodId: wanted, subscriptionId } = intent.wish
      const isTheirs = await isAttached(stripe, wanted, customer)
      let card: string
      try {
        const options = { idempotencyKey: stripeKey(intent, 'attach') }
        card = (await stripe.paymentMethods.attach(wanted, { customer }, options)).id
      } catch (error) {
        return { ...NOTHING, outcome: refusedAttempt(error) }
      }
      const subscription = subscriptionId === null ? null : await retrieve(stripe, subscriptionId)
      const tried = await payOpenInvoices(stripe, customer, subscription, card, intent)
      if (tried.length > 0 && tried.every(({ outcome }) => outcome.type === 'declined')) {
        if (!isTheirs) await reachedOrRefused(stripe.paymentMethods.detach(card))
        return { ...NOTHING, outcome: tried[0]?.outcome ?? SETTLED }
      }
      await keepFor(stripe, customer, subscription, card, intent)
      return attemptOf(stripe, card, subscription, tried)
    },
  }
}

/** One that the customer had before is only tried again: taken away, nothing would be left for Stripe's own tries. */
async function isAttached(stripe: Stripe, paymentMethod: string, customer: string): Promise<boolean> {
  const found = await reachedOrMissing(stripe.paymentMethods.retrieve(paymentMethod))
  return idOf(found?.customer) === customer
}

const SETTLED: AttemptOutcome = { type: 'settled' }
const NOTHING = { paymentMethodId: null, subscription: null, invoices: [], clientSecret: null }

interface Tried {
  readonly invoice: string
  readonly outcome: AttemptOutcome
}

/**
 * The oldest first. What a subscription that has ended still owes is not collected from a card that was given for
 * something else: it is paid on the page of its invoice. Stripe leaves the invoices of an unpaid subscription drafts; of those
 * only the latest is asked for.
 */
async function payOpenInvoices(
  stripe: Stripe,
  customer: string,
  subscription: Stripe.Subscription | null,
  card: string,
  intent: SetIntent,
): Promise<readonly Tried[]> {
  await finalizeLatest(stripe, subscription, intent)
  const { data } = await reached(stripe.invoices.list({ customer, status: 'open', limit: 100 }))
  const due = data.filter((invoice) => isDue(invoice, subscription)).reverse()
  const tried: Tried[] = []
  for (const { id } of due) tried.push({ invoice: id, outcome: await pay(stripe, id, card, intent) })
  return tried
}

function isDue(invoice: Stripe.Invoice, live: Stripe.Subscription | null): boolean {
  const owner = subscriptionOf(invoice)
  return invoice.collection_method === 'charge_automatically' && (owner === null || owner === live?.id)
}

async function finalizeLatest(
  stripe: Stripe,
  subscription: Stripe.Subscription | null,
  intent: SetIntent,
): Promise<void> {
  const latest = subscription?.latest_invoice
  if (subscription?.status !== 'unpaid' || !latest || typeof latest === 'string' || latest.status !== 'draft') return
  const options = { idempotencyKey: stripeKey(intent, `finalize-${latest.id}`) }
  await reachedOrRefused(stripe.invoices.finalizeInvoice(latest.id, {}, options))
}

/** The customer is there to confirm it: `off_session` false lets the bank ask. */
async function pay(
  stripe: Stripe,
  invoice: string,
  payment_method: string,
  intent: SetIntent,
): Promise<AttemptOutcome> {
  try {
    const options = { idempotencyKey: stripeKey(intent, `pay-${invoice}`) }
    await stripe.invoices.pay(invoice, { payment_method, off_session: false }, options)
    return SETTLED
  } catch (error) {
    if (error instanceof Stripe.errors.StripeCardError && error.code === 'invoice_payment_intent_requires_action')
      return { type: 'waiting' }
    if (error instanceof Stripe.errors.StripeCardError) return refusedAttempt(error)
    // Paid or voided in this very moment.
    if (error instanceof Stripe.errors.StripeInvalidRequestError) return SETTLED
    throw unavailable(error)
  }
}

async function keepFor(
  stripe: Stripe,
  customer: string,
  subscription: Stripe.Subscription | null,
  card: string,
  intent: SetIntent,
): Promise<void> {
  const forCustomer = { idempotencyKey: stripeKey(intent, 'keep-for-customer') }
  await reached(stripe.customers.update(customer, { invoice_settings: { default_payment_method: card } }, forCustomer))
  if (subscription === null || isEnded(toSubscription(subscription))) return
  const options = { idempotencyKey: stripeKey(intent, 'keep') }
  await reached(stripe.subscriptions.update(subscription.id, { default_payment_method: card }, options))
}

/** What waits comes before what was declined: there the customer can do something at once. */
async function attemptOf(
  stripe: Stripe,
  paymentMethodId: string,
  before: Stripe.Subscription | null,
  tried: readonly Tried[],
): Promise<PaymentMethodAttempt> {
  const expand = ['payments', 'confirmation_secret']
  const seen = await Promise.all(tried.map(({ invoice }) => reached(stripe.invoices.retrieve(invoice, { expand }))))
  const waiting = tried.findIndex(({ outcome }) => outcome.type === 'waiting')
  const subscription = before && toSubscription(await reached(retrieveNow(stripe, before.id)))
  return {
    paymentMethodId,
    subscription,
    invoices: seen.map((invoice) => toInvoiceEntry(invoice, 0)),
    outcome: waiting >= 0 ? { type: 'waiting' } : SETTLED,
    clientSecret: seen[waiting]?.confirmation_secret?.client_secret ?? null,
  }
}

function retrieve(stripe: Stripe, subscription: string): Promise<Stripe.Subscription | null> {
  return reachedOrMissing(retrieveNow(stripe, subscription))
}

function retrieveNow(stripe: Stripe, subscription: string) {
  return stripe.subscriptions.retrieve(subscription, { expand: SUBSCRIPTION_DETAILS })
}
