import { change } from '../events/record.ts'
import { Failure } from '../http/failure.ts'
import type { Turn } from '../turn.ts'
import type { Charge, PaymentIntent, PaymentMethod } from '../wire.ts'
import { declineCalled } from './cards.ts'
import { charge } from './charges.ts'
import { openDispute } from './disputes.ts'
import { authenticationStep, isSetUp, markSetUp, needsAuthentication } from './intents.ts'
import { cardOf, keepForCustomer } from './payment-methods.ts'
import type { Decline } from './test-cards.ts'

export interface Manner {
  /** The buyer is not there: authentication cannot happen and counts as a decline. */
  readonly offSession: boolean
  readonly returnUrl: string | null
  /** The buyer has just authenticated. */
  readonly authenticated: boolean
  /** Made by Stripe Billing on its own: a bank that wants to see the buyer is waited for, and failures are retried. */
  readonly automatic?: boolean
  /** A bank that wants to see the buyer is waited for although he is not there. */
  readonly waits?: boolean
}

export type Outcome = 'paid' | 'requires_action' | 'declined'

export interface Attempt {
  readonly intent: PaymentIntent
  readonly outcome: Outcome
  readonly failure: Failure | null
}

const authenticationRequired: Decline = {
  code: 'authentication_required',
  declineCode: 'authentication_required',
  message: 'Your card was declined. This transaction requires authentication.',
}

/** One attempt to pay an intent with a method. What it means for an invoice is the caller's affair. */
export function attemptPayment(turn: Turn, intent: PaymentIntent, method: PaymentMethod, manner: Manner): Attempt {
  const card = cardOf(turn, method)
  const asks =
    !manner.authenticated && needsAuthentication(card.authentication, isSetUp(turn, method), manner.offSession)
  if (asks && (!manner.offSession || manner.automatic || manner.waits)) return askBuyer(turn, intent, method, manner)
  const planned = turn.nextDecline?.(intent.customer)
  const decline = asks ? authenticationRequired : planned === undefined ? card.decline : declineCalled(planned)
  const made = charge(turn, intent, method, decline)
  if (decline) return declineIntent(turn, intent, method, made, decline)
  return completeIntent(turn, intent, method, made)
}

function askBuyer(turn: Turn, intent: PaymentIntent, method: PaymentMethod, manner: Manner): Attempt {
  const patch: Partial<PaymentIntent> = {
    status: 'requires_action',
    payment_method: method.id,
    last_payment_error: null,
    next_action: authenticationStep(turn, intent.id, manner.returnUrl),
  }
  const asking = change(turn, 'payment_intent', intent, patch, 'payment_intent.requires_action')
  return { intent: asking, outcome: 'requires_action', failure: null }
}

function completeIntent(turn: Turn, intent: PaymentIntent, method: PaymentMethod, made: Charge): Attempt {
  const held = intent.capture_method === 'manual'
  const patch: Partial<PaymentIntent> = {
    status: held ? 'requires_capture' : 'succeeded',
    amount_received: held ? 0 : intent.amount,
    amount_capturable: held ? intent.amount : 0,
    last_payment_error: null,
    latest_charge: made.id,
    next_action: null,
    payment_method: method.id,
  }
  const type = held ? 'payment_intent.amount_capturable_updated' : 'payment_intent.succeeded'
  const paid = change(turn, 'payment_intent', intent, patch, type)
  if (intent.setup_future_usage !== null) {
    keepForCustomer(turn, method.id, intent.customer)
    markSetUp(turn, method)
  }
  openDispute(turn, made, method)
  return { intent: paid, outcome: 'paid', failure: null }
}

function declineIntent(
  turn: Turn,
  intent: PaymentIntent,
  method: PaymentMethod,
  made: Charge,
  decline: Decline,
): Attempt {
  const patch: Partial<PaymentIntent> = {
    status: 'requires_payment_method',
    last_payment_error: {
      advice_code: 'try_again_later',
      charge: made.id,
      code: decline.code,
      decline_code: decline.declineCode,
      doc_url: `https://stripe.com/docs/error-codes/${decline.code.replaceAll('_', '-')}`,
      message: decline.message,
      payment_method: method,
      type: 'card_error',
    },
    latest_charge: made.id,
    next_action: null,
    payment_method: null,
  }
  const failed = change(turn, 'payment_intent', intent, patch, 'payment_intent.payment_failed')
  return { intent: failed, outcome: 'declined', failure: declineFailure(failed, method, made, decline) }
}

/** The 402 of a decline. What it did (a failed charge, the intent's error) stays. */
function declineFailure(intent: PaymentIntent, method: PaymentMethod, made: Charge, decline: Decline): Failure {
  const body = {
    type: 'card_error',
    advice_code: 'try_again_later',
    charge: made.id,
    code: decline.code,
    decline_code: decline.declineCode,
    message: decline.message,
    payment_intent: intent,
    payment_method: method,
    ...(decline.networkCode ? { network_decline_code: decline.networkCode } : {}),
  } as const
  return new Failure(402, body, true)
}

/** The buyer failed or refused to authenticate: no charge was made. */
export function failAuthentication(turn: Turn, intent: PaymentIntent): PaymentIntent {
  const method = intent.payment_method && turn.store.objects.find('payment_method', intent.payment_method)
  const patch: Partial<PaymentIntent> = {
    status: 'requires_payment_method',
    last_payment_error: {
      code: 'payment_intent_authentication_failure',
      doc_url: 'https://stripe.com/docs/error-codes/payment-intent-authentication-failure',
      message:
        'We are unable to authenticate your payment method. Please choose a different payment method and try again.',
      type: 'invalid_request_error',
      ...(method ? { payment_method: method } : {}),
    },
    next_action: null,
    payment_method: null,
  }
  return change(turn, 'payment_intent', intent, patch, 'payment_intent.payment_failed')
}
