import type { Account } from './account.ts'
import { type Catalogue, cataloguePrices, findPlan, type PriceIds } from './catalogue.ts'
import { changeWish } from './changing-plan.ts'
import { invalidField } from './errors.ts'
import type { ChangeMoment, WishOf } from './intent.ts'
import { type Instant, isoTime } from './period.ts'
import { liveSubscription, type Subscription } from './subscription.ts'

/** Where to somebody is moved; without a price to the one that is like his present one. */
export interface MoveTarget {
  readonly planName: string
  readonly priceId: string | null
}

/** What an operator calls the target: a plan's name, a lookup key or a price id, all of today. */
export function moveTarget(catalogue: Catalogue, priceIds: PriceIds, name: string): MoveTarget {
  if (findPlan(catalogue, name)) return { planName: name, priceId: null }
  const price = cataloguePrices(catalogue).find(
    ({ lookupKey, service }) => service === null && (lookupKey === name || priceIds.get(lookupKey) === name),
  )
  const priceId = price && priceIds.get(price.lookupKey)
  if (price !== undefined && priceId !== undefined) return { planName: price.planName, priceId }
  throw invalidField('/to', 'is neither a plan of the catalogue nor one of its prices')
}

export type MoveDecision =
  | { readonly type: 'move'; readonly subscription: Subscription; readonly wish: WishOf<'change'> }
  /** What the customer has decided himself is not overruled. */
  | { readonly type: 'left'; readonly subscription: Subscription; readonly why: string }
  /** Not on that price any more. */
  | { readonly type: 'gone' }

/**
 * Whether and how a user is moved away from a price. During a trial nothing is paid yet, so that it is changed at once
 * whenever it shall hold. Refuses what `changeWish` refuses.
 */
export function decideMove(
  catalogue: Catalogue,
  priceIds: PriceIds,
  account: Account,
  move: MoveTarget & { readonly fromPriceId: string; readonly when: ChangeMoment },
  now: Instant,
): MoveDecision {
  const subscription = liveSubscription(account.subscriptions)
  if (subscription === null || subscription.priceId !== move.fromPriceId) return { type: 'gone' }
  const { cancelAt, pendingChange, status } = subscription
  if (cancelAt !== null) return { type: 'left', subscription, why: `It ends on ${isoTime(cancelAt)}.` }
  const when = status === 'trialing' ? 'now' : move.when
  const asked = { ...move, when, prorationDate: null, paymentMethodId: null, promotionCodeId: null }
  if (pendingChange !== null) {
    const wanted = changeWish(catalogue, priceIds, withoutPlans(account, subscription), asked, now)
    const isThis = pendingChange.priceId === wanted.priceId
    return { type: 'left', subscription, why: isThis ? 'It is planned already.' : 'Another change is planned.' }
  }
  return { type: 'move', subscription, wish: changeWish(catalogue, priceIds, account, asked, now) }
}

function withoutPlans(account: Account, subscription: Subscription): Account {
  return { ...account, subscriptions: [{ ...subscription, pendingChange: null }] }
}
