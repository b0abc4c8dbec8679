import { authenticateIntent, authenticateSetup } from '../engine/confirmation.ts'
import { attach, cardOf, namedMethod } from '../engine/payment-methods.ts'
import { intentOf } from '../engine/settlement.ts'
import { change, recordEvent } from '../events/record.ts'
import { Failure, invalid } from '../http/failure.ts'
import { customerRoutes } from '../resources/customers.ts'
import { paymentIntentRoutes } from '../resources/payment-intents.ts'
import { setupIntentRoutes } from '../resources/setup-intents.ts'
import { subscriptionRoutes } from '../resources/subscriptions.ts'
import type { StoredCheckout } from '../surface-kinds.ts'
import type { HeldEvent, Turn } from '../turn.ts'
import type { Customer, EventType, PaymentIntent, PaymentMethod, SetupIntent, Subscription } from '../wire.ts'
import { call } from './call.ts'
import { detailsOf } from './draft.ts'

export interface Buyer {
  readonly email: string | null
  /** Where the buyer is, in two letters; for tax. */
  readonly country?: string | undefined
  /** Null when nothing is to be paid now and no card is wanted. */
  readonly method: string | null
  /** The buyer has been at the bank's page and said yes. */
  readonly authenticated: boolean
}

/** Whether the card's bank asks for the buyer before this session can be paid. */
export function asksForBuyer(turn: Turn, method: PaymentMethod): boolean {
  return method.type === 'card' && cardOf(turn, method).authentication !== 'never'
}

/** Pays an open session, which ends it; a declined card is a 402 and leaves it open. */
export function paySession(turn: Turn, session: StoredCheckout, buyer: Buyer): StoredCheckout {
  if (session.status !== 'open') throw invalid(`This Checkout Session is ${session.status}.`)
  const method = buyer.method === null ? null : namedMethod(turn, buyer.method)
  if (session.mode === 'setup') return setUp(turn, session, buyer, method)
  if (session.mode === 'payment') return payOnce(turn, session, buyer, method)
  return completedEarly(turn, (inner) => subscribe(inner, session, buyer, method))
}

function complete(turn: Turn, session: StoredCheckout, buyer: Buyer, patch: Partial<StoredCheckout>): StoredCheckout {
  turn.store.dueWork.drop('expire_checkout_session', session.id)
  const customer = turn.store.objects.find('customer', patch.customer ?? session.customer ?? '')
  const details = detailsOf(
    buyer.email ?? session.customer_details?.email ?? customer?.email ?? null,
    customer?.name ?? null,
  )
  const done: Partial<StoredCheckout> = { ...patch, customer_details: details, status: 'complete' }
  return change(turn, 'checkout.session', session, done, 'checkout.session.completed')
}

function customerOf(turn: Turn, session: StoredCheckout, buyer: Buyer): string {
  if (session.customer !== null) return session.customer
  const email = buyer.email ?? session.customer_email ?? undefined
  return call<Customer>(turn, customerRoutes, '/v1/customers', { email }).id
}

function setUp(turn: Turn, session: StoredCheckout, buyer: Buyer, method: PaymentMethod | null): StoredCheckout {
  const id = session.setup_intent ?? ''
  const confirmed = call<SetupIntent>(turn, setupIntentRoutes, `/v1/setup_intents/${id}/confirm`, {
    payment_method: required(method).id,
  })
  if (confirmed.status === 'requires_action') authenticateSetup(turn, confirmed, true)
  return complete(turn, session, buyer, {})
}

function required(method: PaymentMethod | null): PaymentMethod {
  if (!method) throw invalid('A payment method is needed.', 'payment_method', 'parameter_missing')
  return method
}

function payOnce(turn: Turn, session: StoredCheckout, buyer: Buyer, method: PaymentMethod | null): StoredCheckout {
  const { sim_wish: wish } = session
  const wanted = session.customer !== null || session.customer_creation === 'always'
  const customer = wanted ? customerOf(turn, session, buyer) : null
  if (session.amount_total === 0) return complete(turn, session, buyer, { customer })
  const made = call<PaymentIntent>(turn, paymentIntentRoutes, '/v1/payment_intents', {
    ...wish.payment,
    amount: session.amount_total,
    currency: session.currency,
    customer: customer ?? undefined,
    payment_method: required(method).id,
    confirm: true,
  })
  const intent = made.status === 'requires_action' ? authenticated(turn, made) : made
  const payment_status = intent.status === 'succeeded' ? 'paid' : 'unpaid'
  return complete(turn, session, buyer, { customer, payment_intent: intent.id, payment_status })
}

