import { and, asc, between, desc, eq, inArray, isNull, sql } from 'drizzle-orm'
import type { Account, Needs, UserId } from '../../domain/account.ts'
import type { Grant } from '../../domain/grant.ts'
import { NO_SPENDING_LIMITS, type SpendingLimits } from '../../domain/spending.ts'
import { MOST_SUBSCRIPTIONS } from '../../domain/subscription.ts'
import type { DailyUsage, UsageIdentity, UsageTotal } from '../../domain/usage.ts'
import { type AccountCache, createAccountCache, type Remembered } from './account-cache.ts'
import { compiledCheck } from './compiled.ts'
import type { Drizzle } from './database.ts'
import { lazily } from './lazily.ts'
import {
  fromIdentity,
  toDailyUsage,
  toDispute,
  toGrant,
  toIntent,
  toMeterReport,
  toPayment,
  toStoredAnswer,
  toSubscription,
  toUsageRecord,
  toUsageTotal,
} from './rows.ts'
import { idempotencyKeys, intents } from './schema/intents.ts'
import { meterCarries, meterReports } from './schema/meter-reports.ts'
import { paymentDisputes, paymentRecords } from './schema/payments.ts'
import { spendingLimits } from './schema/spending-limits.ts'
import { customers, trialClaims, userSubscriptions } from './schema/subscriptions.ts'
import { usageDays, usageGrants, usageRecords, usageTotals } from './schema/usage.ts'
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
  const bought = lazily(() =>
    database
      .select()
      .from(usageGrants)
      .where(and(eq(usageGrants.paymentId, of('id')), eq(usageGrants.userId, of('user'))))
      .prepare(),
  )
  const limits = lazily(() =>
    database
      .select()
      .from(spendingLimits)
      .where(eq(spendingLimits.userId, of('user')))
      .prepare(),
  )
  const openIntents = lazily(() =>
    database
      .select()
      .from(intents)
      .where(and(eq(intents.userId, of('user')), isNull(intents.closedAt)))
      .orderBy(asc(intents.id))
      .prepare(),
  )
  const usage = lazily(() =>
    database
      .select()
      .from(usageRecords)
      .where(and(eq(usageRecords.identity, of('identity')), eq(usageRecords.userId, of('user'))))
      .prepare(),
  )
  /** Asked first, for nearly always it is not: finding nothing costs less without a row to make of it. */
  const isRecorded = compiledCheck(database.$client, () =>
    database
      .select({ id: usageRecords.id })
      .from(usageRecords)
      .where(and(eq(usageRecords.identity, of('identity')), eq(usageRecords.userId, of('user')))),
  )
  const monthTotals = lazily(() =>
    database
      .select()
      .from(usageTotals)
      .where(and(eq(usageTotals.month, of('month')), eq(usageTotals.userId, of('user'))))
      .prepare(),
  )
  const record = lazily(() =>
    database
      .select()
      .from(usageRecords)
      .where(and(eq(usageRecords.id, of('id')), eq(usageRecords.userId, of('user'))))
      .prepare(),
  )
  const corrections = lazily(() =>
    database
      .select()
      .from(usageRecords)
      .where(and(eq(usageRecords.corrects, of('id')), eq(usageRecords.userId, of('user'))))
      .prepare(),
  )
  const allGrants = lazily(() =>
    database
      .select()
      .from(usageGrants)
      .where(and(eq(usageGrants.userId, of('user')), eq(usageGrants.serviceType, of('service'))))
      .prepare(),
  )
  const grants = lazily(() =>
    database
      .select()
      .from(usageGrants)
      .where(and(eq(usageGrants.userId, of('user')), eq(usageGrants.serviceType, of('service')), sql`remaining > 0`))
      .prepare(),
  )
  const report = lazily(() =>
    database
      .select()
      .from(meterReports)
      .where(and(eq(meterReports.id, of('id')), eq(meterReports.userId, of('user'))))
      .prepare(),
  )
  const carry = lazily(() =>
    database
      .select()
      .from(meterCarries)
      .where(and(eq(meterCarries.userId, of('user')), eq(meterCarries.serviceType, of('service'))))
      .prepare(),
  )
  const answer = lazily(() =>
    database
      .select()
      .from(idempotencyKeys)
      .where(and(eq(idempotencyKeys.key, of('key')), eq(idempotencyKeys.caller, of('caller'))))
      .prepare(),
  )
  const reservation = lazily(() =>
    database
      .select({ fingerprint: intents.fingerprint })
      .from(intents)
      .where(and(eq(intents.key, of('key')), eq(intents.caller, of('caller')), isNull(intents.closedAt)))
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
      const known = totals.get(month) ?? remember(totals, month, totalsIn(month, user))
      for (const total of known) if (all || asked.services.includes(total.service)) found.push(total)
    }
    return found
  }

  function totalsIn(month: string, user: UserId): readonly UsageTotal[] {
    writeSums()
    return monthTotals().all({ month, user }).map(toUsageTotal)
  }

  function grantsFor(user: UserId, known: Remembered, asked: Needs['totals']): readonly Grant[] {
    return (asked?.services ?? []).flatMap(
      (service) =>
        known.grants.get(service) ?? remember(known.grants, service, grants().all({ user, service }).map(toGrant)),
    )
  }

  /** The day leads the key, so that the rows of today lie together; a range is asked day by day. */
  function daysFor(user: UserId, days: Needs['days']): readonly DailyUsage[] {
    if (days === undefined) return []
    writeSums()
    return database
      .select()
      .from(usageDays)
      .where(
        and(
          between(usageDays.day, days.from, days.to),
          eq(usageDays.userId, user),
          inArray(usageDays.day, daysBetween(days.from, days.to)),
        ),
      )
      .all()
      .map(toDailyUsage)
  }

  function usageFor(user: UserId, identity: UsageIdentity | undefined) {
    const asked = identity && { identity: fromIdentity(identity), user }
    const row = asked && isRecorded(asked) ? usage().get(asked) : undefined
    return row ? toUsageRecord(row) : null
  }

  function recordFor(user: UserId, id: string | undefined) {
    const row = id === undefined ? undefined : record().get({ id, user })
    return row ? toUsageRecord(row) : null
  }

  function reportFor(user: UserId, id: string | undefined) {
    if (id === undefined) return null
    writeSums()
    const row = report().get({ id, user })
    if (!row) return null
    return { report: toMeterReport(row), carry: carry().get({ user, service: row.serviceType })?.carry ?? 0n }
  }

  function answerFor(key: Needs['answer']): Account['answer'] {
    if (key === undefined) return null
    const row = answer().get({ key: key.key, caller: key.caller })
    if (row) return toStoredAnswer(row)
    const held = reservation().get({ key: key.key, caller: key.caller })
    return held ? { fingerprint: held.fingerprint, answer: 'pending' } : null
  }

  function claimsFor(claims: Needs['trialClaims']): Account['trialClaims'] {
    if (claims === undefined) return []
    const rows = database
      .select()
      .from(trialClaims)
      .where(inArray(trialClaims.claim, [...claims]))
      .all()
    return rows.map(({ claim, userId, intentId }) => ({ claim, user: userId, intentId }))
  }

  function read(user: UserId, needs: Needs): Account {
    const known = cache.of(user)
    return {
      user,
      customerId: known.customerId,
      subscriptions: known.subscriptions,
      disputes: known.disputes,
      spendingLimits: known.spendingLimits,
      openIntents: needs.intents ? openIntents().all({ user }).map(toIntent) : [],
      totals: totalsFor(user, known, needs.totals),
      days: daysFor(user, needs.days),
      grants: grantsFor(user, known, needs.totals),
      bought: (needs.payments ?? []).flatMap((id) => bought().all({ id, user }).map(toGrant)),
      usage: usageFor(user, needs.usage),
      record: recordFor(user, needs.record),
      corrections: needs.record ? corrections().all({ id: needs.record, user }).map(toUsageRecord) : [],
      allGrants: needs.allGrants ? allGrants().all({ user, service: needs.allGrants }).map(toGrant) : [],
      report: reportFor(user, needs.report),
      answer: answerFor(needs.answer),
      trialClaims: claimsFor(needs.trialClaims),
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

function daysBetween(from: string, to: string): string[] {
  const days: string[] = []
  for (let day = Date.parse(from); day <= Date.parse(to); day += 86_400_000)
    days.push(new Date(day).toISOString().slice(0, 10))
  return days
}
