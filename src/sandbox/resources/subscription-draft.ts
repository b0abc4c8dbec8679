import { nextPending } from '../engine/pending-invoicing.ts'
import { unbilled } from '../engine/pending-items.ts'
import { redeem } from '../engine/redemption.ts'
import { terminal } from '../engine/subscription-end.ts'
import { requireLocation } from '../engine/tax.ts'
import { need } from '../http/decode.ts'
import { invalid } from '../http/failure.ts'
import { listOf } from '../http/listing.ts'
import { freshId } from '../identifiers.ts'
import type { Turn } from '../turn.ts'
import type { Customer, Subscription, SubscriptionItem } from '../wire.ts'
import { startOf } from './backdating.ts'
import { mergeMetadata, sentOnly } from './patches.ts'
import { draftItem, requireOneInterval } from './subscription-items.ts'
import type { Creation } from './subscription-parameters.ts'
import { licensedAmount, thresholdsOf } from './subscription-thresholds.ts'
import { timesOf } from './subscription-times.ts'
import { namedRates } from './tax-rates.ts'

/** A subscription as it would be, checked and not yet billed. */
export function draftSubscription(turn: Turn, sent: Creation, customer: Customer): Subscription {
  const now = turn.now(customer.id)
  const id = freshId('sub')
  const wanted = need(sent.items, 'items')
  if (wanted.length === 0) throw invalid('Missing required param: items.', 'items', 'parameter_missing')
  if (wanted.length > 20) throw invalid('A subscription can have up to 20 items.', 'items')
  const times = timesOf(sent, now, trialDays(turn, sent))
  const wish = sent.currency?.toLowerCase() ?? customer.currency ?? null
  const place = { customer, subscription: id, created: now, currency: wish, periodOf: times.firstPeriod }
  const items = wanted.map((item, index) => draftItem(turn, item, `items[${index}]`, place))
  if (sent.billing_mode?.type === 'classic') requireOneInterval(items)
  const currency = commonCurrency(turn, items, sent.currency, customer)
  const target = { customer, subscription: id, amount: licensedAmount(items) }
  return {
    ...blankSubscription,
    id,
    automatic_tax: taxSettings(sent, customer),
    billing_cycle_anchor: times.anchor,
    billing_cycle_anchor_config: anchorConfig(sent),
    billing_mode: billingMode(sent, now),
    billing_thresholds: thresholdsOf(sent, items),
    collection_method: sent.collection_method ?? 'charge_automatically',
    created: now,
    currency,
    customer: customer.id,
    days_until_due: daysUntilDue(sent),
    default_tax_rates: namedRates(turn, sent.default_tax_rates ?? null, 'default_tax_rates'),
    description: sent.description ?? null,
    discounts: redeem(turn, sent.discounts ?? [], target),
    invoice_settings: invoiceSettings(blankSubscription.invoice_settings, sent),
    items: listOf(items, `/v1/subscription_items?subscription=${id}`),
    metadata: mergeMetadata({}, sent.metadata),
    payment_settings: {
      payment_method_options: null,
      payment_method_types: null,
      save_default_payment_method: sent.payment_settings?.save_default_payment_method ?? 'off',
    },
    start_date: startOf(sent.backdate_start_date, now),
    ...pendingInterval(sent, now),
    status: times.trialEnd === null ? 'incomplete' : 'trialing',
    test_clock: customer.test_clock ?? null,
    trial_end: times.trialEnd,
    trial_settings: trialSettings(sent.trial_settings),
    trial_start: times.trialEnd === null ? null : now,
  }
}

/** What the invoices of a subscription show. */
export function invoiceSettings(
  before: Subscription['invoice_settings'],
  { invoice_settings: sent }: Pick<Creation, 'invoice_settings'>,
): Subscription['invoice_settings'] {
  const { custom_fields, description, footer } = sent ?? {}
  return { ...before, ...sentOnly({ custom_fields, description, footer }) }
}

