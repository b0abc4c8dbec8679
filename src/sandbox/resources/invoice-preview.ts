import { composeInvoice } from '../engine/compose-invoice.ts'
import { settledWith } from '../engine/invoices.ts'
import { remember } from '../engine/memory.ts'
import { pendingItems, storeItems, unbilled } from '../engine/pending-items.ts'
import { redeem } from '../engine/redemption.ts'
import { rolled } from '../engine/renewal.ts'
import { immediateBill, prepareChange } from '../engine/subscription-change.ts'
import { terminal } from '../engine/subscription-end.ts'
import { periodEnd, storeSubscription } from '../engine/subscription-store.ts'
import { upcomingInvoice } from '../engine/upcoming.ts'
import { isMetered } from '../engine/usage.ts'
import { clearable, fields, flag, ignored, list, oneOf, type Parameters, scalars, text } from '../http/decode.ts'
import { Failure, invalid } from '../http/failure.ts'
import { LINES_SHOWN } from '../present.ts'
import { scheduledInvoice } from '../schedules/preview.ts'
import { draftSchedule, scheduleDetails, updateSchedule } from '../schedules/routes.ts'
import { referenced, type Turn } from '../turn.ts'
import type { Customer, Invoice, Subscription } from '../wire.ts'
import { withDetails } from './customer-details.ts'
import { buildItem, invoiceItemCreation } from './invoice-items.ts'
import { creditUnused } from './subscription-cancel.ts'
import { draftSubscription } from './subscription-draft.ts'
import { discountWishes, subscriptionCreation, subscriptionUpdate } from './subscription-parameters.ts'
import { pause, pausing, resumption } from './subscription-pausing.ts'
import { planUpdate } from './subscription-update.ts'

const {
  billing_cycle_anchor,
  cancel_at,
  cancel_at_period_end,
  default_tax_rates,
  items,
  proration_behavior,
  proration_date,
  trial_end,
} = subscriptionUpdate
const details = {
  billing_cycle_anchor,
  billing_mode: subscriptionCreation.billing_mode,
  cancel_at,
  cancel_at_period_end,
  cancel_now: flag,
  default_tax_rates,
  items,
  metadata: ignored,
  pause: fields(pausing),
  proration_behavior,
  proration_date,
  resume_at: oneOf('now'),
  start_date: ignored,
  trial_end,
}
export const previewing = {
  automatic_tax: fields({ enabled: flag, liability: ignored }),
  currency: text,
  customer: text,
  customer_details: fields({
    address: clearable(scalars),
    shipping: ignored,
    tax: ignored,
    tax_exempt: clearable(oneOf('exempt', 'none', 'reverse')),
    tax_ids: ignored,
  }),
  discounts: discountWishes,
  invoice_items: list(fields({ ...invoiceItemCreation, invoiceitem: text })),
  issuer: ignored,
  on_behalf_of: ignored,
  preview_mode: oneOf('next', 'recurring'),
  schedule: text,
  schedule_details: fields(scheduleDetails),
  subscription: text,
  subscription_details: fields(details),
}
type Wish = Parameters<typeof previewing>

/**
 * The invoice that a change, a new subscription or simply time would make next. It is made by the very functions that
 * would make it, in a rehearsal that leaves nothing behind.
 */
export function previewInvoice(turn: Turn, sent: Wish): Invoice {
  const subscription =
    sent.subscription === undefined ? undefined : referenced(turn, 'subscription', sent.subscription, 'subscription')
  const schedule =
    sent.schedule === undefined ? undefined : referenced(turn, 'subscription_schedule', sent.schedule, 'schedule')
  const owner = subscription?.customer ?? schedule?.customer ?? sent.customer
  if (owner === undefined) {
    throw invalid(
      'You must provide at least one of customer, subscription or schedule.',
      'customer',
      'parameter_missing',
    )
  }
  const { address, tax_exempt } = sent.customer_details ?? {}
  const customer = withDetails(referenced(turn, 'customer', owner, 'customer'), { address, tax_exempt })
  const invoice = turn.store.rehearse(() => {
    const items = (sent.invoice_items ?? []).map(({ invoiceitem: _known, ...item }) => buildItem(turn, item, customer))
    storeItems(turn, items)
    const discounts = sent.discounts ? redeem(turn, sent.discounts, { customer }) : undefined
    return shown(turn, customer, rehearsed(turn, sent, customer, subscription, discounts))
  })
  rememberLines(turn, invoice)
  return invoice
}

/** What a preview does not show of itself can be listed by its id. */
function rememberLines(turn: Turn, { id, lines: { data } }: Invoice): void {
  if (data.length > LINES_SHOWN) remember(turn, 'previewed', id, data)
}

type Composed = Invoice | undefined

function rehearsed(
  turn: Turn,
  sent: Wish,
  customer: Customer,
  subscription: Subscription | undefined,
  discounts: string[] | undefined,
): Composed {
  const wish = sent.subscription_details
  if (sent.schedule !== undefined || sent.schedule_details) return ofSchedule(turn, customer, sent)
  const isRecurring = sent.preview_mode === 'recurring'
  if (subscription) return ofSubscription(turn, customer, withDiscounts(subscription, discounts), wish, isRecurring)
  if (wish?.items) return ofNewSubscription(turn, customer, wish, discounts, sent)
  const pending = unbilled(turn, customer.id)
  if (pending.length > 0) {
    const own = { ...(discounts ? { discounts } : {}), isTaxed: sent.automatic_tax?.enabled === true }
    return composeInvoice(turn, { customer, subscription: null, reason: 'upcoming', pending, ...own })
  }
  const [only] = turn.store.objects.select('subscription', { customer: customer.id }).filter((each) => !terminal(each))
  return only && ofSubscription(turn, customer, withDiscounts(only, discounts), wish)
}

