import { call } from '../checkout/call.ts'
import { asksForBuyer } from '../checkout/pay.ts'
import { markSetUp } from '../engine/intents.ts'
import { attach, namedMethod } from '../engine/payment-methods.ts'
import { asFailure } from '../http/answer.ts'
import { Failure, invalid } from '../http/failure.ts'
import { type FormFields, parseForm } from '../http/form.ts'
import { choices, type PortalAccount, portalAccount } from '../portal/account.ts'
import { changePlan } from '../portal/change-plan.ts'
import { customerRoutes } from '../resources/customers.ts'
import { subscriptionRoutes } from '../resources/subscriptions.ts'
import type { Turn } from '../turn.ts'
import type { PaymentMethod, Subscription } from '../wire.ts'
import { enteredCard } from './card-form.ts'
import { bankPage } from './checkout.ts'
import type { PagePorts } from './checkout-actions.ts'
import { portalPage } from './portal.ts'

/** What a customer did in the portal. Each act is a call of the API, and only what the configuration allows. */
export async function actOnPortal(ports: PagePorts, id: string, body: string): Promise<Response> {
  const sent = parseForm(body)
  try {
    return await ports.change((turn) => {
      const account = portalAccount(turn, id)
      return account ? act(turn, account, sent) : portalPage(turn, id)
    })
  } catch (reason) {
    return portalPage(ports.turn(), id, {
      alert: asFailure(reason).message,
      view: textOf(sent.view) || null,
      subscription: textOf(sent.subscription) || null,
    })
  }
}

const textOf = (value: FormFields[string] | undefined) => (typeof value === 'string' ? value.trim() : '')

function act(turn: Turn, account: PortalAccount, sent: FormFields): Response {
  switch (sent.do) {
    case 'cancel':
      return done(turn, account, cancel(turn, account, sent))
    case 'resume':
      return done(turn, account, resume(turn, account, sent))
    case 'change':
      return done(turn, account, choosePlan(turn, account, sent))
    case 'details':
      return done(turn, account, changeDetails(turn, account, sent))
    case 'authenticate':
      return fromBank(turn, account, sent)
    default:
      return changeCard(turn, account, sent)
  }
}

/** Where a finished task leads: to where a deep link wants it, else to the portal's first page. */
function done(turn: Turn, { session }: PortalAccount, note: string): Response {
  const after = session.flow?.after_completion
  const address = after?.type === 'redirect' ? after.redirect?.return_url : undefined
  if (address !== undefined && /^https?:/.test(address) && URL.canParse(address)) return Response.redirect(address, 303)
  const message = after?.type === 'hosted_confirmation' ? after.hosted_confirmation?.custom_message : undefined
  return portalPage(turn, session.id, { view: 'home', note: message ?? note })
}

function requireAllowed(allowed: boolean): void {
  if (!allowed) throw invalid('This is not offered here.')
}

function subscriptionOf(account: PortalAccount, sent: FormFields): Subscription {
  const found = account.subscriptions.find(({ id }) => id === sent.subscription)
  if (!found) throw invalid('You have no such subscription.')
  return found
}

/** At the period's end a flexible subscription gets a date, a classic one its flag: as Stripe's portal does. */
function cancel(turn: Turn, account: PortalAccount, sent: FormFields): string {
  const { enabled, mode, proration_behavior } = account.features.subscription_cancel
  requireAllowed(enabled)
  const subscription = subscriptionOf(account, sent)
  const path = `/v1/subscriptions/${subscription.id}`
  const feedback = textOf(sent.feedback)
  const details = feedback === '' ? {} : { cancellation_details: { feedback } }
  if (mode === 'immediately') {
    const prorate =
      proration_behavior === 'none' ? {} : { prorate: true, invoice_now: proration_behavior === 'always_invoice' }
    call(turn, subscriptionRoutes, path, { ...details, ...prorate }, 'DELETE')
    return 'Your subscription has ended.'
  }
  const flexible = subscription.billing_mode.type === 'flexible'
  const end = flexible ? { cancel_at: 'max_period_end' } : { cancel_at_period_end: true }
  call(turn, subscriptionRoutes, path, { ...end, ...details })
  return 'Your subscription will end with this period.'
}

function resume(turn: Turn, account: PortalAccount, sent: FormFields): string {
  requireAllowed(account.features.subscription_cancel.enabled)
  const subscription = subscriptionOf(account, sent)
  const undone = subscription.cancel_at_period_end ? { cancel_at_period_end: false } : { cancel_at: '' }
  call(turn, subscriptionRoutes, `/v1/subscriptions/${subscription.id}`, undone)
  return 'Your subscription goes on.'
}

function choosePlan(turn: Turn, account: PortalAccount, sent: FormFields): string {
  const { subscription_update: update } = account.features
  const subscription = subscriptionOf(account, sent)
  const price = choices(turn, account, subscription).find(({ id }) => id === sent.price)
  if (!price) throw invalid('This is not offered here.')
  const when = changePlan(turn, update, subscription, price)
  return when === 'now' ? 'Your plan has changed.' : 'Your plan will change at the end of this period.'
}

function changeDetails(turn: Turn, account: PortalAccount, sent: FormFields): string {
  const { allowed_updates: allowed, enabled } = account.features.customer_update
  requireAllowed(enabled)
  const names = (['email', 'name', 'phone'] as const).filter((name) => allowed.includes(name) && name in sent)
  const texts = Object.fromEntries(names.map((name) => [name, textOf(sent[name])]))
  const moved = allowed.includes('address') && typeof sent.address === 'object'
  const fields = { ...texts, ...(moved ? { address: sent.address } : {}) }
  call(turn, customerRoutes, `/v1/customers/${account.customer.id}`, fields)
  return 'Your details are saved.'
}

function changeCard(turn: Turn, account: PortalAccount, sent: FormFields): Response {
  requireAllowed(account.features.payment_method_update.enabled)
  const method = enteredCard(turn, sent)
  if (asksForBuyer(turn, method)) return bankPage('saving your card', method, '')
  return saveCard(turn, account, method)
}

function fromBank(turn: Turn, account: PortalAccount, sent: FormFields): Response {
  requireAllowed(account.features.payment_method_update.enabled)
  if (sent.outcome !== 'succeed') {
    throw new Failure(402, { type: 'card_error', message: 'Your bank did not confirm the card. Please try another.' })
  }
  const method = namedMethod(turn, textOf(sent.method))
  markSetUp(turn, method)
  return saveCard(turn, account, method)
}

/** The new card pays for everything from now on, also where a subscription had one of its own. */
function saveCard(turn: Turn, account: PortalAccount, method: PaymentMethod): Response {
  attach(turn, method, account.customer.id)
  call(turn, customerRoutes, `/v1/customers/${account.customer.id}`, {
    invoice_settings: { default_payment_method: method.id },
  })
  for (const { id, default_payment_method: own } of account.subscriptions) {
    if (own !== null) call(turn, subscriptionRoutes, `/v1/subscriptions/${id}`, { default_payment_method: method.id })
  }
  return done(turn, account, 'Your new card is saved.')
}
