import { stepsFromAnchor } from '../engine/periods.ts'
import {
  clearable,
  clearedOnly,
  type Decoded,
  either,
  fields,
  flag,
  ignored,
  integer,
  list,
  metadata,
  need,
  oneOf,
  text,
} from '../http/decode.ts'
import { invalid } from '../http/failure.ts'
import { mergeMetadata, sentOnly } from '../resources/patches.ts'
import { createPrice } from '../resources/prices.ts'
import { discountWishes, subscriptionCreation } from '../resources/subscription-parameters.ts'
import { namedRates, taxRateWishes } from '../resources/tax-rates.ts'
import { referenced, type Turn } from '../turn.ts'
import type { Price, Schedule, Subscription } from '../wire.ts'
import { invoiceTerms, taxTerms } from './settings.ts'

const unit = oneOf('day', 'week', 'month', 'year')
const phaseItem = fields({
  billing_thresholds: clearedOnly,
  discounts: discountWishes,
  metadata,
  plan: text,
  price: text,
  quantity: integer,
  tax_rates: taxRateWishes,
})
export const sentPhase = fields({
  add_invoice_items: subscriptionCreation.add_invoice_items,
  automatic_tax: fields({ enabled: flag, liability: ignored }),
  billing_cycle_anchor: oneOf('automatic', 'phase_start'),
  billing_thresholds: clearedOnly,
  collection_method: oneOf('charge_automatically', 'send_invoice'),
  currency: text,
  default_payment_method: text,
  default_tax_rates: taxRateWishes,
  description: clearable(text),
  discounts: discountWishes,
  duration: fields({ interval: unit, interval_count: integer }),
  end_date: either(integer, oneOf('now')),
  invoice_settings: invoiceTerms,
  items: list(phaseItem),
  iterations: integer,
  metadata,
  on_behalf_of: clearedOnly,
  proration_behavior: oneOf('always_invoice', 'create_prorations', 'none'),
  start_date: either(integer, oneOf('now')),
  transfer_data: clearedOnly,
  trial: flag,
  trial_end: either(integer, oneOf('now')),
})
export type SentPhase = Decoded<typeof sentPhase>
export type Phase = Schedule['phases'][number]

/** Phases as they will be run: each begins where the one before ends. */
export function phasesOf(turn: Turn, sent: readonly SentPhase[], begin: number, now: number): Phase[] {
  if (sent.length === 0) throw invalid('Missing required param: phases.', 'phases', 'parameter_missing')
  const phases: Phase[] = []
  for (const [index, phase] of sent.entries()) {
    const start = phases.at(-1)?.end_date ?? momentOf(phase.start_date, now) ?? begin
    phases.push(phaseOf(turn, phase, start, now, `phases[${index}]`))
  }
  return phases
}

const momentOf = (wish: number | 'now' | undefined, now: number) => (wish === 'now' ? now : wish)

function phaseOf(turn: Turn, sent: SentPhase, start: number, now: number, name: string): Phase {
  const wishes = need(sent.items, `${name}[items]`)
  const prices = wishes.map((item, index) => {
    const id = need(item.price ?? item.plan, `${name}[items][${index}][price]`)
    return referenced(turn, 'price', id, `${name}[items][${index}][price]`)
  })
  const [first] = prices
  if (!first) throw invalid('Missing required param: items.', `${name}[items]`, 'parameter_missing')
  const end = endOf(sent, first, start, now, name)
  return {
    ...blankPhase,
    add_invoice_items: addedItems(turn, sent, `${name}[add_invoice_items]`),
    ...(sent.automatic_tax ? { automatic_tax: taxTerms(sent.automatic_tax.enabled === true) } : {}),
    billing_cycle_anchor: sent.billing_cycle_anchor ?? null,
    collection_method: sent.collection_method ?? null,
    currency: first.currency,
    default_payment_method: sent.default_payment_method ?? null,
    default_tax_rates: namedRates(turn, sent.default_tax_rates ?? null, `${name}[default_tax_rates]`),
    description: sent.description ?? null,
    discounts: discountsOf(sent.discounts),
    end_date: end,
    invoice_settings: sent.invoice_settings
      ? {
          ...blankInvoiceTerms,
          ...sentOnly({
            days_until_due: sent.invoice_settings.days_until_due,
            description: sent.invoice_settings.description,
            footer: sent.invoice_settings.footer,
          }),
        }
      : null,
    items: wishes.map((item, index) => itemOf(turn, item, prices[index] ?? first, `${name}[items][${index}]`)),
    metadata: mergeMetadata({}, sent.metadata),
    proration_behavior: sent.proration_behavior ?? 'create_prorations',
    start_date: start,
    trial_end: sent.trial ? end : (momentOf(sent.trial_end, now) ?? null),
  }
}

