import { confirmSetup } from '../engine/confirmation.ts'
import { createSetup } from '../engine/intents.ts'
import { usableMethod } from '../engine/payment-methods.ts'
import { change } from '../events/record.ts'
import {
  clearable,
  fields,
  flag,
  ignored,
  list,
  metadata,
  methodOptions,
  notSimulated,
  oneOf,
  type Parameters,
  text,
} from '../http/decode.ts'
import { Failure, invalid } from '../http/failure.ts'
import { listing, paging } from '../http/listing.ts'
import { clientRoute, route } from '../http/route.ts'
import { referenced, retrieve, type Turn } from '../turn.ts'
import type { PaymentMethod, SetupIntent } from '../wire.ts'
import { clientSecret, requireSecret } from './client-secret.ts'
import { mergeMetadata, sentOnly } from './patches.ts'
import { methodData, methodOfData } from './payment-methods.ts'

const common = {
  allowed_payment_method_types: list(text),
  attach_to_self: notSimulated,
  customer: text,
  description: clearable(text),
  excluded_payment_method_types: list(text),
  flow_directions: ignored,
  metadata,
  payment_method: text,
  payment_method_data: methodData,
  payment_method_options: methodOptions,
}
const creation = {
  ...common,
  automatic_payment_methods: fields({ allow_redirects: oneOf('always', 'never'), enabled: flag }),
  confirm: flag,
  mandate_data: ignored,
  return_url: text,
  usage: oneOf('off_session', 'on_session'),
  use_stripe_sdk: ignored,
}
const confirmation = {
  ...clientSecret,
  expected_payment_method_type: ignored,
  mandate_data: ignored,
  payment_method: text,
  payment_method_data: methodData,
  payment_method_options: methodOptions,
  return_url: text,
  use_stripe_sdk: ignored,
}
const cancellation = { cancellation_reason: oneOf('abandoned', 'duplicate', 'requested_by_customer') }
const path = '/v1/setup_intents'

export const setupIntentRoutes = [
  route('POST', path, fields(creation), createSetupIntent),
  route('GET', path, fields({ ...paging, customer: text, payment_method: text }), (turn, sent) =>
    listing(turn, 'setup_intent', path, sent, {
      where: { customer: sent.customer },
      accept: (intent) => sent.payment_method === undefined || intent.payment_method === sent.payment_method,
    }),
  ),
  clientRoute('GET', `${path}/:id`, fields(clientSecret), (turn, sent, id) =>
    requireSecret(retrieve(turn, 'setup_intent', id, 'intent'), sent),
  ),
  route('POST', `${path}/:id`, fields(common), updateSetupIntent),
  clientRoute('POST', `${path}/:id/confirm`, fields(confirmation), confirmSetupIntent),
  route('POST', `${path}/:id/cancel`, fields(cancellation), cancelSetupIntent),
]

function createSetupIntent(turn: Turn, sent: Parameters<typeof creation>): SetupIntent {
  const customer = sent.customer === undefined ? null : referenced(turn, 'customer', sent.customer, 'customer').id
  const method = methodOf(turn, sent, customer)
  const intent = createSetup(turn, customer, {
    ...sentOnly({ description: sent.description, usage: sent.usage }),
    ...(method ? { payment_method: method.id } : {}),
    ...(sent.automatic_payment_methods
      ? {
          automatic_payment_methods: {
            allow_redirects: 'always',
            enabled: true,
            ...sentOnly(sent.automatic_payment_methods),
          },
        }
      : {}),
    metadata: mergeMetadata({}, sent.metadata),
  })
  if (sent.confirm !== true) return intent
  return confirm(turn, intent, method, sent.return_url)
}

function methodOf(
  turn: Turn,
  sent: Pick<Parameters<typeof confirmation>, 'payment_method' | 'payment_method_data'>,
  customer: string | null,
): PaymentMethod | null {
  if (sent.payment_method_data) return methodOfData(turn, sent.payment_method_data)
  return sent.payment_method === undefined ? null : usableMethod(turn, sent.payment_method, customer)
}

function confirm(turn: Turn, intent: SetupIntent, method: PaymentMethod | null, returnUrl: string | undefined) {
  const chosen = method ?? (intent.payment_method && turn.store.objects.find('payment_method', intent.payment_method))
  if (!chosen) {
    throw invalid(
      "You cannot confirm this SetupIntent because it's missing a payment method. Update the SetupIntent with a payment method and then confirm it again.",
      undefined,
      'setup_intent_unexpected_state',
    )
  }
  return confirmSetup(turn, intent, chosen, returnUrl ?? null)
}

function confirmSetupIntent(turn: Turn, sent: Parameters<typeof confirmation>, id: string): SetupIntent {
  const intent = requireSecret(retrieve(turn, 'setup_intent', id, 'intent'), sent)
  requireOpen(intent, 'confirm')
  return confirm(turn, intent, methodOf(turn, sent, intent.customer), sent.return_url)
}

function requireOpen(intent: SetupIntent, verb: string): void {
  if (intent.status !== 'succeeded' && intent.status !== 'canceled') return
  throw new Failure(400, {
    type: 'invalid_request_error',
    code: 'setup_intent_unexpected_state',
    message: `You cannot ${verb} this SetupIntent because it has a status of ${intent.status}.`,
    setup_intent: intent,
  })
}

function updateSetupIntent(turn: Turn, sent: Parameters<typeof common>, id: string): SetupIntent {
  const before = retrieve(turn, 'setup_intent', id, 'intent')
  const customer =
    sent.customer === undefined ? before.customer : referenced(turn, 'customer', sent.customer, 'customer').id
  const method = methodOf(turn, sent, customer)
  const patch: Partial<SetupIntent> = {
    ...sentOnly({ description: sent.description }),
    ...(method ? { payment_method: method.id, status: 'requires_confirmation' } : {}),
    customer,
    metadata: mergeMetadata(before.metadata, sent.metadata),
  }
  return change(turn, 'setup_intent', before, patch)
}

function cancelSetupIntent(turn: Turn, sent: Parameters<typeof cancellation>, id: string): SetupIntent {
  const intent = retrieve(turn, 'setup_intent', id, 'intent')
  requireOpen(intent, 'cancel')
  const patch: Partial<SetupIntent> = {
    status: 'canceled',
    cancellation_reason: sent.cancellation_reason ?? null,
    next_action: null,
  }
  return change(turn, 'setup_intent', intent, patch, 'setup_intent.canceled')
}
