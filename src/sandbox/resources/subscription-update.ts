import { attachedMethod } from '../engine/payment-methods.ts'
import { type Interval, intervalOf, periodAt } from '../engine/periods.ts'
import { redeem } from '../engine/redemption.ts'
import { endTrialWithoutCard } from '../engine/renewal.ts'
import { type Change, makeChange } from '../engine/subscription-change.ts'
import { announce } from '../events/record.ts'
import { invalid } from '../http/failure.ts'
import { referenced, retrieve, type Turn } from '../turn.ts'
import type { Customer, Subscription, SubscriptionItem } from '../wire.ts'
import { addInvoiceItems } from './added-items.ts'
import { mergeMetadata, sentOnly } from './patches.ts'
import { invoiceSettings, pendingInterval, taxSettings, trialSettings } from './subscription-draft.ts'
import { cancellationDetails, endPatch } from './subscription-ending.ts'
import { changedItems, currentPeriod } from './subscription-items.ts'
import type { Update } from './subscription-parameters.ts'
import { thresholdsOf } from './subscription-thresholds.ts'
import { checkedEnd } from './subscription-times.ts'
import { namedRates } from './tax-rates.ts'

export function updateSubscription(turn: Turn, sent: Update, id: string): Subscription {
  const before = retrieve(turn, 'subscription', id)
  requireChangeable(before, sent)
  requireDeferrable(sent)
  const customer = referenced(turn, 'customer', before.customer, 'customer')
  const withoutCard =
    sent.trial_end === 'now' && before.status === 'trialing' ? endTrialWithoutCard(turn, before, customer) : undefined
  if (withoutCard) return withoutCard
  if (sent.add_invoice_items) addInvoiceItems(turn, customer, before, sent.add_invoice_items)
  return makeChange(turn, customer, planUpdate(turn, sent, before, customer))
}

/** What an update would make of a subscription; a preview asks this too. */
export function planUpdate(turn: Turn, sent: Update, before: Subscription, customer: Customer): Change {
  const now = turn.now(before.customer)
  const at = prorationDate(before, sent, now)
  const place = {
    customer,
    subscription: before.id,
    created: now,
    currency: before.currency,
    periodOf: currentPeriod(before, at),
  }
  const data = sent.items ? changedItems(turn, before, sent.items, place) : before.items.data
  const restarts = restartOf(before, data, sent)
  const cycle = cycleOf(before, data, sent, now, restarts)
  const patched: Subscription = { ...before, ...plainPatch(turn, before, sent, customer), ...cycle }
  const ending = { ...patched, ...endPatch(turn, patched, sent) }
  const after = { ...ending, ...cancellationDetails(ending, sent) }
  return {
    before,
    after,
    at,
    prorations: sent.proration_behavior ?? 'create_prorations',
    restarted: restarts ? after.items.data.map((item) => item.id) : [],
    payment: sent.payment_behavior ?? 'allow_incomplete',
    clearUsage: sent.items?.some((item) => item.clear_usage === true) === true,
  }
}

function requireChangeable(subscription: Subscription, sent: Update): void {
  if (subscription.schedule !== null && (sent.cancel_at !== undefined || sent.cancel_at_period_end !== undefined)) {
    throw invalid(
      `The subscription is managed by the subscription schedule \`${subscription.schedule}\`, and updating any cancelation behavior directly is not allowed. Please update the schedule instead.`,
    )
  }
  if (!['canceled', 'incomplete_expired'].includes(subscription.status)) return
  const others = Object.keys(sent).filter((name) => name !== 'metadata' && name !== 'cancellation_details')
  if (others.length > 0) {
    throw invalid('A canceled subscription can only update its cancellation_details and metadata.', others[0])
  }
}

const deferrable = new Set([
  'add_invoice_items',
  'billing_cycle_anchor',
  'cancel_at_period_end',
  'discounts',
  'items',
  'metadata',
  'off_session',
  'payment_behavior',
  'proration_behavior',
  'proration_date',
  'trial_end',
  'trial_from_plan',
])

function requireDeferrable(sent: Update): void {
  if (sent.payment_behavior !== 'pending_if_incomplete') return
  const other = Object.keys(sent).find((name) => !deferrable.has(name))
  if (other) throw invalid(`You cannot set \`${other}\` when payment_behavior is pending_if_incomplete.`, other)
}

function prorationDate(before: Subscription, sent: Update, now: number): number {
  const { proration_date: date } = sent
  if (date === undefined) return now
  if (sent.proration_behavior === 'none') {
    throw invalid('You cannot specify proration_date when proration_behavior is none.', 'proration_date')
  }
  const starts = before.items.data.map((item) => item.current_period_start)
  const ends = before.items.data.map((item) => item.current_period_end)
  if (date < Math.min(...starts) || date > Math.max(...ends)) {
    throw invalid('Invalid proration date: it must be within the current period.', 'proration_date')
  }
  return date
}

const wantsNow = ({ billing_cycle_anchor: anchor }: Update) =>
  anchor === 'now' || (typeof anchor === 'object' && anchor.type === 'now')

