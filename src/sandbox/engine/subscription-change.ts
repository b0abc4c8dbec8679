import { announce, inOrder } from '../events/record.ts'
import { retrieve, type Turn } from '../turn.ts'
import type { Customer, Invoice, Subscription, SubscriptionItem } from '../wire.ts'
import { plan } from './agenda.ts'
import { attemptCollection, dueDated, sendToCustomer } from './collection.ts'
import type { Bill } from './compose-invoice.ts'
import { fallBehind } from './dunning.ts'
import { draftInvoice, finalizeInvoice } from './invoices.ts'
import { recall, remember } from './memory.ts'
import { pendingItems, storeItems } from './pending-items.ts'
import { prorate, usageOfRemoved } from './proration.ts'
import { openPayment, settlePaid } from './settlement.ts'
import { paymentRefusal } from './subscription-start.ts'
import { saveSubscription } from './subscription-store.ts'
import { forgetUsage, isMetered, stretchesOf } from './usage.ts'

export type ProrationBehavior = 'always_invoice' | 'create_prorations' | 'none'
export type PaymentBehavior =
  | 'allow_incomplete'
  | 'default_incomplete'
  | 'error_if_incomplete'
  | 'pending_if_incomplete'

/** A change of a subscription, worked out and not made yet. */
export interface Change {
  readonly before: Subscription
  readonly after: Subscription
  /** The moment that counts for proration. */
  readonly at: number
  readonly prorations: ProrationBehavior
  /** Items whose period begins anew, billed in full at once. */
  readonly restarted: readonly string[]
  readonly payment: PaymentBehavior
  /** Usage so far of metered items that leave is dropped instead of billed. */
  readonly clearUsage?: boolean
}

const updateOrder = [
  'customer.discount.created',
  'customer.discount.deleted',
  'invoiceitem.created',
  'customer.updated',
  'payment_intent.created',
  'charge.succeeded',
  'charge.failed',
  'payment_intent.succeeded',
  'payment_intent.payment_failed',
  'payment_intent.requires_action',
  'customer.subscription.updated',
  'customer.subscription.deleted',
  'customer.subscription.resumed',
  'invoice.created',
  'invoice.finalized',
  'invoice.payment_failed',
  'invoice.payment_action_required',
  'invoice.paid',
  'invoice.payment_succeeded',
  'invoice_payment.paid',
  'invoice.sent',
]
// The subscription is announced once, as it is in the end.
const withoutSteps = updateOrder.filter((type) => type !== 'customer.subscription.updated')

/** Makes a change: prorations become pending, and what is to be invoiced at once is invoiced and collected. */
export function makeChange(turn: Turn, customer: Customer, change: Change): Subscription {
  return inOrder(
    turn,
    () => updateOrder,
    (outer) => {
      const made = inOrder(
        outer,
        () => withoutSteps,
        (inner) => carryOut(inner, customer, change),
      )
      if (!Bun.deepEquals(change.before, made, true)) {
        announce(outer, 'customer.subscription.updated', made, change.before)
      }
      return made
    },
  )
}

function carryOut(turn: Turn, customer: Customer, change: Change): Subscription {
  const { before } = change
  const undo = memoryOf(turn, change)
  prepareChange(turn, customer, change)
  const bill = immediateBill(turn, customer, change)
  if (!bill) return saveSubscription(turn, before, change.after)
  const invoice = invoiceNow(turn, bill)
  for (const id of change.restarted) forgetUsage(turn, id)
  if (change.payment === 'pending_if_incomplete') return holdUnlessPaid(turn, change, invoice, undo)
  const saved = saveSubscription(turn, before, { ...change.after, latest_invoice: invoice.id })
  collectNow(turn, saved, invoice, change.payment)
  return retrieve(turn, 'subscription', before.id)
}

/** Stores the prorations of a change and what its items count as billed for. */
export function prepareChange(turn: Turn, customer: Customer, change: Change): void {
  const { before, after, at } = change
  const restarted = (item: SubscriptionItem) => change.restarted.includes(item.id)
  const items = { customer, before, after, at, restarted }
  keepUsageApart(turn, change)
  const gone = before.items.data.filter((item) => isMetered(item) && !after.items.data.some(({ id }) => id === item.id))
  const flexible = before.billing_mode.type === 'flexible' && change.clearUsage !== true
  const usage = flexible ? gone.flatMap((item) => usageOfRemoved(turn, items, item)) : []
  const none = { items: [], billed: [] }
  const prorations = change.prorations === 'none' ? none : prorate(turn, items)
  storeItems(turn, [...prorations.items, ...usage])
  for (const [item, billed] of prorations.billed) remember(turn, 'billed', item, billed)
}

