import { change, create } from '../events/record.ts'
import { freshId, randomLetters } from '../identifiers.ts'
import type { Turn } from '../turn.ts'
import type { PaymentIntent, PaymentMethod, SetupIntent } from '../wire.ts'
import { paymentTime } from './agenda.ts'

export interface IntentWish {
  readonly amount: number
  readonly currency: string
  readonly customer: string | null
  readonly paymentMethod: string | null
}

/** A payment intent before its first attempt. */
export function createIntent(turn: Turn, wish: IntentWish, extra: Partial<PaymentIntent> = {}): PaymentIntent {
  const id = freshId('pi')
  const intent: PaymentIntent = {
    ...blankIntent,
    id,
    amount: wish.amount,
    client_secret: `${id}_secret_${randomLetters(25)}`,
    created: paymentTime(turn, wish.customer),
    currency: wish.currency,
    customer: wish.customer,
    payment_method: wish.paymentMethod,
    status: wish.paymentMethod ? 'requires_confirmation' : 'requires_payment_method',
    ...extra,
  }
  return create(turn, 'payment_intent', intent, 'payment_intent.created')
}

const blankIntent = {
  object: 'payment_intent',
  allowed_payment_method_types: null,
  amount_capturable: 0,
  amount_details: { tip: {} },
  amount_received: 0,
  application: null,
  application_fee_amount: null,
  automatic_payment_methods: { allow_redirects: 'always', enabled: true },
  canceled_at: null,
  cancellation_reason: null,
  capture_method: 'automatic_async',
  confirmation_method: 'automatic',
  customer_account: null,
  description: null,
  excluded_payment_method_types: null,
  last_payment_error: null,
  latest_charge: null,
  livemode: false,
  managed_payments: { enabled: false },
  metadata: {},
  next_action: null,
  on_behalf_of: null,
  payment_method_configuration_details: null,
  payment_method_options: {
    card: { installments: null, mandate_options: null, network: null, request_three_d_secure: 'automatic' },
  },
  payment_method_types: ['card'],
  payment_record: null,
  processing: null,
  receipt_email: null,
  review: null,
  setup_future_usage: null,
  shipping: null,
  source: null,
  statement_descriptor: null,
  statement_descriptor_suffix: null,
  transfer_data: null,
  transfer_group: null,
} satisfies Partial<PaymentIntent>

/** Where the buyer is sent: a page of this simulator with Authorize and Fail. */
export function authenticationStep(turn: Turn, id: string, returnUrl: string | null) {
  const url = `${turn.baseUrl}/authenticate/${id}`
  if (returnUrl !== null) return { type: 'redirect_to_url', redirect_to_url: { return_url: returnUrl, url } }
  return {
    type: 'use_stripe_sdk',
    use_stripe_sdk: { type: 'three_d_secure_redirect', stripe_js: url, source: freshId('src') },
  }
}

export function cancelIntent(
  turn: Turn,
  intent: PaymentIntent,
  reason: PaymentIntent['cancellation_reason'],
): PaymentIntent {
  const patch: Partial<PaymentIntent> = {
    status: 'canceled',
    canceled_at: paymentTime(turn, intent.customer),
    cancellation_reason: reason,
    amount_capturable: 0,
    next_action: null,
  }
  return change(turn, 'payment_intent', intent, patch, 'payment_intent.canceled')
}

/** Whether the card's bank wants to see the buyer for this payment. */
export function needsAuthentication(authentication: string, setUp: boolean, offSession: boolean): boolean {
  if (authentication === 'always') return true
  if (authentication === 'unless_set_up') return !(setUp && offSession)
  return authentication === 'on_session' && !offSession
}

/** A method that was set up (authenticated for later use) may be charged off-session without asking again. */
export function markSetUp(turn: Turn, method: PaymentMethod): void {
  turn.store.vault.keep(`${method.id}:set_up`, 'true')
}
export const isSetUp = (turn: Turn, method: PaymentMethod) => turn.store.vault.read(`${method.id}:set_up`) === 'true'

export function createSetup(turn: Turn, customer: string | null, extra: Partial<SetupIntent> = {}): SetupIntent {
  const id = freshId('seti')
  const intent: SetupIntent = {
    id,
    object: 'setup_intent',
    allowed_payment_method_types: null,
    application: null,
    automatic_payment_methods: { allow_redirects: 'always', enabled: true },
    cancellation_reason: null,
    client_secret: `${id}_secret_${randomLetters(28)}`,
    created: turn.now(customer),
    customer,
    customer_account: null,
    description: null,
    excluded_payment_method_types: null,
    flow_directions: null,
    last_setup_error: null,
    latest_attempt: null,
    livemode: false,
    mandate: null,
    metadata: {},
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: { card: { mandate_options: null, network: null, request_three_d_secure: 'automatic' } },
    payment_method_types: ['card'],
    single_use_mandate: null,
    status: extra.payment_method ? 'requires_confirmation' : 'requires_payment_method',
    usage: 'off_session',
    ...extra,
  }
  return create(turn, 'setup_intent', intent, 'setup_intent.created')
}
