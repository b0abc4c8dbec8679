import { confirmIntent } from '../engine/confirmation.ts'
import { requireChargeable, requireCurrency } from '../engine/currency.ts'
import { startDebit } from '../engine/debits.ts'
import { createIntent } from '../engine/intents.ts'
import { usableMethod } from '../engine/payment-methods.ts'
import { change } from '../events/record.ts'
import {
  clearable,
  fields,
  flag,
  ignored,
  integer,
  list,
  metadata,
  methodOptions,
  need,
  notSimulated,
  oneOf,
  type Parameters,
  text,
} from '../http/decode.ts'
import { Failure, invalid } from '../http/failure.ts'
import { listing, paging } from '../http/listing.ts'
import { clientRoute, route } from '../http/route.ts'
import { search, searching } from '../http/search.ts'
import { referenced, retrieve, type Turn } from '../turn.ts'
import type { PaymentIntent, PaymentMethod } from '../wire.ts'
import { clientSecret, requireSecret } from './client-secret.ts'
import { mergeMetadata, sentOnly } from './patches.ts'
import {
  cancelPaymentIntent,
  capturePaymentIntent,
  intentCancellation,
  intentCapture,
  requireState,
} from './payment-intent-endings.ts'
import { methodData, methodOfData } from './payment-methods.ts'

const common = {
  allowed_payment_method_types: list(text),
  amount_details: ignored,
  application_fee_amount: notSimulated,
  automatic_payment_methods: fields({ allow_redirects: oneOf('always', 'never'), enabled: flag }),
  capture_method: oneOf('automatic', 'automatic_async', 'manual'),
  description: clearable(text),
  excluded_payment_method_types: list(text),
  metadata,
  payment_method: text,
  payment_method_data: methodData,
  payment_method_options: methodOptions,
  receipt_email: clearable(text),
  setup_future_usage: clearable(oneOf('off_session', 'on_session')),
  shipping: ignored,
  statement_descriptor: ignored,
  statement_descriptor_suffix: ignored,
}
const creation = {
  ...common,
  amount: integer,
  confirm: flag,
  confirmation_method: oneOf('automatic', 'manual'),
  currency: text,
  customer: text,
  error_on_requires_action: flag,
  off_session: flag,
  mandate_data: ignored,
  return_url: text,
  use_stripe_sdk: ignored,
}
const updating = { ...common, amount: integer, currency: text, customer: text }
const confirmation = {
  ...clientSecret,
  capture_method: oneOf('automatic', 'automatic_async', 'manual'),
  error_on_requires_action: flag,
  expected_payment_method_type: ignored,
  mandate_data: ignored,
  off_session: flag,
  payment_method: text,
  payment_method_data: methodData,
  payment_method_options: methodOptions,
  receipt_email: clearable(text),
  return_url: text,
  setup_future_usage: clearable(oneOf('off_session', 'on_session')),
  shipping: ignored,
  use_stripe_sdk: ignored,
}
const path = '/v1/payment_intents'

export const paymentIntentRoutes = [
  route('POST', path, fields(creation), createPaymentIntent),
  route('GET', path, fields({ ...paging, customer: text }), (turn, sent) =>
    listing(turn, 'payment_intent', path, sent, { where: { customer: sent.customer } }),
  ),
  route('GET', `${path}/search`, searching, (turn, sent) =>
    search(turn, 'payment_intent', sent, `${path}/search`, ['amount', 'created', 'currency', 'customer', 'status']),
  ),
  clientRoute('GET', `${path}/:id`, fields(clientSecret), (turn, sent, id) =>
    requireSecret(retrieve(turn, 'payment_intent', id, 'intent'), sent),
  ),
  route('POST', `${path}/:id`, fields(updating), updatePaymentIntent),
  clientRoute('POST', `${path}/:id/confirm`, fields(confirmation), confirmPaymentIntent),
  route('POST', `${path}/:id/cancel`, fields(intentCancellation), cancelPaymentIntent),
  route('POST', `${path}/:id/capture`, fields(intentCapture), capturePaymentIntent),
]