function itemOf(
  turn: Turn,
  sent: NonNullable<SentPhase['items']>[number],
  price: Price,
  name: string,
): Phase['items'][number] {
  const metered = price.recurring?.usage_type === 'metered'
  return {
    billing_thresholds: null,
    discounts: discountsOf(sent.discounts),
    metadata: mergeMetadata({}, sent.metadata),
    plan: price.id,
    price: price.id,
    tax_rates: namedRates(turn, sent.tax_rates ?? null, `${name}[tax_rates]`),
    ...(metered ? {} : { quantity: sent.quantity ?? 1 }),
  }
}

function addedItems(turn: Turn, { add_invoice_items: sent = [] }: SentPhase, name: string): Phase['add_invoice_items'] {
  return sent.map((item, index) => {
    const price = item.price_data
      ? createPrice(turn, item.price_data)
      : referenced(turn, 'price', need(item.price, `${name}[${index}][price]`), `${name}[${index}][price]`)
    return {
      discountable: null,
      discounts: discountsOf(item.discounts),
      metadata: mergeMetadata({}, item.metadata),
      period: { end: { type: 'min_item_period_end' }, start: { type: 'phase_start' } },
      price: price.id,
      quantity: item.quantity ?? null,
      tax_rates: namedRates(turn, item.tax_rates ?? null, `${name}[${index}][tax_rates]`),
    }
  })
}

const discountsOf = (sent: SentPhase['discounts']): Phase['discounts'] =>
  (sent ?? []).map(({ coupon, discount, promotion_code }) => ({
    coupon: coupon ?? null,
    discount: discount ?? null,
    promotion_code: promotion_code ?? null,
  }))

/** `iterations` is how older callers say how often the price's own interval is to pass. */
function endOf(sent: SentPhase, price: Price, start: number, now: number, name: string): number {
  const given = momentOf(sent.end_date, now)
  if (given !== undefined) {
    if (given <= start) throw invalid('The end date of a phase must be after its start date.', `${name}[end_date]`)
    return given
  }
  const own = { interval: price.recurring?.interval ?? 'month', interval_count: price.recurring?.interval_count ?? 1 }
  const wish = sent.duration
  const interval = wish
    ? { interval: need(wish.interval, `${name}[duration][interval]`), interval_count: wish.interval_count ?? 1 }
    : own
  const step = interval.interval
  if (step !== 'day' && step !== 'week' && step !== 'month' && step !== 'year') return start
  return stepsFromAnchor(start, { interval: step, interval_count: interval.interval_count }, sent.iterations ?? 1)
}

/** The phase a subscription is in when a schedule takes it over: what it has now, until its period ends. */
export function presentPhase(subscription: Subscription): Phase {
  const { data } = subscription.items
  return {
    ...blankPhase,
    add_invoice_items: [],
    currency: subscription.currency,
    invoice_settings: null,
    default_tax_rates: subscription.default_tax_rates ?? [],
    discounts: subscription.discounts.map((discount) => ({ coupon: null, discount, promotion_code: null })),
    end_date: Math.min(...data.map((item) => item.current_period_end)),
    items: data.map((item) => ({
      billing_thresholds: null,
      discounts: item.discounts.map((discount) => ({ coupon: null, discount, promotion_code: null })),
      metadata: item.metadata,
      plan: item.price.id,
      price: item.price.id,
      tax_rates: item.tax_rates,
      ...(item.quantity === undefined ? {} : { quantity: item.quantity }),
    })),
    start_date: Math.max(...data.map((item) => item.current_period_start)),
    trial_end: subscription.status === 'trialing' ? subscription.trial_end : null,
  }
}

const blankInvoiceTerms = {
  account_tax_ids: null,
  custom_fields: null,
  days_until_due: null,
  description: null,
  footer: null,
  issuer: null,
}

const blankPhase = {
  application_fee_percent: null,
  billing_cycle_anchor: null,
  billing_thresholds: null,
  collection_method: null,
  default_payment_method: null,
  description: null,
  discounts: [],
  metadata: {},
  on_behalf_of: null,
  proration_behavior: 'create_prorations',
  transfer_data: null,
} satisfies Partial<Phase>