/** Flexible billing bills usage at the price in force when it was reported: a new price begins a new stretch. */
function keepUsageApart(turn: Turn, { before, after, at }: Change): void {
  if (before.billing_mode.type === 'classic') return
  for (const item of before.items.data.filter(isMetered)) {
    const now = after.items.data.find(({ id }) => id === item.id)
    if (!now || now.price.id === item.price.id) continue
    const segments = recall(turn, 'segments', item.id) ?? []
    const start = segments.at(-1)?.end ?? item.current_period_start
    const billed = recall(turn, 'billed_usage', item.id) ?? '0'
    remember(turn, 'segments', item.id, [...segments, { price: item.price.id, start, end: at, billed }])
    remember(turn, 'billed_usage', item.id, null)
  }
}

/** What a change invoices at once: items that begin anew, or its prorations when that was asked for. */
export function immediateBill(turn: Turn, customer: Customer, change: Change): Bill | undefined {
  const { before, after, restarted } = change
  const advance = after.items.data.filter((item) => restarted.includes(item.id) && !isMetered(item))
  const pending = pendingItems(turn, after)
  const wanted = advance.length > 0 || (change.prorations === 'always_invoice' && pending.length > 0)
  if (!wanted) return undefined
  // The period of what is metered ends with the cycle: its use is billed now.
  const cut = before.items.data.filter((item) => restarted.includes(item.id))
  const arrears = stretchesOf(turn, cut, turn.now(customer.id))
  return { customer, subscription: after, reason: 'subscription_update', advance, arrears, pending }
}

function invoiceNow(turn: Turn, bill: Bill): Invoice {
  const draft = draftInvoice(turn, bill)
  const dated = dueDated(draft, bill.subscription ?? undefined, turn.now(bill.customer.id))
  const invoice = finalizeInvoice(turn, dated, bill.customer)
  return invoice.amount_due === 0 ? settlePaid(turn, invoice, null) : invoice
}

function collectNow(turn: Turn, subscription: Subscription, invoice: Invoice, behavior: PaymentBehavior): void {
  if (invoice.status !== 'open') return
  if (subscription.collection_method === 'send_invoice') return void sendToCustomer(turn, invoice)
  if (behavior === 'default_incomplete') {
    openPayment(turn, invoice, subscription.default_payment_method, 'Subscription update')
    fallBehind(turn, subscription, false)
    return
  }
  const attempted = attemptCollection(turn, invoice)
  if (behavior === 'error_if_incomplete' && attempted.status === 'open') throw paymentRefusal(turn, attempted)
}

const pendingLifetime = 23 * 3_600

/** The change takes effect only when its invoice is paid; until then the subscription stays as it was. */
function holdUnlessPaid(turn: Turn, change: Change, invoice: Invoice, undo: () => void): Subscription {
  const { before, after } = change
  const attempted = invoice.status === 'open' ? attemptOnce(turn, invoice) : invoice
  if (attempted.status === 'paid') return saveSubscription(turn, before, { ...after, latest_invoice: invoice.id })
  const touched = [...before.items.data, ...after.items.data].map(({ id }) => id)
  const billed = touched.map((id) => [id, recall(turn, 'billed', id) ?? null] as const)
  undo()
  remember(turn, 'pending_update', invoice.id, { after, billed })
  const expires_at = turn.now(before.customer) + pendingLifetime
  plan(turn, before.customer, 'expire_pending_update', invoice.id, expires_at)
  return saveSubscription(turn, before, { latest_invoice: invoice.id, pending_update: pendingOf(change, expires_at) })
}

// No retries: the update is applied when the buyer pays, or dropped when its time is up.
function attemptOnce(turn: Turn, invoice: Invoice): Invoice {
  const attempted = attemptCollection(turn, invoice)
  turn.store.dueWork.drop('collect_invoice', invoice.id)
  if (attempted.status !== 'open') return attempted
  const quiet = { ...attempted, next_payment_attempt: null }
  turn.store.objects.save('invoice', quiet)
  const subscription = invoice.parent?.subscription_details?.subscription ?? ''
  const behind = turn.store.objects.find('subscription', subscription)
  if (behind?.status === 'past_due') saveSubscription(turn, behind, { status: 'active' })
  return quiet
}

function pendingOf({ before, after }: Change, expires_at: number): Subscription['pending_update'] {
  const anchored = before.billing_cycle_anchor !== after.billing_cycle_anchor
  return {
    billing_cycle_anchor: anchored ? after.billing_cycle_anchor : null,
    cancel_at_period_end: null,
    discount: null,
    discounts: null,
    expires_at,
    metadata: null,
    subscription_items: after.items.data,
    trial_end: before.trial_end === after.trial_end ? null : after.trial_end,
    trial_from_plan: null,
  }
}

function memoryOf(turn: Turn, { before, after }: Change): () => void {
  const ids = [...new Set([...before.items.data, ...after.items.data].map(({ id }) => id))]
  const kept = ids.map((id) => [id, recall(turn, 'billed', id) ?? null] as const)
  return () => {
    for (const [id, billed] of kept) remember(turn, 'billed', id, billed)
  }
}
