import { type Catalogue, findPrice } from './catalogue.ts'
import { isDecided, type ObservedDispute } from './dispute.ts'
import type { Difference, DriftKind, OurHoldings, StripeHoldings } from './drift.ts'
import { moneyText } from './money.ts'
import { type Knowledge, keptSubscription } from './observation.ts'
import type { Payment, PaymentKind } from './payment.ts'
import { isoTime } from './period.ts'
import { isEnded, isLive, type ObservedSubscription, type Subscription } from './subscription.ts'

/** Everything of one customer that we hold otherwise than Stripe. Whether the customer is still ours is known before. */
export function differencesOf(ours: OurHoldings, theirs: StripeHoldings, knowledge: Knowledge): readonly Difference[] {
  if (theirs.customer === null) return [unknownCustomer(ours)]
  const known = new Map(ours.subscriptions.map((subscription) => [subscription.id, subscription]))
  return [
    ...customerDifferences(ours, theirs, knowledge.catalogue),
    ...theirs.subscriptions.flatMap((seen) => subscriptionDifferences(ours, known.get(seen.id), seen, knowledge)),
    ...theirs.unknownSubscriptions.flatMap((id) => unknownSubscription(ours, known.get(id), knowledge)),
    ...doubleSubscription(ours, theirs, knowledge),
    ...theirs.entries.flatMap((entry) => entryDifferences(ours, entry, theirs.entries)),
    ...theirs.paymentIntents.flatMap(({ entry }) =>
      entry === null ? [] : entryDifferences(ours, entry, theirs.entries),
    ),
    ...theirs.disputes.flatMap((dispute) => disputeDifferences(ours, dispute)),
  ]
}

/** Whether taking this over would change what we hold of it. */
export function isSubscriptionKnown(
  known: Subscription | undefined,
  seen: ObservedSubscription,
  knowledge: Knowledge,
): boolean {
  return known !== undefined && changedFields(known, seen, knowledge).length === 0
}

/** By what makes an entry worth its money; Stripe gives some of the rest a new value at every look. */
export function isEntryKnown(known: Payment | undefined, seen: Omit<Payment, 'refundedAmount'>): boolean {
  return (
    known !== undefined &&
    known.kind === seen.kind &&
    known.amount === seen.amount &&
    known.currency === seen.currency &&
    known.status === seen.status
  )
}

function customerDifferences(
  { user, customerId, isCurrent }: OurHoldings,
  { customer }: StripeHoldings,
  { currency }: Catalogue,
): readonly Difference[] {
  const about = { user, customerId, objectId: customerId, amount: 0, currency }
  if (customer === null) return []
  if (customer.isDeleted && !isCurrent) return []
  if (customer.isDeleted)
    return [
      {
        ...about,
        kind: 'customer_deleted',
        here: `${user} has the customer ${customerId}`,
        atStripe: 'it was deleted',
        meaning: 'Stripe refuses every purchase under it; mended, the next purchase makes a new customer.',
      },
    ]
  if (customer.user === user) return []
  return [
    {
      ...about,
      kind: 'customer_of_another_user',
      here: `${customerId} is the customer of ${user}`,
      atStripe: customer.user === null ? 'its metadata names no user' : `its metadata names ${customer.user}`,
      meaning:
        'A customer never changes hands, so ours counts; mended, the metadata at Stripe names the user that we have.',
    },
  ]
}

function unknownCustomer({ user, customerId }: OurHoldings): Difference {
  return {
    kind: 'customer_unknown',
    user,
    customerId,
    objectId: customerId,
    here: `${user} has the customer ${customerId}`,
    atStripe: 'it was never there',
    meaning: 'These may be the keys of another Stripe account than that of the database. Nothing is mended by itself.',
    amount: 0,
    currency: '',
  }
}

type Field = keyof Subscription

const FIELD_KINDS: Partial<Record<Field, DriftKind>> = {
  status: 'subscription_status',
  endedAt: 'subscription_status',
  priceId: 'subscription_price',
  planName: 'subscription_price',
  anchor: 'subscription_period',
  currentPeriodStart: 'subscription_period',
  currentPeriodEnd: 'subscription_period',
  cancelAt: 'subscription_cancel_at',
  trialEnd: 'subscription_trial_end',
  hasPaymentMethod: 'subscription_payment_method',
}

