import { clearable, fields, flag, ignored, list, metadata, oneOf, type Parameters, text } from '../http/decode.ts'
import { sentOnly } from '../resources/patches.ts'
import { cancellationFeedback } from '../resources/subscription-parameters.ts'
import type { PortalConfiguration } from '../surface-kinds.ts'
import { referenced, type Turn } from '../turn.ts'

type Features = PortalConfiguration['features']

const proration = oneOf('always_invoice', 'create_prorations', 'none')
const product = fields({ adjustable_quantity: ignored, prices: list(text), product: text })
const features = fields({
  customer_update: fields({
    allowed_updates: clearable(list(oneOf('address', 'email', 'name', 'phone', 'shipping', 'tax_id'))),
    enabled: flag,
  }),
  invoice_history: fields({ enabled: flag }),
  payment_method_update: fields({ enabled: flag, payment_method_configuration: ignored }),
  subscription_cancel: fields({
    cancellation_reason: fields({
      enabled: flag,
      feedback_options: ignored,
      options: clearable(list(cancellationFeedback)),
    }),
    enabled: flag,
    mode: oneOf('at_period_end', 'immediately'),
    proration_behavior: proration,
  }),
  subscription_pause: ignored,
  subscription_update: fields({
    billing_cycle_anchor: oneOf('now', 'unchanged'),
    default_allowed_updates: clearable(list(oneOf('price', 'promotion_code', 'quantity'))),
    enabled: flag,
    products: clearable(list(product)),
    proration_behavior: proration,
    schedule_at_period_end: fields({
      conditions: clearable(list(fields({ type: oneOf('decreasing_item_amount', 'shortening_interval') }))),
    }),
    trial_update_behavior: oneOf('continue_trial', 'end_trial'),
  }),
})
export const configurationParameters = {
  business_profile: fields({
    headline: clearable(text),
    privacy_policy_url: clearable(text),
    terms_of_service_url: clearable(text),
  }),
  default_return_url: clearable(text),
  features,
  login_page: fields({ enabled: flag }),
  metadata,
  name: clearable(text),
}
export type SentConfiguration = Parameters<typeof configurationParameters>
type SentFeatures = SentConfiguration['features']

/** What customers may do in the portal: what was sent over what was so before. */
export function featuresOf(turn: Turn, sent: SentFeatures, before: Features = blankFeatures): Features {
  const { customer_update: customer, subscription_cancel: cancel, subscription_update: update } = sent ?? {}
  const reason = cancel?.cancellation_reason
  return {
    ...before,
    customer_update: {
      ...before.customer_update,
      ...sentOnly({ enabled: customer?.enabled }),
      ...(customer?.allowed_updates === undefined ? {} : { allowed_updates: customer.allowed_updates ?? [] }),
    },
    invoice_history: { ...before.invoice_history, ...sentOnly(sent?.invoice_history ?? {}) },
    payment_method_update: {
      ...before.payment_method_update,
      ...sentOnly({ enabled: sent?.payment_method_update?.enabled }),
    },
    subscription_cancel: {
      ...before.subscription_cancel,
      ...sentOnly({ enabled: cancel?.enabled, mode: cancel?.mode, proration_behavior: cancel?.proration_behavior }),
      cancellation_reason: {
        ...before.subscription_cancel.cancellation_reason,
        ...sentOnly({ enabled: reason?.enabled }),
        ...(reason?.options === undefined ? {} : { options: reason.options ?? [] }),
      },
    },
    subscription_update: { ...before.subscription_update, ...updateOf(turn, update) },
  }
}

function updateOf(
  turn: Turn,
  sent: NonNullable<SentFeatures>['subscription_update'],
): Partial<Features['subscription_update']> {
  if (!sent) return {}
  const { billing_cycle_anchor, enabled, proration_behavior, trial_update_behavior } = sent
  return {
    ...sentOnly({ billing_cycle_anchor, enabled, proration_behavior, trial_update_behavior }),
    ...(sent.default_allowed_updates === undefined
      ? {}
      : { default_allowed_updates: sent.default_allowed_updates ?? [] }),
    ...(sent.products === undefined ? {} : { products: (sent.products ?? []).map((one) => productOf(turn, one)) }),
    ...(sent.schedule_at_period_end === undefined
      ? {}
      : { schedule_at_period_end: { conditions: conditionsOf(sent.schedule_at_period_end.conditions) } }),
  }
}

type SentProduct = Parameters<{ product: typeof product }>['product']
type Condition = Features['subscription_update']['schedule_at_period_end']['conditions'][number]

function productOf(turn: Turn, sent: NonNullable<SentProduct>) {
  const where = 'features[subscription_update][products]'
  const id = referenced(turn, 'product', sent.product ?? '', where).id
  const prices = (sent.prices ?? []).map((price) => referenced(turn, 'price', price, where).id)
  return { adjustable_quantity: { enabled: false, maximum: null, minimum: 1 }, prices, product: id }
}

const conditionsOf = (sent: readonly { readonly type?: string | undefined }[] | null | undefined): Condition[] =>
  (sent ?? []).flatMap(({ type }) =>
    type === 'decreasing_item_amount' || type === 'shortening_interval' ? [{ type }] : [],
  )

const blankFeatures: Features = {
  customer_update: { allowed_updates: [], enabled: false },
  invoice_history: { enabled: false },
  payment_method_update: { enabled: false, payment_method_configuration: null },
  subscription_cancel: {
    cancellation_reason: {
      enabled: false,
      feedback_options: null,
      options: ['too_expensive', 'missing_features', 'switched_service', 'unused', 'other'],
    },
    enabled: false,
    mode: 'at_period_end',
    proration_behavior: 'none',
  },
  subscription_pause: { duration: { interval_options: [], type: 'indefinite' }, enabled: false },
  subscription_update: {
    billing_cycle_anchor: null,
    default_allowed_updates: [],
    enabled: false,
    products: null,
    proration_behavior: 'none',
    schedule_at_period_end: { conditions: [] },
    trial_update_behavior: 'end_trial',
  },
}
