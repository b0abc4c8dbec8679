import { accessOf } from '../domain/access.ts'
import type { Account, UserId } from '../domain/account.ts'
import type { Catalogue } from '../domain/catalogue.ts'
import { currencyOf } from '../domain/currency.ts'
import { shownDiscounts } from '../domain/discount.ts'
import { shownAccess } from '../domain/entitlements.ts'
import { minorUnits } from '../domain/money.ts'
import { calendarMonth, type Instant, isoTimeOrNull, monthsAround } from '../domain/period.ts'
import { featuresOf, NO_FEATURES } from '../domain/plan.ts'
import { planBought } from '../domain/plan-version.ts'
import { perService, SERVICE_TYPES } from '../domain/quantity.ts'
import { planNote, shownPendingChange } from '../domain/shown-subscription.ts'
import { shownSpending } from '../domain/spending.ts'
import { standingOf } from '../domain/standing.ts'
import { currentSubscription, isLive, liveSubscription, pendingChangeAt } from '../domain/subscription.ts'
import { monthCurrency } from '../domain/usage-currencies.ts'
import type { Ports } from '../ports.ts'

/** How a user stands: subscription, access, features, and what was used in the running allowance period. */
export async function subscriptionStatus(
  ports: Pick<Ports, 'ledger' | 'clock' | 'catalogue' | 'priceIds'>,
  user: UserId,
) {
  const now = ports.clock.now()
  const account = await ports.ledger.account(user, { totals: { services: SERVICE_TYPES, months: monthsAround(now) } })
  const subscription = currentSubscription(account.subscriptions)
  const live = subscription !== null && isLive(subscription) ? subscription : null
  const plan = planBought(ports.catalogue, live)
  const discounts = live === null ? [] : shownDiscounts(live)
  return {
    has_subscription: live !== null,
    plan_name: subscription?.planName ?? null,
    price_id: live?.priceId ?? null,
    plan_note: live && planNote(ports.catalogue, ports.priceIds(), live),
    status: subscription?.status ?? null,
    current_period_start: isoTimeOrNull(live?.currentPeriodStart ?? null),
    current_period_end: isoTimeOrNull(live?.currentPeriodEnd ?? null),
    cancel_at: isoTimeOrNull(live?.cancelAt ?? null),
    trial_end: isoTimeOrNull(live?.trialEnd ?? null),
    pending_change: shownPendingChange(ports.catalogue, ports.priceIds(), pendingChangeAt(live, now)),
    discount: discounts[0] ?? null,
    discounts,
    access: shownAccess(accessOf(ports.catalogue, account, now)),
    currency: usedIn(ports.catalogue, account, now),
    current_usage: currentUsage(ports, account, now),
    spending: shownSpending(ports.catalogue, account, now),
    features: plan ? featuresOf(plan) : NO_FEATURES,
  }
}

/** The currency of what use costs: the subscription's, or that of the calendar month. */
function usedIn(catalogue: Catalogue, account: Account, now: Instant): string {
  const live = liveSubscription(account.subscriptions)
  return live === null ? monthCurrency(catalogue, account, calendarMonth(now)) : currencyOf(catalogue, live)
}

/** Per service, for the running allowance period; without a subscription for the calendar month. */
function currentUsage(ports: Pick<Ports, 'catalogue'>, account: Account, now: Instant) {
  const month = liveSubscription(account.subscriptions) === null ? calendarMonth(now) : null
  return perService((service) => {
    const standing = standingOf(ports.catalogue, account, service, now, month)
    return {
      amount: standing.amount,
      cost: minorUnits(standing.sum.exactCost),
      unit: standing.unit,
      included: standing.included,
      remaining: standing.remaining,
      overage: standing.overage,
      billable_cost: minorUnits(standing.sum.exactBillableCost),
    }
  })
}