const MEANINGS: Partial<Record<DriftKind, string>> = {
  subscription_missing: 'The user is charged for something that we do not grant.',
  subscription_status: 'We grant or refuse what Stripe does not.',
  subscription_price: 'The user has the allowance of another plan than is paid for.',
  subscription_period: 'Allowances begin and end at other times than what is paid.',
  subscription_cancel_at: 'The user is told another end than Stripe has planned.',
  subscription_trial_end: 'The user is told another end of the trial than Stripe has planned.',
  subscription_payment_method: 'Whether there is anything to charge is held otherwise than it is.',
  subscription_details: 'Something else about the subscription is held otherwise than it is.',
}

/** When we came to know of something is no fact of Stripe's. */
const WHEN_SEEN: ReadonlySet<Field> = new Set(['statusSince', 'pastDueSince', 'collectionPausedSince', 'pastTerms'])

/** That an ended subscription has something to be charged to means nothing any more. */
function isBeside(field: Field, seen: ObservedSubscription): boolean {
  return WHEN_SEEN.has(field) || (field === 'hasPaymentMethod' && isEnded(seen))
}

function changedFields(known: Subscription, seen: ObservedSubscription, knowledge: Knowledge): readonly Field[] {
  const kept = keptSubscription(known, seen, knowledge)
  const fields = Object.keys(kept) as Field[]
  return fields.filter((field) => !isBeside(field, seen) && !isSame(kept[field], known[field]))
}

/** Values are plain; what is more than a word or a number is compared as it would be written. */
function isSame(one: unknown, other: unknown): boolean {
  return one === other || (typeof one === 'object' && JSON.stringify(one) === JSON.stringify(other))
}

function subscriptionDifferences(
  { user, customerId }: OurHoldings,
  known: Subscription | undefined,
  seen: ObservedSubscription,
  knowledge: Knowledge,
): readonly Difference[] {
  const about = { user, customerId, objectId: seen.id }
  if (known === undefined) {
    // What ended before anybody knew of it is history and no drift worth money.
    const value = isLive(seen) ? priceOf(seen.priceId, knowledge) : noPrice(knowledge)
    const atStripe = `${seen.status}, price ${seen.priceId ?? 'none or several'}`
    return [{ ...about, ...value, ...said('subscription_missing', 'nothing', atStripe) }]
  }
  const kept = keptSubscription(known, seen, knowledge)
  const byKind = Map.groupBy(
    changedFields(known, seen, knowledge),
    (field) => FIELD_KINDS[field] ?? ('subscription_details' as const),
  )
  return [...byKind].map(([kind, fields]) => ({
    ...about,
    ...atStake(kind, known, seen, knowledge),
    ...said(kind, shown(fields, known), shown(fields, kept)),
  }))
}

function said(kind: DriftKind, here: string, atStripe: string) {
  return { kind, here, atStripe, meaning: MEANINGS[kind] ?? '' }
}

function shown(fields: readonly Field[], subscription: Subscription): string {
  return fields.map((field) => `${snakeCase(field)} ${textOf(field, subscription[field])}`).join(', ')
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

function textOf(field: Field, value: unknown): string {
  const isTime = typeof value === 'number' && /(At|Start|End|anchor)$/.test(field)
  if (isTime) return isoTime(value)
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? 'none')
}

interface Stake {
  readonly amount: number
  readonly currency: string
}

/** What a period of it costs, or by how much two of them differ. */
function atStake(kind: DriftKind, known: Subscription, seen: ObservedSubscription, knowledge: Knowledge): Stake {
  if (kind === 'subscription_price') {
    const [held, paid] = [priceOf(known.priceId, knowledge), priceOf(seen.priceId, knowledge)]
    return { ...paid, amount: Math.abs(held.amount - paid.amount) }
  }
  if (kind === 'subscription_status' && isLive(known) !== isLive(seen)) return priceOf(seen.priceId, knowledge)
  return noPrice(knowledge)
}

function priceOf(priceId: string | null, { catalogue, priceIds }: Pick<Knowledge, 'catalogue' | 'priceIds'>): Stake {
  const price = priceId === null ? null : findPrice(catalogue, priceIds, priceId)
  return { amount: price?.amount ?? 0, currency: price?.currency ?? catalogue.currency }
}

function noPrice({ catalogue }: Pick<Knowledge, 'catalogue'>): Stake {
  return { amount: 0, currency: catalogue.currency }
}