function authenticated(turn: Turn, intent: PaymentIntent): PaymentIntent {
  const after = authenticateIntent(turn, intent, true)
  if (after.status === 'succeeded' || after.status === 'requires_capture') return after
  const { message, code } = after.last_payment_error ?? {}
  throw new Failure(402, {
    type: 'card_error',
    code: code ?? 'card_declined',
    message: message ?? 'Your card was declined.',
  })
}

function subscribe(turn: Turn, session: StoredCheckout, buyer: Buyer, method: PaymentMethod | null): StoredCheckout {
  const customer = customerOf(turn, session, buyer)
  if (session.automatic_tax.enabled && buyer.country) locate(turn, customer, buyer.country)
  const needed = session.amount_total !== 0 || session.payment_method_collection === 'always'
  const chosen = method ? attach(turn, method, customer) : needed ? required(method) : null
  const asks = chosen !== null && asksForBuyer(turn, chosen)
  const made = call<Subscription>(turn, subscriptionRoutes, '/v1/subscriptions', {
    ...session.sim_wish.subscription,
    default_tax_rates: session.sim_wish.defaultTaxRates,
    ...itemsOf(turn, session),
    currency: session.currency ?? undefined,
    ...discountOf(session),
    ...(session.automatic_tax.enabled ? { automatic_tax: { enabled: true } } : {}),
    customer,
    default_payment_method: chosen?.id,
    payment_behavior: asks ? 'allow_incomplete' : 'error_if_incomplete',
  })
  const begun = made.status === 'incomplete' ? begin(turn, made) : made
  return complete(turn, session, buyer, {
    customer,
    ...taxPaid(turn, session, begun),
    invoice: begun.latest_invoice,
    payment_status: session.amount_total === 0 ? 'no_payment_required' : 'paid',
    subscription: begun.id,
  })
}

/** What the buyer entered on the page is kept with the customer, as with `customer_update[address]=auto`. */
function locate(turn: Turn, id: string, country: string): void {
  call<Customer>(turn, customerRoutes, `/v1/customers/${id}`, { address: { country: country.toUpperCase() } })
}

function taxPaid(turn: Turn, session: StoredCheckout, { latest_invoice: id }: Subscription): Partial<StoredCheckout> {
  const invoice = turn.store.objects.find('invoice', id ?? '')
  if (!session.automatic_tax.enabled || !invoice) return {}
  const amount_tax = (invoice.total_taxes ?? []).reduce((sum, { amount }) => sum + amount, 0)
  const details = session.total_details ?? { amount_discount: 0, amount_shipping: 0, amount_tax: 0 }
  return {
    amount_total: invoice.total,
    automatic_tax: { ...session.automatic_tax, status: 'complete' },
    total_details: { ...details, amount_tax },
  }
}

function begin(turn: Turn, subscription: Subscription): Subscription {
  const invoice = turn.store.objects.find('invoice', subscription.latest_invoice ?? '')
  const intent = invoice && intentOf(turn, invoice)
  if (intent?.status === 'requires_action') authenticated(turn, intent)
  return turn.store.objects.find('subscription', subscription.id) ?? subscription
}

function itemsOf(turn: Turn, { sim_wish: { items } }: StoredCheckout): object {
  const recurring = items.filter(({ price }) => turn.store.objects.find('price', price)?.recurring)
  const once = items.filter((item) => !recurring.includes(item))
  const sent = (item: (typeof items)[number]) => ({
    price: item.price,
    quantity: item.quantity ?? undefined,
    tax_rates: item.taxRates,
  })
  return { items: recurring.map(sent), ...(once.length > 0 ? { add_invoice_items: once.map(sent) } : {}) }
}

function discountOf({ sim_wish: { coupon, promotionCode } }: StoredCheckout): object {
  if (promotionCode !== null) return { discounts: [{ promotion_code: promotionCode }] }
  return coupon === null ? {} : { discounts: [{ coupon }] }
}

const later: readonly EventType[] = ['customer.updated', 'customer.subscription.created']

/** As seen at Stripe: the session is told complete as soon as the money is there, before the subscription. */
function completedEarly<T>(turn: Turn, work: (turn: Turn) => T): T {
  const held: HeldEvent[] = []
  const result = work({ ...turn, held })
  const completed = held.findIndex(({ type }) => type === 'checkout.session.completed')
  const [event] = held.splice(completed, 1)
  const place = held.findIndex(({ type }) => later.some((known) => known === type))
  if (event) held.splice(place < 0 ? held.length : place, 0, event)
  for (const { type, data } of held) recordEvent(turn, type as EventType, data.object, data.previous_attributes)
  return result
}