function ofSchedule(turn: Turn, customer: Customer, sent: Wish): Composed {
  const { schedule: id, schedule_details: details } = sent
  if (id === undefined)
    return scheduledInvoice(turn, customer, draftSchedule(turn, { ...details, customer: customer.id }))
  const { billing_mode: _mode, ...changes } = details ?? {}
  return scheduledInvoice(turn, customer, updateSchedule(turn, changes, id))
}

const withDiscounts = (subscription: Subscription, discounts: string[] | undefined): Subscription =>
  discounts ? { ...subscription, discounts } : subscription

type Details = Wish['subscription_details']

function ofSubscription(
  turn: Turn,
  customer: Customer,
  before: Subscription,
  wish: Details,
  isRecurring = false,
): Composed {
  if (terminal(before)) return undefined
  if (wish?.cancel_now) return ofCancellation(turn, customer, before, wish)
  if (wish?.pause) return ofPause(turn, customer, before, wish.pause)
  if (wish?.resume_at !== undefined) return ofResumption(turn, customer, before, wish)
  const { cancel_now: _now, pause: _pause, resume_at: _resume, ...others } = wish ?? {}
  const { billing_mode: _mode, metadata: _meta, start_date: _start, ...update } = others
  const change = planUpdate(turn, update, before, customer)
  if (isRecurring) return wholePeriod(turn, customer, change.after)
  prepareChange(turn, customer, change)
  const bill = immediateBill(turn, customer, change)
  if (bill) return composeInvoice(turn, bill)
  storeSubscription(turn, change.after)
  return upcomingInvoice(turn, change.after)
}

/** What every period costs from then on: neither prorations nor what else is pending. */
function wholePeriod(turn: Turn, customer: Customer, subscription: Subscription): Invoice {
  const next = rolled(subscription, periodEnd(subscription))
  const advance = next.items.data.filter((item) => !isMetered(item))
  return composeInvoice(turn, { customer, subscription: next, reason: 'upcoming', advance })
}

function ofCancellation(turn: Turn, customer: Customer, before: Subscription, wish: NonNullable<Details>): Composed {
  if (wish.proration_behavior !== 'none') creditUnused(turn, before)
  const pending = pendingItems(turn, before)
  return composeInvoice(turn, { customer, subscription: before, reason: 'subscription_update', pending })
}

/** What pausing would credit and bill. */
function ofPause(turn: Turn, customer: Customer, before: Subscription, wish: Parameters<typeof pausing>): Composed {
  const paused = pause(turn, { ...wish, invoicing_behavior: 'pending_invoice_item' }, before.id)
  const pending = pendingItems(turn, paused)
  if (pending.length === 0) return undefined
  return composeInvoice(turn, { customer, subscription: before, reason: 'subscription_update', pending })
}

function ofResumption(turn: Turn, customer: Customer, before: Subscription, wish: NonNullable<Details>): Composed {
  const { change } = resumption(turn, resumptionWish(wish), before)
  prepareChange(turn, customer, change)
  const bill = immediateBill(turn, customer, change)
  return bill && composeInvoice(turn, bill)
}

function resumptionWish({ billing_cycle_anchor: anchor }: NonNullable<Details>) {
  const type = typeof anchor === 'string' ? anchor : anchor?.type
  return type === undefined ? {} : { billing_cycle_anchor: { type } }
}

function ofNewSubscription(
  turn: Turn,
  customer: Customer,
  wish: NonNullable<Details>,
  discounts: string[] | undefined,
  { currency, automatic_tax }: Wish,
): Composed {
  const { items: wanted, trial_end: end, billing_mode: mode } = wish
  const terms = { items: wanted, currency, trial_end: end, billing_mode: mode, automatic_tax }
  const draft = draftSubscription(turn, terms, customer)
  const subscription = withDiscounts(draft, discounts)
  const pending = pendingItems(turn, subscription)
  const advance = subscription.items.data
  return composeInvoice(turn, { customer, subscription, reason: 'subscription_create', advance, pending })
}

/** A preview shows what the balance leaves to pay, and an id that names no invoice. */
function shown(turn: Turn, customer: Customer, invoice: Composed): Invoice {
  if (!invoice) {
    throw new Failure(404, {
      type: 'invalid_request_error',
      code: 'invoice_upcoming_none',
      message: `No upcoming invoices for customer: '${customer.id}'`,
    })
  }
  const { due, ending } = settledWith(invoice, customer)
  const id = invoice.id.startsWith('upcoming_') ? invoice.id : `upcoming_${invoice.id}`
  return {
    ...invoice,
    id,
    lines: { ...invoice.lines, url: `/v1/invoices/${id}/lines` },
    amount_due: due,
    amount_remaining: due,
    created: invoice.created || turn.now(customer.id),
    ending_balance: ending,
    next_payment_attempt: invoice.next_payment_attempt,
  }
}