export function taxSettings(
  sent: Pick<Creation, 'automatic_tax' | 'default_tax_rates' | 'items'>,
  customer: Customer,
): Subscription['automatic_tax'] {
  const { automatic_tax, default_tax_rates: rates = [], items = [] } = sent
  const hasRates = [rates, ...items.map(({ tax_rates: own }) => own)].some((each) => each && each.length > 0)
  const enabled = automatic_tax?.enabled === true
  if (enabled && hasRates) throw invalid('You cannot set tax rates where automatic tax is enabled.', 'automatic_tax')
  requireLocation(customer, enabled)
  return { disabled_reason: null, enabled, liability: enabled ? { type: 'self' } : null }
}

function trialDays(turn: Turn, sent: Creation): number | null {
  const days = (sent.items ?? []).map(
    ({ price }) => turn.store.objects.find('price', price ?? '')?.recurring?.trial_period_days ?? 0,
  )
  return Math.max(0, ...days) || null
}

function anchorConfig({ billing_cycle_anchor_config: config }: Creation): Subscription['billing_cycle_anchor_config'] {
  if (!config) return null
  return {
    day_of_month: need(config.day_of_month, 'billing_cycle_anchor_config[day_of_month]'),
    hour: config.hour ?? null,
    minute: config.minute ?? null,
    month: config.month ?? null,
    second: config.second ?? null,
  }
}

export function trialSettings(sent: Creation['trial_settings']): Subscription['trial_settings'] {
  const behavior = sent?.end_behavior
  return {
    end_behavior: {
      billing_cycle_anchor: behavior?.billing_cycle_anchor ?? null,
      missing_payment_method: behavior?.missing_payment_method ?? 'create_invoice',
    },
  }
}

/** How often pending items are invoiced between renewals. */
export function pendingInterval(
  { pending_invoice_item_interval: sent }: Pick<Creation, 'pending_invoice_item_interval'>,
  now: number,
): Partial<Subscription> {
  if (sent === undefined) return {}
  const pending_invoice_item_interval = sent && {
    interval: need(sent.interval, 'pending_invoice_item_interval[interval]'),
    interval_count: sent.interval_count ?? 1,
  }
  return {
    pending_invoice_item_interval,
    next_pending_invoice_item_invoice: nextPending(pending_invoice_item_interval, now),
  }
}

function commonCurrency(
  turn: Turn,
  items: readonly SubscriptionItem[],
  sent: string | undefined,
  customer: Customer,
): string {
  const currencies = new Set(items.map((item) => item.price.currency))
  const [currency] = currencies
  if (currency === undefined || currencies.size > 1) {
    throw invalid('All prices on a subscription must be in the same currency.', 'items')
  }
  if (sent !== undefined && sent.toLowerCase() !== currency) {
    throw invalid(
      `The price specified only supports \`${currency}\`. This doesn't match the expected currency: \`${sent.toLowerCase()}\`.`,
      'currency',
    )
  }
  if (customer.currency && customer.currency !== currency && isBound(turn, customer)) {
    throw invalid(
      `You cannot combine currencies on a single customer. This customer has an active subscription, subscription schedule, discount, quote, or invoice item with currency ${customer.currency}.`,
      'customer',
    )
  }
  return currency
}

/** Whether something goes on in the currency that a customer paid in last; when all of it is over, another may begin. */
function isBound(turn: Turn, { id, balance }: Customer): boolean {
  const subscriptions = turn.store.objects.select('subscription', { customer: id })
  return balance !== 0 || unbilled(turn, id).length > 0 || subscriptions.some((one) => !terminal(one))
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
  billing_schedules: [],
  cancel_at: null,
  cancel_at_period_end: false,
  canceled_at: null,
  cancellation_details: { comment: null, feedback: null, feedback_option: null, reason: null },
  customer_account: null,
  default_payment_method: null,
  default_source: null,
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
  transfer_data: null,
} satisfies Partial<Subscription>
