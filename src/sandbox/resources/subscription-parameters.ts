import {
  clearable,
  clearedOnly,
  either,
  fields,
  flag,
  ignored,
  integer,
  list,
  metadata,
  notSimulated,
  offOnly,
  oneOf,
  type Parameters,
  text,
} from '../http/decode.ts'

const item = fields({
  billing_thresholds: clearedOnly,
  clear_usage: notSimulated,
  current_trial: notSimulated,
  deleted: offOnly,
  discounts: clearedOnly,
  id: text,
  metadata,
  price: text,
  price_data: notSimulated,
  quantity: integer,
  tax_rates: clearedOnly,
})
const cancellationDetails = fields({
  comment: clearable(text),
  feedback: clearable(
    oneOf(
      'customer_service',
      'low_quality',
      'missing_features',
      'other',
      'switched_service',
      'too_complex',
      'too_expensive',
      'unused',
    ),
  ),
  feedback_option: clearable(text),
})
const common = {
  add_invoice_items: notSimulated,
  application_fee_percent: clearedOnly,
  automatic_tax: fields({ enabled: offOnly, liability: ignored }),
  billing_thresholds: clearedOnly,
  cancel_at: clearable(either(integer, oneOf('min_period_end', 'max_period_end'))),
  cancel_at_period_end: flag,
  collection_method: oneOf('charge_automatically', 'send_invoice'),
  days_until_due: integer,
  default_payment_method: clearable(text),
  default_source: notSimulated,
  default_tax_rates: clearedOnly,
  description: clearable(text),
  discounts: clearedOnly,
  invoice_settings: clearedOnly,
  items: list(item),
  metadata,
  off_session: flag,
  on_behalf_of: clearedOnly,
  payment_settings: fields({
    payment_method_options: ignored,
    payment_method_types: ignored,
    save_default_payment_method: oneOf('off', 'on_subscription'),
  }),
  pending_invoice_item_interval: clearedOnly,
  proration_behavior: oneOf('always_invoice', 'create_prorations', 'none'),
  transfer_data: clearedOnly,
  trial_end: notSimulated,
  trial_from_plan: offOnly,
  trial_settings: clearedOnly,
}

export const subscriptionCreation = {
  ...common,
  backdate_start_date: notSimulated,
  billing_cycle_anchor: notSimulated,
  billing_cycle_anchor_config: notSimulated,
  billing_mode: fields({ flexible: ignored, type: oneOf('classic', 'flexible') }),
  currency: text,
  customer: text,
  payment_behavior: oneOf('allow_incomplete', 'default_incomplete', 'error_if_incomplete', 'pending_if_incomplete'),
  trial_period_days: notSimulated,
}
export const subscriptionUpdate = {
  ...common,
  billing_cycle_anchor: notSimulated,
  cancellation_details: cancellationDetails,
  pause_collection: clearedOnly,
  payment_behavior: oneOf('allow_incomplete', 'default_incomplete', 'error_if_incomplete', 'pending_if_incomplete'),
  proration_date: integer,
}
export const subscriptionCancellation = {
  cancellation_details: cancellationDetails,
  invoice_now: flag,
  prorate: offOnly,
}

export type Creation = Parameters<typeof subscriptionCreation>
export type Update = Parameters<typeof subscriptionUpdate>
export type Cancellation = Parameters<typeof subscriptionCancellation>
export type SentItem = NonNullable<Creation['items']>[number]
