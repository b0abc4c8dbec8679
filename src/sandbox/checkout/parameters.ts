import {
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
import { taxRateWishes } from '../resources/tax-rates.ts'

const priceData = fields({
  currency: text,
  product: text,
  product_data: fields({
    description: ignored,
    images: ignored,
    metadata,
    name: text,
    tax_code: ignored,
    unit_label: text,
  }),
  recurring: fields({ interval: oneOf('day', 'week', 'month', 'year'), interval_count: integer }),
  tax_behavior: ignored,
  unit_amount: integer,
  unit_amount_decimal: text,
})
const lineItem = fields({
  adjustable_quantity: fields({ enabled: flag, maximum: integer, minimum: integer }),
  dynamic_tax_rates: notSimulated,
  metadata: ignored,
  price: text,
  price_data: priceData,
  quantity: integer,
  tax_rates: taxRateWishes,
})
const discount = fields({ coupon: text, promotion_code: text })
/** Checked by the call they are handed on to. */
const subscriptionData = fields({
  billing_cycle_anchor: integer,
  billing_mode: ignored,
  default_tax_rates: taxRateWishes,
  description: text,
  invoice_settings: ignored,
  metadata: ignored,
  proration_behavior: oneOf('create_prorations', 'none'),
  trial_end: integer,
  trial_period_days: integer,
  trial_settings: ignored,
})
const paymentData = fields({
  capture_method: text,
  description: text,
  metadata: ignored,
  receipt_email: text,
  setup_future_usage: text,
  shipping: ignored,
  statement_descriptor: ignored,
  statement_descriptor_suffix: ignored,
})

/** What a session and a payment link are made with alike. */
export const purchase = {
  after_expiration: ignored,
  allow_promotion_codes: flag,
  allowed_payment_method_types: list(text),
  automatic_tax: fields({ enabled: flag, liability: ignored }),
  billing_address_collection: oneOf('auto', 'required'),
  consent_collection: ignored,
  currency: text,
  custom_fields: ignored,
  custom_text: ignored,
  customer_creation: oneOf('always', 'if_required'),
  invoice_creation: fields({ enabled: offOnly, invoice_data: ignored }),
  line_items: list(lineItem),
  metadata,
  payment_intent_data: paymentData,
  payment_method_collection: oneOf('always', 'if_required'),
  payment_method_options: ignored,
  payment_method_types: list(text),
  phone_number_collection: ignored,
  submit_type: oneOf('auto', 'book', 'donate', 'pay', 'subscribe'),
  subscription_data: subscriptionData,
  tax_id_collection: ignored,
}
export const sessionCreation = {
  ...purchase,
  adaptive_pricing: ignored,
  branding_settings: ignored,
  cancel_url: text,
  client_reference_id: text,
  customer: text,
  customer_email: text,
  customer_update: ignored,
  discounts: list(discount),
  excluded_payment_method_types: ignored,
  expires_at: integer,
  locale: text,
  managed_payments: ignored,
  mode: oneOf('payment', 'setup', 'subscription'),
  origin_context: ignored,
  payment_method_data: ignored,
  payment_method_configuration: ignored,
  redirect_on_completion: oneOf('always', 'if_required', 'never'),
  return_url: text,
  saved_payment_method_options: ignored,
  setup_intent_data: fields({ description: text, metadata: ignored }),
  success_url: text,
  // The last two are what callers of before dahlia say.
  ui_mode: oneOf('hosted_page', 'embedded_page', 'elements', 'form', 'hosted', 'embedded', 'custom'),
  wallet_options: ignored,
}
export const sessionUpdate = { collected_information: ignored, metadata, shipping_options: ignored }

export type SessionCreation = Parameters<typeof sessionCreation>
export type SentLine = NonNullable<SessionCreation['line_items']>[number]