function unknownSubscription(
  { user, customerId }: OurHoldings,
  known: Subscription | undefined,
  knowledge: Knowledge,
): readonly Difference[] {
  if (known === undefined || isEnded(known)) return []
  return [
    {
      kind: 'subscription_unknown',
      user,
      customerId,
      objectId: known.id,
      here: `${known.status}, plan ${known.planName ?? 'unknown'}`,
      atStripe: 'Stripe does not know it',
      meaning: 'The user has what nobody is charged for; mended, it has ended.',
      ...priceOf(known.priceId, knowledge),
    },
  ]
}

/** All but the newest: each is charged, and the user can have use of one only. */
function doubleSubscription(
  { user, customerId }: OurHoldings,
  { subscriptions }: StripeHoldings,
  knowledge: Knowledge,
): readonly Difference[] {
  const [newest, ...others] = subscriptions.filter(isLive).toSorted((one, other) => other.createdAt - one.createdAt)
  return others.map((extra) => ({
    kind: 'two_live_subscriptions',
    user,
    customerId,
    objectId: extra.id,
    here: 'a user has one live subscription at most',
    atStripe: `${extra.id} is ${extra.status} beside ${newest?.id}`,
    meaning: 'The user is charged twice. Cancel one of the two at Stripe, and give its money back.',
    ...priceOf(extra.priceId, knowledge),
  }))
}

const MISSING: Record<PaymentKind, DriftKind> = {
  invoice: 'invoice_missing',
  payment: 'payment_missing',
  refund: 'refund_missing',
}
const DIFFERS: Record<PaymentKind, DriftKind> = {
  invoice: 'invoice_differs',
  payment: 'payment_differs',
  refund: 'refund_differs',
}

function entryDifferences(
  { user, customerId, payments }: OurHoldings,
  seen: Payment,
  entries: readonly Payment[],
): readonly Difference[] {
  const known = payments.get(seen.id)
  const isRefundKnown = known?.refundedAmount === seen.refundedAmount
  if (isEntryKnown(known, seen) && isRefundKnown) return []
  const amount = differenceIn(known, seen) + untoldRefund(known, seen, payments, entries)
  return [
    {
      kind: (known === undefined ? MISSING : DIFFERS)[seen.kind],
      user,
      customerId,
      objectId: seen.id,
      here: known === undefined ? 'nothing' : entryText(known),
      atStripe: entryText(seen),
      meaning: 'The billing history that the user sees is not what was charged.',
      amount,
      currency: seen.currency,
    },
  ]
}

function entryText({ amount, currency, status, refundedAmount }: Payment): string {
  const refunded = refundedAmount > 0 ? `, of which ${moneyText(refundedAmount, currency)} was given back` : ''
  return `${moneyText(amount, currency)} ${status}${refunded}`
}

/** What moved: an invoice that nobody has paid is no money yet. */
function moneyIn({ kind, status, amount }: Payment): number {
  if (kind === 'refund') return status === 'failed' || status === 'canceled' ? 0 : amount
  return status === 'paid' ? amount : 0
}

function differenceIn(known: Payment | undefined, seen: Payment): number {
  if (known === undefined || known.currency !== seen.currency) return moneyIn(seen)
  return Math.abs(moneyIn(known) - moneyIn(seen))
}

/** What was given back of it hangs on the refunds, where they differ too: the same money is counted once. */
function untoldRefund(
  known: Payment | undefined,
  seen: Payment,
  payments: OurHoldings['payments'],
  entries: readonly Payment[],
): number {
  if (known === undefined || known.currency !== seen.currency) return 0
  const told = entries
    .filter(({ refundOf }) => refundOf === seen.id)
    .reduce((sum, refund) => sum + differenceIn(payments.get(refund.id), refund), 0)
  return Math.max(0, Math.abs(known.refundedAmount - seen.refundedAmount) - told)
}

/** A decided one stays decided, so that only a state that we would take over is a difference. */
function disputeDifferences({ user, customerId, disputes }: OurHoldings, seen: ObservedDispute): readonly Difference[] {
  const known = disputes.find(({ id }) => id === seen.id)
  if (known?.state === seen.state && known.amount === seen.amount) return []
  if (known !== undefined && isDecided(known.state) && !isDecided(seen.state)) return []
  return [
    {
      kind: known === undefined ? 'dispute_missing' : 'dispute_differs',
      user,
      customerId,
      objectId: seen.id,
      here: known === undefined ? 'nothing' : `${moneyText(known.amount, known.currency)} ${known.state}`,
      atStripe: `${moneyText(seen.amount, seen.currency)} ${seen.state}`,
      meaning: 'Money is with the bank, or back from it, and access does not follow.',
      amount: seen.amount,
      currency: seen.currency,
    },
  ]
}
