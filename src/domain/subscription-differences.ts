import { findPrice } from './catalogue.ts'
import type { Difference, DriftKind, OurHoldings, StripeHoldings } from './drift.ts'
import { type Knowledge, keptSubscription } from './kept-subscription.ts'
import { isoTime } from './period.ts'
import { isEnded, isLive, type ObservedSubscription, type Subscription } from './subscription.ts'

/** Whether taking this over would change what we hold of it. */
export function isSubscriptionKnown(
  known: Subscription | undefined,
  seen: ObservedSubscription,
  knowledge: Knowledge,
): boolean {
  return known !== undefined && changedFields(known, seen, knowledge).length === 0
}

/** What we hold of a subscription otherwise than Stripe, a difference for each kind of it. */
export function subscriptionDifferences(
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

/** One that we have and that Stripe does not know. */
export function unknownSubscription(
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
export function doubleSubscription(
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
