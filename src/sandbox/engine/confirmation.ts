import { change } from '../events/record.ts'
import { Failure, invalid } from '../http/failure.ts'
import type { Turn } from '../turn.ts'
import type { PaymentIntent, PaymentMethod, SetupIntent } from '../wire.ts'
import { followAttempt } from './attempts.ts'
import { authenticationStep, markSetUp, needsAuthentication } from './intents.ts'
import { attach, cardOf, keepForCustomer } from './payment-methods.ts'
import { type Attempt, attemptPayment, failAuthentication, type Manner } from './payments.ts'
import { invoiceOf } from './settlement.ts'
import { saveSubscription } from './subscription-store.ts'

/** Confirms an intent with a method and carries the result to the invoice behind it. */
export function confirmIntent(turn: Turn, intent: PaymentIntent, method: PaymentMethod, manner: Manner): Attempt {
  const attempt = attemptPayment(turn, intent, method, manner)
  followAttempt(turn, attempt, manner.automatic === true)
  return attempt
}

/** What the bank's page reports: the buyer authorized the payment or failed to. */
export function authenticateIntent(turn: Turn, intent: PaymentIntent, succeeds: boolean): PaymentIntent {
  requireAction(intent.status, 'PaymentIntent')
  if (!succeeds) {
    const failed = failAuthentication(turn, intent)
    const invoice = invoiceOf(turn, failed)
    if (invoice?.status === 'open') {
      change(turn, 'invoice', invoice, { attempted: true }, 'invoice.payment_failed', 'invoice.updated')
    }
    return failed
  }
  const method = turn.store.objects.find('payment_method', intent.payment_method ?? '')
  if (!method) throw invalid('The payment method of this intent is gone.')
  return confirmIntent(turn, intent, method, { offSession: false, returnUrl: null, authenticated: true }).intent
}

function requireAction(status: string, name: string): void {
  if (status !== 'requires_action')
    throw invalid(`This ${name} has no authentication pending: its status is ${status}.`)
}

/** Confirms a setup: checks the card, asks the buyer if its bank wants that, and keeps it for the customer. */
export function confirmSetup(
  turn: Turn,
  intent: SetupIntent,
  method: PaymentMethod,
  returnUrl: string | null,
): SetupIntent {
  const { authentication } = cardOf(turn, method)
  if (!needsAuthentication(authentication, false, false)) return completeSetup(turn, intent, method)
  const patch: Partial<SetupIntent> = {
    status: 'requires_action',
    payment_method: method.id,
    last_setup_error: null,
    next_action: authenticationStep(turn, intent.id, returnUrl),
  }
  return change(turn, 'setup_intent', intent, patch, 'setup_intent.requires_action')
}

export function authenticateSetup(turn: Turn, intent: SetupIntent, succeeds: boolean): SetupIntent {
  requireAction(intent.status, 'SetupIntent')
  const method = turn.store.objects.find('payment_method', intent.payment_method ?? '')
  if (succeeds && method) return completeSetup(turn, intent, method)
  const patch: Partial<SetupIntent> = {
    status: 'requires_payment_method',
    last_setup_error: {
      code: 'setup_intent_authentication_failure',
      doc_url: 'https://stripe.com/docs/error-codes/setup-intent-authentication-failure',
      message:
        'We are unable to authenticate your payment method. Please choose a different payment method and try again.',
      type: 'invalid_request_error',
      ...(method ? { payment_method: method } : {}),
    },
    next_action: null,
    payment_method: null,
  }
  return change(turn, 'setup_intent', intent, patch, 'setup_intent.setup_failed')
}

function completeSetup(turn: Turn, intent: SetupIntent, method: PaymentMethod): SetupIntent {
  const card = cardOf(turn, method)
  if (card.refusedAtAttach && card.decline) throw setupDeclined(turn, intent, method)
  if (intent.customer !== null) attach(turn, method, intent.customer)
  markSetUp(turn, method)
  const patch: Partial<SetupIntent> = {
    status: 'succeeded',
    payment_method: method.id,
    last_setup_error: null,
    next_action: null,
  }
  const done = change(turn, 'setup_intent', intent, patch, 'setup_intent.succeeded')
  keepForCustomer(turn, method.id, intent.customer)
  giveToSubscription(turn, done, method)
  return done
}

// A subscription that started without anything to pay waits for its card by way of a setup intent.
function giveToSubscription(turn: Turn, intent: SetupIntent, method: PaymentMethod): void {
  const candidates = turn.store.objects.select('subscription', { customer: intent.customer ?? '' })
  for (const subscription of candidates) {
    if (subscription.pending_setup_intent !== intent.id) continue
    const patch = { pending_setup_intent: null, default_payment_method: method.id }
    saveSubscription(turn, subscription, patch, 'customer.subscription.updated')
  }
}

function setupDeclined(turn: Turn, intent: SetupIntent, method: PaymentMethod): Failure {
  const decline = cardOf(turn, method).decline
  const error = {
    code: decline?.code ?? 'card_declined',
    decline_code: decline?.declineCode ?? 'generic_decline',
    message: decline?.message ?? 'Your card was declined.',
    payment_method: method,
    type: 'card_error',
  } as const
  const patch: Partial<SetupIntent> = {
    status: 'requires_payment_method',
    payment_method: null,
    next_action: null,
    last_setup_error: error,
  }
  const failed = change(turn, 'setup_intent', intent, patch, 'setup_intent.setup_failed')
  return new Failure(402, { ...error, setup_intent: failed }, true)
}
