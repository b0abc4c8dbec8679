import type { Change, UserId } from '../../domain/account.ts'
import type { Dispute } from '../../domain/dispute.ts'
import type { Grant } from '../../domain/grant.ts'
import type { ServiceType } from '../../domain/quantity.ts'
import type { SpendingLimits } from '../../domain/spending.ts'
import type { Subscription } from '../../domain/subscription.ts'
import { totalOf, type UsageTotal } from '../../domain/usage.ts'

/** What an account holds whatever is asked for: read from disk once, and kept right by every change that is written. */
export interface Remembered {
  readonly customerId: string | null
  subscriptions: readonly Subscription[]
  readonly disputes: readonly Dispute[]
  readonly spendingLimits: SpendingLimits
  /** By month, all services; a month that was not asked for yet is not there. */
  readonly totals: Map<string, readonly UsageTotal[]>
  readonly grants: Map<ServiceType, readonly Grant[]>
}

export interface AccountCache {
  of(user: UserId): Remembered
  /** A change has been written, though not committed yet. */
  changed(user: UserId, change: Change): void
  /** What was written has been undone: nothing that is remembered can be trusted. */
  clear(): void
}

/** About a kilobyte and a half each. */
const MOST_USERS = 20_000

/**
 * Accounts in memory. That is safe because one process writes the file, one change at a time: what is remembered changes
 * in the same step as the rows, and is forgotten when that step is undone.
 */
export function createAccountCache(load: (user: UserId) => Remembered): AccountCache {
  const accounts = new Map<UserId, Remembered>()
  return {
    of(user) {
      const known = accounts.get(user)
      if (known !== undefined) return known
      const loaded = load(user)
      if (accounts.size >= MOST_USERS) forgetOldest(accounts)
      accounts.set(user, loaded)
      return loaded
    },
    changed(user, change) {
      const known = accounts.get(user)
      if (known !== undefined && !follow(known, change)) accounts.delete(user)
    },
    clear: () => accounts.clear(),
  }
}

function forgetOldest(accounts: Map<UserId, Remembered>): void {
  for (const user of accounts.keys()) {
    accounts.delete(user)
    return
  }
}

/** Follows a change, or says that it must be read anew. */
function follow(known: Remembered, change: Change): boolean {
  switch (change.type) {
    case 'usage-recorded':
      addUsage(known.totals, totalOf(change.record))
      return true
    case 'grant-drawn':
      for (const [service, grants] of known.grants) known.grants.set(service, grants.flatMap(drawn(change.draw)))
      return true
    case 'subscription-observed':
      return followSubscription(known, change.subscription)
    case 'grant-given':
    case 'grant-returned':
    case 'grant-taken-back':
    case 'customer-linked':
    case 'customer-deleted':
    case 'dispute-observed':
    case 'spending-limits-set':
      return false
    default:
      return true
  }
}

/** One that is known and may keep its place among them. */
function followSubscription(known: Remembered, seen: Subscription): boolean {
  const index = known.subscriptions.findIndex(({ id }) => id === seen.id)
  const before = known.subscriptions[index]
  if (before?.createdAt !== seen.createdAt || isNeverPaid(before) !== isNeverPaid(seen)) return false
  known.subscriptions = known.subscriptions.with(index, seen)
  return true
}

function isNeverPaid({ status }: Subscription): boolean {
  return status === 'incomplete_expired'
}

function addUsage(totals: Map<string, readonly UsageTotal[]>, added: UsageTotal): void {
  const known = totals.get(added.month)
  if (known === undefined) return
  const isSame = (total: UsageTotal) =>
    total.service === added.service && total.allowanceStart === added.allowanceStart && total.rate === added.rate
  const index = known.findIndex(isSame)
  const before = known[index]
  totals.set(added.month, before === undefined ? [...known, added] : known.with(index, sumOf(before, added)))
}

function sumOf(one: UsageTotal, other: UsageTotal): UsageTotal {
  return {
    ...one,
    quantity: one.quantity + other.quantity,
    rated: one.rated + other.rated,
    granted: one.granted + other.granted,
    overage: one.overage + other.overage,
    billable: one.billable + other.billable,
  }
}

/** A grant that is used up is no longer part of the account. */
function drawn({ grantId, quantity }: { readonly grantId: string; readonly quantity: bigint }) {
  return (grant: Grant): readonly Grant[] => {
    if (grant.id !== grantId) return [grant]
    const remaining = grant.remaining - quantity
    return remaining > 0n ? [{ ...grant, remaining }] : []
  }
}
