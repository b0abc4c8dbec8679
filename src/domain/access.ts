import type { Account } from './account.ts'
import type { Catalogue } from './catalogue.ts'
import { type Dispute, disputeAgainst } from './dispute.ts'
import { DAY_MS, type Instant } from './period.ts'
import { chargesFirstUse, DEFAULT_GRACE_DAYS, type Plan } from './plan.ts'
import { planBought } from './plan-version.ts'
import { currentSubscription, type Subscription, type SubscriptionStatus } from './subscription.ts'

export type AccessReason =
  | 'no_subscription'
  | SubscriptionStatus
  | 'payment_disputed'
  | 'collection_paused'
  | 'grace_period_ended'
  | 'payment_method_required'

export interface Access {
  readonly allowed: boolean
  readonly reason: AccessReason
  /** Since when it stands so; null when there never was a subscription. */
  readonly since: Instant | null
  /** When access ends unless something is paid before; null when nothing is in the way. */
  readonly until: Instant | null
}

/** All that access depends on. */
interface Circumstances {
  readonly subscription: Subscription
  readonly plan: Plan | null
  /** The dispute that stands in the way. */
  readonly dispute: Dispute | null
  /** When patience with an unpaid invoice ends, counted from its first failed payment; null when nothing is unpaid. */
  readonly graceEndsAt: Instant | null
  readonly now: Instant
}

interface AccessRule {
  readonly reason: AccessReason
  readonly allowed: boolean
  /** In words, for the documentation, which a test compares with this. */
  readonly when: string
  readonly sinceWhen: string
  holds(circumstances: Circumstances): boolean
  since(circumstances: Circumstances): Instant
}

const STATUS_CHANGE = 'the status changed'
const statusSince = ({ subscription }: Circumstances): Instant => subscription.statusSince

const ACTIVE: AccessRule = {
  reason: 'active',
  allowed: true,
  when: 'nothing is in the way; also where collection is paused and the invoices are kept or written off',
  sinceWhen: STATUS_CHANGE,
  holds: () => true,
  since: statusSince,
}

/** The one table from how a subscription stands to whether the service may be used: the first row that holds decides. */
export const ACCESS_TABLE: readonly AccessRule[] = [
  {
    reason: 'incomplete',
    allowed: false,
    when: 'the first payment has not been made yet',
    sinceWhen: STATUS_CHANGE,
    holds: ({ subscription }) => subscription.status === 'incomplete',
    since: statusSince,
  },
  {
    reason: 'incomplete_expired',
    allowed: false,
    when: 'the first payment was never made',
    sinceWhen: STATUS_CHANGE,
    holds: ({ subscription }) => subscription.status === 'incomplete_expired',
    since: statusSince,
  },
  {
    reason: 'canceled',
    allowed: false,
    when: 'it has ended; also where it was cancelled at once and paid time was left',
    sinceWhen: 'it ended',
    holds: ({ subscription }) => subscription.status === 'canceled',
    since: ({ subscription }) => subscription.endedAt ?? subscription.statusSince,
  },
  {
    reason: 'payment_disputed',
    allowed: false,
    when: 'a payment of it is disputed at the bank, or was lost there and no later period is paid',
    sinceWhen: 'the dispute was opened',
    holds: ({ dispute }) => dispute !== null,
    since: ({ dispute, subscription }) => dispute?.createdAt ?? subscription.statusSince,
  },
  {
    reason: 'paused',
    allowed: false,
    when: 'Stripe’s status is `paused`: a trial that ended without a card, or somebody paused it',
    sinceWhen: STATUS_CHANGE,
    holds: ({ subscription }) => subscription.status === 'paused',
    since: statusSince,
  },
  {
    reason: 'collection_paused',
    allowed: false,
    when: 'collection is paused and its invoices are voided: nobody pays, so nothing is served',
    sinceWhen: 'it was seen so',
    holds: ({ subscription }) => subscription.collectionPause === 'void',
    since: ({ subscription }) => subscription.collectionPausedSince ?? subscription.statusSince,
  },
  {
    reason: 'unpaid',
    allowed: false,
    when: 'Stripe has given up collecting an invoice, whatever grace is left',
    sinceWhen: STATUS_CHANGE,
    holds: ({ subscription }) => subscription.status === 'unpaid',
    since: statusSince,
  },
  {
    reason: 'grace_period_ended',
    allowed: false,
    when: 'an invoice is unpaid and the plan’s `grace_days` since its first failed payment are over',
    sinceWhen: 'the grace ended',
    holds: ({ graceEndsAt, now }) => graceEndsAt !== null && now >= graceEndsAt,
    since: ({ graceEndsAt, now }) => graceEndsAt ?? now,
  },
  {
    reason: 'payment_method_required',
    allowed: false,
    when: 'the plan charges from the first use on and there is no card',
    sinceWhen: STATUS_CHANGE,
    holds: ({ subscription, plan }) => plan !== null && chargesFirstUse(plan) && !subscription.hasPaymentMethod,
    since: statusSince,
  },
  {
    reason: 'past_due',
    allowed: true,
    when: 'an invoice is unpaid and the grace runs',
    sinceWhen: 'its first failed payment',
    holds: ({ subscription }) => subscription.status === 'past_due',
    since: ({ subscription }) => subscription.pastDueSince ?? subscription.statusSince,
  },
  {
    reason: 'trialing',
    allowed: true,
    when: 'a trial runs',
    sinceWhen: STATUS_CHANGE,
    holds: ({ subscription }) => subscription.status === 'trialing',
    since: statusSince,
  },
  ACTIVE,
]

type Standing = Pick<Account, 'subscriptions' | 'disputes'>

/** Whether the service may be used, and why. */
export function accessOf(catalogue: Catalogue, { subscriptions, disputes }: Standing, now: Instant): Access {
  const subscription = currentSubscription(subscriptions)
  if (subscription === null) return { allowed: false, reason: 'no_subscription', since: null, until: null }
  const plan = planBought(catalogue, subscription)
  const dispute = catalogue.disputesSuspend ? disputeAgainst(disputes, subscription) : null
  const graceEndsAt = graceEndOf(plan, subscription)
  const circumstances: Circumstances = { subscription, plan, dispute, graceEndsAt, now }
  const rule = ACCESS_TABLE.find(({ holds }) => holds(circumstances)) ?? ACTIVE
  const { reason, allowed } = rule
  return { allowed, reason, since: rule.since(circumstances), until: allowed ? graceEndsAt : null }
}

/** When patience with an unpaid invoice ends; null when nothing is unpaid. */
function graceEndOf(plan: Plan | null, { status, pastDueSince, statusSince }: Subscription): Instant | null {
  if (status !== 'past_due') return null
  return (pastDueSince ?? statusSince) + (plan?.graceDays ?? DEFAULT_GRACE_DAYS) * DAY_MS
}
