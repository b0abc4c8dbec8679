import { intervalOf, stepsFromAnchor } from '../engine/periods.ts'
import { need } from '../http/decode.ts'
import { invalid } from '../http/failure.ts'
import { listOf } from '../http/listing.ts'
import { freshId } from '../identifiers.ts'
import { referenced, type Turn } from '../turn.ts'
import type { Customer, Price, Subscription, SubscriptionItem } from '../wire.ts'
import { mergeMetadata } from './patches.ts'
import { planOf } from './plans.ts'
import type { Creation, SentItem } from './subscription-parameters.ts'

/** A subscription as it would be, checked and not yet billed. */
export function draftSubscription(turn: Turn, sent: Creation, customer: Customer): Subscription {
  const now = turn.now(customer.id)
  const id = freshId('sub')
  const wanted = need(sent.items, 'items')
  if (wanted.length === 0) throw invalid('Missing required param: items.', 'items', 'parameter_missing')
  if (wanted.length > 20) throw invalid('A subscription can have up to 20 items.', 'items')
  const items = wanted.map((item, index) => draftItem(turn, item, `items[${index}]`, id, now))
  const currency = commonCurrency(items, sent.currency, customer)
  return {
    ...blankSubscription,
    id,
    billing_cycle_anchor: now,
    billing_mode: billingMode(sent, now),
    collection_method: sent.collection_method ?? 'charge_automatically',
    created: now,
    currency,
    customer: customer.id,
    days_until_due: daysUntilDue(sent),
    description: sent.description ?? null,
    items: listOf(items, `/v1/subscription_items?subscription=${id}`),
    metadata: mergeMetadata({}, sent.metadata),
    payment_settings: {
      payment_method_options: null,
      payment_method_types: null,
      save_default_payment_method: sent.payment_settings?.save_default_payment_method ?? 'off',
    },
    start_date: now,
    status: 'incomplete',
  }
}

function draftItem(turn: Turn, sent: SentItem, name: string, subscription: string, now: number): SubscriptionItem {
  const price = referenced(turn, 'price', need(sent.price, `${name}[price]`), `${name}[price]`)
  requireRecurring(price, name)
  const metered = price.recurring?.usage_type === 'metered'
  if (metered && sent.quantity !== undefined) {
    throw invalid('You cannot set the quantity of a metered price.', `${name}[quantity]`)
  }
  const quantity = sent.quantity ?? 1
  if (quantity < 0) throw invalid('This value must be greater than or equal to 0.', `${name}[quantity]`)
  return {
    id: freshId('si'),
    object: 'subscription_item',
    billing_thresholds: null,
    created: now,
    current_period_end: stepsFromAnchor(now, intervalOf(price), 1),
    current_period_start: now,
    current_trial: null,
    discounts: [],
    metadata: mergeMetadata({}, sent.metadata),
    plan: planOf(price),
    price,
    subscription,
    tax_rates: [],
    ...(metered ? {} : { quantity }),
  }
}

export function requireRecurring(price: Price, name: string): void {
  if (!price.recurring) {
    throw invalid(
      'The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.',
      `${name}[price]`,
    )
  }
  if (!price.active) {
    throw invalid('The price specified is inactive. This field only accepts active prices.', `${name}[price]`)
  }
}

function commonCurrency(items: readonly SubscriptionItem[], sent: string | undefined, customer: Customer): string {
  const currencies = new Set(items.map((item) => item.price.currency))
  const [currency] = currencies
  if (currency === undefined || currencies.size > 1) {
    throw invalid('All prices on a subscription must be in the same currency.', 'items')
  }
  if (sent !== undefined && sent.toLowerCase() !== currency) {
    throw invalid(`The currency of the prices is ${currency}, not ${sent}.`, 'currency')
  }
  if (customer.currency && customer.currency !== currency) {
    throw invalid(
      `You cannot combine currencies on a single customer. This customer has had a subscription, coupon, or invoice item with currency ${customer.currency}.`,
      'customer',
    )
  }
  return currency
}

function billingMode(sent: Creation, now: number): Subscription['billing_mode'] {
  if (sent.billing_mode?.type === 'classic') return { type: 'classic', flexible: null }
  return { type: 'flexible', flexible: { proration_discounts: 'included' }, updated_at: now }
}

function daysUntilDue(sent: Creation): number | null {
  if (sent.collection_method !== 'send_invoice') return null
  return need(sent.days_until_due, 'days_until_due')
}

const blankSubscription = {
  object: 'subscription',
  application: null,
  application_fee_percent: null,
  automatic_tax: { disabled_reason: null, enabled: false, liability: null },
  billing_cycle_anchor_config: null,
  billing_schedules: [],
  billing_thresholds: null,
  cancel_at: null,
  cancel_at_period_end: false,
  canceled_at: null,
  cancellation_details: { comment: null, feedback: null, feedback_option: null, reason: null },
  customer_account: null,
  default_payment_method: null,
  default_source: null,
  default_tax_rates: [],
  discounts: [],
  ended_at: null,
  invoice_settings: {
    account_tax_ids: null,
    custom_fields: null,
    description: null,
    footer: null,
    issuer: { type: 'self' },
  },
  latest_invoice: null,
  livemode: false,
  managed_payments: { enabled: false },
  next_pending_invoice_item_invoice: null,
  on_behalf_of: null,
  pause_collection: null,
  pending_invoice_item_interval: null,
  pending_setup_intent: null,
  pending_update: null,
  schedule: null,
  test_clock: null,
  transfer_data: null,
  trial_end: null,
  trial_settings: { end_behavior: { billing_cycle_anchor: null, missing_payment_method: 'create_invoice' } },
  trial_start: null,
} satisfies Partial<Subscription>
