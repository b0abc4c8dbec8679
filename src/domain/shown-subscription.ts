import { type Catalogue, type PriceIds, planOfPrice } from './catalogue.ts'
import { isoTime, isoTimeOrNull } from './period.ts'
import type { ObservedSubscription, PendingChange, Subscription } from './subscription.ts'

/** A change that is to come, as it is shown. */
export interface ShownPendingChange {
  readonly plan_name: string | null
  readonly price_id: string
  /** Null: as soon as it is paid. */
  readonly effective_at: string | null
  /** Null: it does not lapse. */
  readonly expires_at: string | null
}

/** A subscription after it was changed. */
export interface ShownSubscription {
  readonly subscription_id: string
  readonly plan_name: string | null
  readonly price_id: string | null
  /** Stripe's word. */
  readonly status: string
  /** While something is left to confirm. */
  readonly client_secret: string | null
  readonly current_period_start: string
  readonly current_period_end: string
  readonly cancel_at: string | null
  readonly trial_end: string | null
  readonly pending_change: ShownPendingChange | null
}

/** A subscription as the API shows it after a change; `clientSecret` while its payment has to be confirmed. */
export function shownSubscription(
  catalogue: Catalogue,
  priceIds: PriceIds,
  subscription: ObservedSubscription & { readonly planName: string | null },
  clientSecret: string | null,
): ShownSubscription {
  return {
    subscription_id: subscription.id,
    plan_name: subscription.planName,
    price_id: subscription.priceId,
    status: subscription.status,
    client_secret: clientSecret,
    current_period_start: isoTime(subscription.currentPeriodStart),
    current_period_end: isoTime(subscription.currentPeriodEnd),
    cancel_at: isoTimeOrNull(subscription.cancelAt),
    trial_end: isoTimeOrNull(subscription.trialEnd),
    pending_change: shownPendingChange(catalogue, priceIds, subscription.pendingChange),
  }
}

/** What is planned for it, or waits for a payment; the plan is null where the price belongs to none. */
export function shownPendingChange(
  catalogue: Catalogue,
  priceIds: PriceIds,
  pending: PendingChange | null,
): ShownPendingChange | null {
  if (pending === null) return null
  return {
    plan_name: planOfPrice(catalogue, priceIds, pending.priceId)?.name ?? null,
    price_id: pending.priceId,
    effective_at: isoTimeOrNull(pending.effectiveAt),
    expires_at: isoTimeOrNull(pending.expiresAt),
  }
}

/** What is odd about the price of a subscription, in words; null for one that is on sale. */
export function planNote(
  catalogue: Catalogue,
  priceIds: PriceIds,
  { priceId, planName, price, plannedTerms }: Pick<Subscription, 'priceId' | 'planName' | 'price' | 'plannedTerms'>,
): string | null {
  if (priceId === null) return 'It was put together at Stripe by hand and has no single price, so that no plan holds.'
  const quantity = price?.quantity ?? 1
  if (quantity !== 1)
    return `Its quantity was set at Stripe by hand: the plan is charged ${quantity} times and holds once.`
  if (plannedTerms) return `From ${isoTime(plannedTerms.from)} on, the terms hold under which the plan is sold now.`
  if (planOfPrice(catalogue, priceIds, priceId) !== null) return null
  return planName === null
    ? 'Its price was set at Stripe by hand and belongs to no plan of the catalogue, so that no plan holds.'
    : 'Its price is not on sale any more. The plan holds for it until it is changed.'
}
