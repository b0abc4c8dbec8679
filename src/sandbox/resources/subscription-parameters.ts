import {
  clearable,
  clearedOnly,
  decimal,
  either,
  fields,
  flag,
  ignored,
  integer,
  list,
  metadata,
  notSimulated,
  oneOf,
  type Parameters,
  text,
} from '../http/decode.ts'
import { customFields } from './customer-details.ts'
import { taxRateWishes } from './tax-rates.ts'

export const discountWishes = clearable(list(fields({ coupon: text, discount: text, promotion_code: text })))
const inlinePrice = fields({
  currency: text,
  product: text,
  recurring: fields({ interval: oneOf('day', 'week', 'month', 'year'), interval_count: integer }),
  tax_behavior: oneOf('exclusive', 'inclusive', 'unspecified'),
  unit_amount: integer,
  unit_amount_decimal: decimal,
})
export const itemFields = {
  billing_thresholds: clearable(fields({ usage_gte: integer })),
  clear_usage: flag,
  current_trial: notSimulated,
  deleted: flag,
  discounts: discountWishes,
  id: text,
  metadata,
  price: text,
  price_data: inlinePrice,
  quantity: integer,
  tax_rates: taxRateWishes,
}
const item = fields(itemFields)
/** Why a customer says that he cancels: the words of Stripe. */
export const cancellationFeedback = oneOf(
  'customer_service',
  'low_quality',
  'missing_features',
  'other',
  'switched_service',
  'too_complex',
  'too_expensive',
  'unused',
)
const cancellationDetails = fields({
  comment: clearable(text),
  feedback: clearable(cancellationFeedback),
  feedback_option: clearable(text),
})
const addedItem = fields({
  discounts: discountWishes,
  metadata,
  period: ignored,
  price: text,
  price_data: inlinePrice,
  quantity: integer,
  tax_rates: taxRateWishes,
})
const trialSettings = clearable(
  fields({
    end_behavior: fields({
      billing_cycle_anchor: oneOf('now', 'unchanged'),
      missing_payment_method: oneOf('cancel', 'create_invoice', 'pause'),
    }),
  }),
)
const common = {
  add_invoice_items: list(addedItem),
  application_fee_percent: clearedOnly,
  automatic_tax: fields({ enabled: flag, liability: ignored }),
  billing_thresholds: clearable(fields({ amount_gte: integer, reset_billing_cycle_anchor: flag })),
  cancel_at: clearable(either(integer, oneOf('min_period_end', 'max_period_end'))),
  cancel_at_period_end: flag,
  collection_method: oneOf('charge_automatically', 'send_invoice'),
  days_until_due: integer,
  default_payment_method: clearable(text),
  default_source: notSimulated,
  default_tax_rates: taxRateWishes,
  description: clearable(text),
  discounts: discountWishes,
  invoice_settings: fields({
    account_tax_ids: ignored,
    custom_fields: customFields,
    description: clearable(text),
    footer: clearable(text),
    issuer: ignored,
  }),
  items: list(item),
  metadata,
  off_session: flag,
  on_behalf_of: clearedOnly,
  payment_settings: fields({
    payment_method_options: ignored,
    payment_method_types: ignored,
    save_default_payment_method: oneOf('off', 'on_subscription'),
  }),
  pending_invoice_item_interval: clearable(
    fields({ interval: oneOf('day', 'week', 'month', 'year'), interval_count: integer }),
  ),
  proration_behavior: oneOf('always_invoice', 'create_prorations', 'none'),
  transfer_data: clearedOnly,
  trial_end: either(integer, oneOf('now')),
  trial_from_plan: flag,
  trial_settings: trialSettings,
}

export const subscriptionCreation = {
  ...common,
  backdate_start_date: integer,
  billing_cycle_anchor: integer,
  billing_cycle_anchor_config: fields({
    day_of_month: integer,
    hour: integer,
    minute: integer,
    month: integer,
    second: integer,
  }),
  billing_mode: fields({ flexible: ignored, type: oneOf('classic', 'flexible') }),
  currency: text,
  customer: text,
  // Something can only stay as it was until a payment where there is something already.
  payment_behavior: oneOf('allow_incomplete', 'default_incomplete', 'error_if_incomplete'),
  trial_period_days: integer,
}
export const subscriptionUpdate = {
  ...common,
  billing_cycle_anchor: either(fields({ type: oneOf('now', 'unchanged') }), oneOf('now', 'unchanged')),
  cancellation_details: cancellationDetails,
  pause_collection: clearable(
    fields({ behavior: oneOf('keep_as_draft', 'mark_uncollectible', 'void'), resumes_at: integer }),
  ),
  payment_behavior: oneOf('allow_incomplete', 'default_incomplete', 'error_if_incomplete', 'pending_if_incomplete'),
  proration_date: integer,
}
export const subscriptionCancellation = {
  cancellation_details: cancellationDetails,
  invoice_now: flag,
  prorate: flag,
}

export type Creation = Parameters<typeof subscriptionCreation>
export type Update = Parameters<typeof subscriptionUpdate>
export type Cancellation = Parameters<typeof subscriptionCancellation>
export type SentItem = NonNullable<Creation['items']>[number]