function createPaymentIntent(turn: Turn, sent: Parameters<typeof creation>): PaymentIntent {
  const amount = need(sent.amount, 'amount')
  const currency = requireCurrency(need(sent.currency, 'currency'))
  requireChargeable(amount, currency)
  const customer = sent.customer === undefined ? null : referenced(turn, 'customer', sent.customer, 'customer').id
  const method = methodOf(turn, sent, customer)
  const wish = { amount, currency, customer, paymentMethod: method?.id ?? null }
  const intent = createIntent(turn, wish, { ...patchOf(sent), metadata: mergeMetadata({}, sent.metadata) })
  if (sent.confirm !== true) return intent
  return confirm(turn, intent, method, sent)
}

interface MethodWish {
  readonly payment_method?: string | undefined
  readonly payment_method_data?: Parameters<typeof creation>['payment_method_data']
}

function methodOf(turn: Turn, sent: MethodWish, customer: string | null): PaymentMethod | null {
  if (sent.payment_method_data) return methodOfData(turn, sent.payment_method_data)
  return sent.payment_method === undefined ? null : usableMethod(turn, sent.payment_method, customer)
}

function patchOf(sent: Parameters<typeof common>): Partial<PaymentIntent> {
  const { capture_method, description, receipt_email, setup_future_usage } = sent
  const automatic = sent.automatic_payment_methods
  return {
    ...sentOnly({ capture_method, description, receipt_email, setup_future_usage }),
    ...(automatic
      ? { automatic_payment_methods: { allow_redirects: 'always', enabled: true, ...sentOnly(automatic) } }
      : {}),
  }
}

interface ConfirmWish {
  readonly off_session?: boolean | undefined
  readonly return_url?: string | undefined
  readonly error_on_requires_action?: boolean | undefined
}

function confirm(turn: Turn, intent: PaymentIntent, method: PaymentMethod | null, wish: ConfirmWish): PaymentIntent {
  const chosen = method ?? (intent.payment_method && turn.store.objects.find('payment_method', intent.payment_method))
  if (!chosen) throw withoutMethod()
  if (chosen.type === 'sepa_debit') return startDebit(turn, intent, chosen)
  const manner = {
    offSession: wish.off_session === true,
    returnUrl: wish.return_url ?? null,
    authenticated: false,
  }
  const attempt = confirmIntent(turn, intent, chosen, manner)
  if (attempt.failure) throw attempt.failure
  if (attempt.outcome === 'requires_action' && wish.error_on_requires_action === true)
    throw actionRefused(attempt.intent)
  return attempt.intent
}

const withoutMethod = () =>
  invalid(
    "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method or ConfirmationToken.",
    undefined,
    'payment_intent_unexpected_state',
  )

const actionRefused = (intent: PaymentIntent) =>
  new Failure(402, {
    type: 'card_error',
    code: 'authentication_required',
    decline_code: 'authentication_not_handled',
    message: 'This payment required an authentication action to complete, but `error_on_requires_action` was set.',
    payment_intent: intent,
  })

function confirmPaymentIntent(turn: Turn, sent: Parameters<typeof confirmation>, id: string): PaymentIntent {
  const intent = requireSecret(retrieve(turn, 'payment_intent', id, 'intent'), sent)
  requireState(intent, 'confirm', ['requires_payment_method', 'requires_confirmation', 'requires_action'])
  const method = methodOf(turn, sent, intent.customer)
  const { capture_method, receipt_email, setup_future_usage } = sent
  const patch = sentOnly({ capture_method, receipt_email, setup_future_usage })
  return confirm(turn, change(turn, 'payment_intent', intent, patch), method, sent)
}

function updatePaymentIntent(turn: Turn, sent: Parameters<typeof updating>, id: string): PaymentIntent {
  const before = retrieve(turn, 'payment_intent', id, 'intent')
  const amount = sent.amount ?? before.amount
  const currency = sent.currency?.toLowerCase() ?? before.currency
  if (sent.amount !== undefined || sent.currency !== undefined) {
    requireState(before, 'update', ['requires_payment_method', 'requires_confirmation', 'requires_action'])
    requireChargeable(amount, currency)
  }
  const customer =
    sent.customer === undefined ? before.customer : referenced(turn, 'customer', sent.customer, 'customer').id
  const method = methodOf(turn, sent, customer)
  const patch: Partial<PaymentIntent> = {
    ...patchOf(sent),
    ...(method ? { payment_method: method.id, status: 'requires_confirmation' } : {}),
    amount,
    currency,
    customer,
    metadata: mergeMetadata(before.metadata, sent.metadata),
  }
  // Stripe has no payment_intent.updated: a change of fields is not announced.
  return change(turn, 'payment_intent', before, patch)
}