/** Whether the billing cycle begins anew: asked for, a trial cut short, or a change that classic billing restarts for. */
function restartOf(before: Subscription, data: readonly SubscriptionItem[], sent: Update): boolean {
  if (wantsNow(sent) || (sent.trial_end === 'now' && before.status === 'trialing')) return true
  if (before.billing_mode.type !== 'classic' || before.status === 'trialing') return false
  const [former] = before.items.data
  const [item] = data
  if (!former || !item) return false
  const longer = !Bun.deepEquals(intervalOf(former.price), intervalOf(item.price))
  return longer || (isFree(before.items.data) && !isFree(data))
}

const isFree = (items: readonly SubscriptionItem[]) => items.every(({ price }) => price.unit_amount === 0)

/** Status, trial, anchor and periods after the change. */
function cycleOf(
  before: Subscription,
  data: readonly SubscriptionItem[],
  sent: Update,
  now: number,
  restarts: boolean,
): Partial<Subscription> {
  const wish = sent.trial_end
  if (typeof wish === 'number') return trialPatch(before, data, checkedEnd(wish, now), now)
  if (!restarts) return { items: { ...before.items, data: [...data] } }
  const ended = before.status === 'trialing' ? { status: 'active' as const, trial_end: now } : {}
  return { ...ended, billing_cycle_anchor: now, items: { ...before.items, data: data.map((item) => from(item, now)) } }
}

const from = (item: SubscriptionItem, now: number): SubscriptionItem => {
  const interval: Interval = intervalOf(item.price)
  return { ...item, current_period_start: now, current_period_end: periodAt(now, interval, now).end }
}

/** A trial begun or moved on a running subscription: until its end nothing is billed, then the cycle begins. */
function trialPatch(
  before: Subscription,
  data: readonly SubscriptionItem[],
  end: number,
  now: number,
): Partial<Subscription> {
  const start = before.status === 'trialing' ? (before.trial_start ?? now) : now
  const items = data.map((item) => ({ ...item, current_period_start: start, current_period_end: end }))
  return {
    billing_cycle_anchor: end,
    items: { ...before.items, data: items },
    status: 'trialing',
    trial_end: end,
    trial_start: start,
  }
}

function plainPatch(turn: Turn, before: Subscription, sent: Update, customer: Customer): Partial<Subscription> {
  return {
    ...sentOnly({ collection_method: sent.collection_method, description: sent.description }),
    ...sentOnly({ days_until_due: sent.days_until_due }),
    ...defaultMethod(turn, before, sent),
    ...paymentSettings(before, sent),
    ...(sent.discounts === undefined ? {} : { discounts: discountsAfter(turn, before, sent, customer) }),
    ...(sent.automatic_tax?.enabled === undefined ? {} : { automatic_tax: taxSettings(sent, customer) }),
    invoice_settings: invoiceSettings(before.invoice_settings, sent),
    ...(sent.billing_thresholds === undefined ? {} : { billing_thresholds: thresholdsOf(sent, before.items.data) }),
    ...(sent.default_tax_rates === undefined
      ? {}
      : { default_tax_rates: namedRates(turn, sent.default_tax_rates, 'default_tax_rates') }),
    ...(sent.pause_collection === undefined ? {} : { pause_collection: pauseOf(sent) }),
    ...(sent.trial_settings === undefined ? {} : { trial_settings: trialSettings(sent.trial_settings) }),
    ...pendingInterval(sent, turn.now(before.customer)),
    metadata: mergeMetadata(before.metadata, sent.metadata),
  }
}

/** A list replaces all discounts, an empty value clears them; what leaves is announced. */
function discountsAfter(turn: Turn, before: Subscription, sent: Update, customer: Customer): string[] {
  const kept = redeem(turn, sent.discounts ?? [], { customer, subscription: before.id })
  for (const id of before.discounts.filter((former) => !kept.includes(former))) {
    const discount = turn.store.objects.find('discount', id)
    if (discount) announce(turn, 'customer.discount.deleted', discount)
  }
  return kept
}

function pauseOf({ pause_collection: wish }: Update): Subscription['pause_collection'] {
  if (!wish) return null
  if (wish.behavior === undefined)
    throw invalid(
      'Missing required param: pause_collection[behavior].',
      'pause_collection[behavior]',
      'parameter_missing',
    )
  return { behavior: wish.behavior, resumes_at: wish.resumes_at ?? null }
}

function defaultMethod(turn: Turn, before: Subscription, sent: Update): Partial<Subscription> {
  const wanted = sent.default_payment_method
  if (wanted === undefined) return {}
  if (wanted === null) return { default_payment_method: null }
  return { default_payment_method: attachedMethod(turn, wanted, before.customer, 'default_payment_method').id }
}

function paymentSettings(before: Subscription, sent: Update): Partial<Subscription> {
  const saves = sent.payment_settings?.save_default_payment_method
  if (saves === undefined || !before.payment_settings) return {}
  return { payment_settings: { ...before.payment_settings, save_default_payment_method: saves } }
}
