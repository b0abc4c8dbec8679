import { and, desc, eq, isNull, sql } from 'drizzle-orm'
import type { Account, Needs, UserId } from '../../domain/account.ts'
import type { Grant } from '../../domain/grant.ts'
import { NO_SPENDING_LIMITS, type SpendingLimits } from '../../domain/spending.ts'
import { MOST_SUBSCRIPTIONS } from '../../domain/subscription.ts'
import type { UsageTotal } from '../../domain/usage.ts'
import { type AccountCache, createAccountCache, type Remembered } from './account-cache.ts'
import { accountGrants } from './account-grants.ts'
import { accountUsage } from './account-usage.ts'
import { accountWishes } from './account-wishes.ts'
import type { Drizzle } from './database.ts'
import { lazily } from './lazily.ts'
import { toDispute, toPayment, toSubscription } from './rows.ts'
import { paymentDisputes, paymentRecords } from './schema/payments.ts'
import { spendingLimits } from './schema/spending-limits.ts'
import { customers, userSubscriptions } from './schema/subscriptions.ts'
import { stripeWebhookEvents } from './schema/webhook-events.ts'

const MOST_DISPUTES = 12

export interface AccountReader {
  read(user: UserId, needs: Needs): Account
  readonly cache: AccountCache
}

/**
 * Reads accounts, in one synchronous stretch and so one snapshot: what every account holds from memory, if it was read
 * before, and the few rows that are asked for beyond that by point reads. `writeSums` is called before sums are read, so that
 * those are there which the same transaction has added to.
 */
export function accountReader(database: Drizzle, writeSums: () => void): AccountReader {
  const usage = accountUsage(database, writeSums)
  const grants = accountGrants(database)
  const wishes = accountWishes(database)
  const of = sql.placeholder
  const customer = lazily(() =>
    database
      .select()
      .from(customers)
      .where(and(eq(customers.userId, of('user')), isNull(customers.deletedAt)))
      .prepare(),
  )
  const subscriptions = lazily(() =>
    database
      .select()
      .from(userSubscriptions)
      .where(eq(userSubscriptions.userId, of('user')))
      // What was never paid comes last: it must not crowd out what somebody had.
      .orderBy(sql`status = 'incomplete_expired'`, desc(userSubscriptions.createdAt))
      .limit(MOST_SUBSCRIPTIONS)
      .prepare(),
  )
  const disputes = lazily(() =>
    database
      .select()
      .from(paymentDisputes)
      .where(eq(paymentDisputes.userId, of('user')))
      .orderBy(desc(paymentDisputes.createdAt))
      .limit(MOST_DISPUTES)
      .prepare(),
  )
  const limits = lazily(() =>
    database
      .select()
      .from(spendingLimits)
      .where(eq(spendingLimits.userId, of('user')))
      .prepare(),
  )
  const payment = lazily(() =>
    database
      .select()
      .from(paymentRecords)
      .where(and(eq(paymentRecords.id, of('id')), eq(paymentRecords.userId, of('user'))))
      .prepare(),
  )
  const eventState = lazily(() =>
    database
      .select({ state: stripeWebhookEvents.state })
      .from(stripeWebhookEvents)
      .where(eq(stripeWebhookEvents.id, of('event')))
      .prepare(),
  )

  const cache = createAccountCache((user) => ({
    customerId: customer().get({ user })?.customerId ?? null,
    subscriptions: subscriptions().all({ user }).map(toSubscription),
    disputes: disputes().all({ user }).map(toDispute),
    spendingLimits: limitsFor(user),
    totals: new Map(),
    grants: new Map(),
  }))

  function limitsFor(user: UserId): SpendingLimits {
    const row = limits().get({ user })
    return row ? { user: row.userLimit, operator: row.operatorLimit } : NO_SPENDING_LIMITS
  }

  function totalsFor(
    user: UserId,
    { totals, spendingLimits: { user: own, operator } }: Remembered,
    asked: Needs['totals'],
  ): readonly UsageTotal[] {
    if (asked === undefined) return []
    const found: UsageTotal[] = []
    const all = asked.ofAll === true || own !== null || operator !== null
    for (const month of asked.months) {
      const known = totals.get(month) ?? remember(totals, month, usage.totals(user, month))
      for (const total of known) if (all || asked.services.includes(total.service)) found.push(total)
    }
    return found
  }

  function grantsFor(user: UserId, known: Remembered, asked: Needs['totals']): readonly Grant[] {
    return (asked?.services ?? []).flatMap(
      (service) => known.grants.get(service) ?? remember(known.grants, service, grants.left(user, service)),
    )
  }

  function read(user: UserId, needs: Needs): Account {
    const known = cache.of(user)
    return {
      user,
      customerId: known.customerId,
      subscriptions: known.subscriptions,
      disputes: known.disputes,
      spendingLimits: known.spendingLimits,
      openIntents: needs.intents ? wishes.open(user) : [],
      totals: totalsFor(user, known, needs.totals),
      days: needs.days ? usage.days(user, needs.days.from, needs.days.to) : [],
      grants: grantsFor(user, known, needs.totals),
      bought: (needs.payments ?? []).flatMap((id) => grants.bought(user, id)),
      usage: needs.usage ? usage.recorded(user, needs.usage) : null,
      record: needs.record === undefined ? null : usage.record(user, needs.record),
      corrections: needs.record ? usage.corrections(user, needs.record) : [],
      allGrants: needs.allGrants ? grants.all(user, needs.allGrants) : [],
      report: needs.report === undefined ? null : usage.report(user, needs.report),
      answer: needs.answer ? wishes.answer(needs.answer) : null,
      trialClaims: needs.trialClaims ? wishes.trialClaims(needs.trialClaims) : [],
      payments: (needs.payments ?? []).flatMap((id) => payment().all({ id, user })).map(toPayment),
      eventApplied: needs.event !== undefined && eventState().get({ event: needs.event })?.state === 'applied',
    }
  }

  return { read, cache }
}

function remember<K, V>(map: Map<K, V>, key: K, value: V): V {
  map.set(key, value)
  return value
}
