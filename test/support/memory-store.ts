import type { Account, AuditEntry, AuditedUser, Change, UserId } from '../../src/domain/account.ts'
import type { AppMessage } from '../../src/domain/app-message.ts'
import type { Dispute } from '../../src/domain/dispute.ts'
import type { DriftReport } from '../../src/domain/drift.ts'
import { BillingError, invalidField } from '../../src/domain/errors.ts'
import type { Grant } from '../../src/domain/grant.ts'
import type { StoredAnswer } from '../../src/domain/idempotency.ts'
import type { Intent } from '../../src/domain/intent.ts'
import { type MeterReport, OPEN_FOR_MS, type SealedReport } from '../../src/domain/metering.ts'
import { isCalledOff, type Payment } from '../../src/domain/payment.ts'
import type { ServiceType } from '../../src/domain/quantity.ts'
import { NO_SPENDING_LIMITS, type SpendingLimits } from '../../src/domain/spending.ts'
import { isLive, type Subscription } from '../../src/domain/subscription.ts'
import { allowanceOf, type TrialClaim } from '../../src/domain/trial.ts'
import {
  type DailyUsage,
  dayOf,
  totalOf,
  type UsageIdentity,
  type UsageRecord,
  type UsageTotal,
} from '../../src/domain/usage.ts'
import type { KeptEvent, StripeEvent } from '../../src/domain/webhook-event.ts'
import type { Messages } from '../../src/ports/app-messages.ts'
import type { EventLog, Inbox } from '../../src/ports/inbox.ts'
import type { Ledger } from '../../src/ports/ledger.ts'
import type { Mirror } from '../../src/ports/mirror.ts'
import type { Outbox } from '../../src/ports/outbox.ts'
import type { Records } from '../../src/ports/records.ts'

interface Books {
  customerId: string | null
  spendingLimits: SpendingLimits
  readonly subscriptions: Map<string, Subscription>
  readonly disputes: Map<string, Dispute>
  readonly intents: Map<string, Intent>
  readonly usage: UsageRecord[]
  readonly payments: Map<string, Payment>
  readonly grants: Map<string, Grant>
  readonly reports: Map<string, KeptReport>
  readonly carries: Map<ServiceType, bigint>
  readonly audit: AuditEntry[]
}

export interface KeptMessage {
  readonly user: UserId
  readonly message: AppMessage
  failedTries: number
  nextTryAt: number | null
  outcome: string | null
}

export interface KeptReport {
  readonly user: UserId
  report: MeterReport | SealedReport
  state: 'open' | 'sealed' | 'sent' | 'rejected' | 'unbilled' | 'replaced'
  nextTryAt: number | null
  billedAt: number | null
  settledAt?: number
  reason: string | null
}

interface KeptRow {
  readonly event: StripeEvent
  readonly body: Uint8Array
  state: 'received' | 'applied' | 'ignored' | 'parked' | 'failed' | 'dead'
  attempts: number
  nextTryAt: number | null
  customerId: string | null
  outcome: string | null
  receivedAt: number
  settledAt: number | null
  replayedAt: number | null
}

export interface MemoryStore {
  readonly ledger: Ledger
  readonly records: Records
  readonly inbox: Inbox
  readonly eventLog: EventLog
  readonly outbox: Outbox
  readonly mirror: Mirror
  readonly messages: Messages
  readonly told: readonly KeptMessage[]
  /** For assertions. */
  readonly events: ReadonlyMap<string, KeptRow>
  usageOf(user: UserId): readonly UsageRecord[]
  reportsOf(user: UserId): readonly KeptReport[]
  auditOf(user: UserId): readonly AuditEntry[]
}

/** The store's three ports in memory: what they promise, without a disk. Totals are summed from the records each time. */
export function memoryStore(): MemoryStore {
  const users = new Map<UserId, Books>()
  const answers = new Map<string, StoredAnswer>()
  const events = new Map<string, KeptRow>()
  const owners = new Map<string, UserId>()
  const audit: AuditedUser[] = []
  const told: KeptMessage[] = []
  const opened = new Set<string>()
  const trialClaims = new Map<string, TrialClaim>()

  function booksOf(user: UserId): Books {
    const known = users.get(user)
    if (known) return known
    const books: Books = {
      grants: new Map(),
      reports: new Map(),
      carries: new Map(),
      audit: [],
      customerId: null,
      spendingLimits: NO_SPENDING_LIMITS,
      subscriptions: new Map(),
      disputes: new Map(),
      intents: new Map(),
      usage: [],
      payments: new Map(),
    }
    users.set(user, books)
    return books
  }

  function account(user: UserId, needs: Parameters<Ledger['account']>[1]): Account {
    const books = users.get(user)
    const usage = books?.usage ?? []
    const subscriptions = [...(books?.subscriptions.values() ?? [])]
    return {
      user,
      customerId: books?.customerId ?? null,
      subscriptions: subscriptions.sort((a, b) => unpaid(a) - unpaid(b) || b.createdAt - a.createdAt).slice(0, 12),
      spendingLimits: books?.spendingLimits ?? NO_SPENDING_LIMITS,
      disputes: [...(books?.disputes.values() ?? [])].sort((a, b) => b.createdAt - a.createdAt).slice(0, 12),
      openIntents: needs.intents ? [...(books?.intents.values() ?? [])].sort((a, b) => (a.id < b.id ? -1 : 1)) : [],
      totals: needs.totals
        ? totalsOf(usage).filter((total) =>
            isAskedFor(total, needs.totals, books?.spendingLimits ?? NO_SPENDING_LIMITS),
          )
        : [],
      days: daysOf(usage).filter(({ day }) => needs.days && day >= needs.days.from && day <= needs.days.to),
      grants: [...(books?.grants.values() ?? [])].filter(
        (grant) => grant.remaining > 0n && needs.totals?.services.includes(grant.service) === true,
      ),
      record: usage.find((record) => record.id === needs.record) ?? null,
      corrections: usage.filter((record) => needs.record !== undefined && record.corrects === needs.record),
      allGrants: [...(books?.grants.values() ?? [])].filter((grant) => grant.service === needs.allGrants),
      report: reportOf(books, needs.report),
      payments: (needs.payments ?? []).flatMap((id) => books?.payments.get(id) ?? []),
      bought: [...(books?.grants.values() ?? [])].filter(
        ({ paymentId }) => paymentId !== null && needs.payments?.includes(paymentId) === true,
      ),
      usage: usage.find((record) => needs.usage && sameIdentity(record.identity, needs.usage)) ?? null,
      answer: needs.answer ? (answers.get(answerKey(needs.answer)) ?? reservation(needs.answer)) : null,
      trialClaims: (needs.trialClaims ?? []).flatMap((claim) => trialClaims.get(claim) ?? []),
      eventApplied: needs.event !== undefined && events.get(needs.event)?.state === 'applied',
    }
  }

  /** A wish under way, in whoever's account, holds its key. */
  function reservation({ caller, key }: { readonly caller: string; readonly key: string }): Account['answer'] {
    const open = [...users.values()].flatMap((books) => [...books.intents.values()])
    const holder = open.find((intent) => intent.key?.caller === caller && intent.key.key === key)
    return holder ? { fingerprint: holder.fingerprint, answer: 'pending' } : null
  }

  function apply(user: UserId, change: Change): void {
    const books = booksOf(user)
    switch (change.type) {
      case 'usage-recorded':
        books.usage.push(change.record)
        break
      case 'answer-stored':
        answers.set(answerKey(change.answer), change.answer)
        break
      case 'intent-opened':
        if (opened.has(change.intent.id)) break
        opened.add(change.intent.id)
        books.intents.set(change.intent.id, change.intent)
        break
      case 'intent-retried':
        books.intents.set(change.intent.id, change.intent)
        break
      case 'intent-closed':
        books.intents.delete(change.intentId)
        break
      case 'customer-linked':
        books.customerId = change.customerId
        owners.set(change.customerId, user)
        unpark(change.customerId, change.at)
        break
      case 'customer-deleted':
        if (books.customerId === change.customerId) books.customerId = null
        break
      case 'subscription-observed':
        books.subscriptions.set(change.subscription.id, change.subscription)
        break
      case 'payment-observed':
        books.payments.set(change.payment.id, change.payment)
        break
      case 'dispute-observed':
        books.disputes.set(change.dispute.id, change.dispute)
        break
      case 'event-applied':
        settleApplied(change.eventId, change.customerId, change.outcome, change.at)
        break
      case 'grant-given':
        if (change.grant.paymentId === null || !books.grants.has(change.grant.id))
          books.grants.set(change.grant.id, change.grant)
        break
      case 'grant-drawn':
      case 'grant-returned': {
        const { grantId } = change.draw
        const quantity = change.type === 'grant-drawn' ? change.draw.quantity : -change.draw.quantity
        const grant = books.grants.get(grantId)
        if (grant) books.grants.set(grantId, { ...grant, remaining: grant.remaining - quantity })
        break
      }
      case 'grant-taken-back': {
        const { grantId, quantity } = change.draw
        const grant = books.grants.get(grantId)
        if (grant) {
          const { remaining, takenBack } = grant
          books.grants.set(grantId, { ...grant, remaining: remaining - quantity, takenBack: takenBack + quantity })
        }
        break
      }
      case 'report-added':
        addToReport(user, books, change.report)
        break
      case 'report-sealed': {
        const kept = books.reports.get(change.report.id)
        const fresh: KeptReport = {
          user,
          report: change.report,
          state: 'sealed',
          nextTryAt: change.report.openedAt,
          billedAt: null,
          reason: null,
        }
        books.reports.set(change.report.id, kept ? { ...kept, report: change.report, state: 'sealed' } : fresh)
        if (change.carry !== null) books.carries.set(change.report.service, change.carry)
        break
      }
      case 'report-sending': {
        const kept = books.reports.get(change.reportId)
        if (kept && kept.state === 'sealed' && 'value' in kept.report) {
          const { firstSentAt, tries } = kept.report
          kept.report = { ...kept.report, tries: tries + 1, firstSentAt: firstSentAt ?? change.at }
          Object.assign(kept, { nextTryAt: change.nextTryAt, billedAt: change.billedAt })
        }
        break
      }
      case 'report-settled': {
        const settled = { state: change.outcome, nextTryAt: null, reason: change.reason, settledAt: change.at }
        Object.assign(books.reports.get(change.reportId) ?? {}, settled)
        break
      }
      case 'message-queued': {
        const { message } = change
        if (told.some((kept) => kept.message.id === message.id)) break
        told.push({ user, message, failedTries: 0, nextTryAt: message.at, outcome: null })
        break
      }
      case 'trial-claimed':
        for (const claim of change.claims)
          if (!trialClaims.has(claim)) trialClaims.set(claim, { claim, user, intentId: change.intentId })
        break
      case 'trial-released':
        for (const { claim, intentId } of trialClaims.values())
          if (intentId === change.intentId) trialClaims.delete(claim)
        break
      case 'trial-allowed':
        trialClaims.set(allowanceOf(user), { claim: allowanceOf(user), user, intentId: '' })
        break
      case 'trial-allowance-used':
        trialClaims.delete(allowanceOf(user))
        break
      case 'spending-limits-set':
        books.spendingLimits = change.limits
        break
      case 'audited':
        books.audit.push(change.entry)
        audit.push({ ...change.entry, user })
        break
      default:
        change satisfies never
    }
  }

  function unpark(customerId: string, at: number): void {
    for (const kept of events.values())
      if (kept.state === 'parked' && kept.customerId === customerId)
        Object.assign(kept, { state: 'received', nextTryAt: at })
  }

  const ledger: Ledger = {
    account: async (user, needs) => structuredClone(account(user, needs)),
    change: async (user, needs, decide) => {
      // One turn later than asked for, as with a disk: whoever forgets to wait for it is found out.
      await Promise.resolve()
      const { changes, result } = decide(structuredClone(account(user, needs)))
      for (const change of changes) apply(user, change)
      return result
    },
  }

  function usersWith(isWanted: (one: Subscription) => boolean, after: string | null, limit: number) {
    const isOn = (books: Books) => [...books.subscriptions.values()].some((one) => isWanted(one) && isLive(one))
    const found = [...users].filter(([user, books]) => isOn(books) && (after === null || user > after))
    return found
      .map(([user]) => user)
      .toSorted((one, other) => (one < other ? -1 : 1))
      .slice(0, limit)
  }

  const records: Records = {
    async payments(user, limit, cursor) {
      const newestFirst = [...(users.get(user)?.payments.values() ?? [])].sort(
        (a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1),
      )
      const start = cursor === null ? 0 : newestFirst.findIndex((payment) => payment.id === cursor) + 1
      if (cursor !== null && start === 0) throw invalidField('/cursor', 'is not one that was given out')
      const items = newestFirst.slice(start, start + limit)
      const last = items.at(-1)
      return { items, nextCursor: last && newestFirst.length > start + limit ? last.id : null }
    },
    refundsOf: async (user, paymentId) =>
      [...(users.get(user)?.payments.values() ?? [])]
        .filter(({ refundOf }) => refundOf === paymentId)
        .sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1)),
    async usageRecords(user, { service, resourceId, from, to }, limit, cursor) {
      const newestFirst = (users.get(user)?.usage ?? [])
        .toReversed()
        .sort((one, other) => (dayOf(one) < dayOf(other) ? 1 : dayOf(one) > dayOf(other) ? -1 : 0))
      const start = cursor === null ? 0 : newestFirst.findIndex(({ id }) => id === cursor) + 1
      if (cursor !== null && start === 0) throw invalidField('/cursor', 'is not one that was given out')
      const fitting = newestFirst
        .slice(start)
        .filter(
          (record) =>
            (service === null || record.service === service) &&
            (resourceId === null || record.resourceId === resourceId) &&
            (from === null || record.occurredAt >= from) &&
            (to === null || record.occurredAt < to),
        )
      return {
        items: fitting.slice(0, limit),
        nextCursor: fitting.length > limit ? (fitting[limit - 1]?.id ?? null) : null,
      }
    },
    grants: async (user) =>
      [...(users.get(user)?.grants.values() ?? [])].sort((a, b) => b.grantedAt - a.grantedAt || (a.id < b.id ? 1 : -1)),
    async auditLog(limit, cursor) {
      const newestFirst = audit.toSorted((one, other) => (one.id < other.id ? 1 : -1))
      const start = cursor === null ? 0 : newestFirst.findIndex(({ id }) => id === cursor) + 1
      if (cursor !== null && start === 0) throw invalidField('/cursor', 'is not one that was given out')
      const items = newestFirst.slice(start, start + limit)
      return { items, nextCursor: newestFirst.length > start + limit ? (items.at(-1)?.id ?? null) : null }
    },
    userOfCustomer: async (customerId) => owners.get(customerId) ?? null,
    usersOnPrice: async (priceId, after, limit) => usersWith((one) => one.priceId === priceId, after, limit),
    usersOnPlan: async (planName, after, limit) => usersWith((one) => one.planName === planName, after, limit),
    usersWithOpenIntents: async () => [...users].filter(([, books]) => books.intents.size > 0).map(([user]) => user),
  }

  const inbox: Inbox = {
    async receive(event, body, at) {
      if (events.has(event.id)) return 'known'
      const { customerId } = event
      const nothingYet = { attempts: 0, nextTryAt: at, customerId, outcome: null, settledAt: null, replayedAt: null }
      events.set(event.id, { event, body, state: 'received', receivedAt: at, ...nothingYet })
      return 'stored'
    },
    due: async (at, limit, except = []) =>
      [...events.values()]
        .filter((kept) => kept.nextTryAt !== null && kept.nextTryAt <= at)
        .filter(({ event, customerId }) => !except.includes(customerId ?? event.id))
        .sort((a, b) => (a.nextTryAt ?? 0) - (b.nextTryAt ?? 0))
        .slice(0, limit)
        .map((kept) => {
          const { body, attempts, replayedAt } = kept
          return { event: asKeptEvent(kept).event, body, attempts, isReplayed: replayedAt !== null }
        }),
    counts: async () => {
      const kept = [...events.values()]
      const since = (some: readonly KeptRow[]) =>
        some.length === 0 ? null : Math.min(...some.map(({ receivedAt }) => receivedAt))
      const waiting = kept.filter(({ nextTryAt }) => nextTryAt !== null)
      const parked = kept.filter(({ state }) => state === 'parked')
      return {
        dead: kept.filter(({ state }) => state === 'dead').length,
        waiting: waiting.length,
        waitingSince: since(waiting),
        parked: parked.length,
        parkedSince: since(parked),
      }
    },
    ignore: async (id, outcome, at) => settle(id, { state: 'ignored', outcome, nextTryAt: null, settledAt: at }),
    park: async (id, customerId, outcome) => {
      if (!owners.has(customerId)) settle(id, { state: 'parked', customerId, outcome, nextTryAt: null })
    },
    fail: async (id, outcome, nextTryAt) => {
      const attempts = (events.get(id)?.attempts ?? 0) + 1
      settle(id, { state: nextTryAt === null ? 'dead' : 'failed', outcome, nextTryAt, attempts })
    },
  }

  let caughtUpTo: number | null = null
  let driftReport: DriftReport | null = null
  const mirror: Mirror = {
    async customers(limit, cursor) {
      const links = [...users]
        .flatMap(([user, { customerId }]) => (customerId === null ? [] : [{ user, customerId }]))
        .filter(({ customerId }) => cursor === null || customerId > cursor)
        .sort((one, other) => (one.customerId < other.customerId ? -1 : 1))
      const items = links.slice(0, limit)
      return { items, nextCursor: links.length > limit ? (items.at(-1)?.customerId ?? null) : null }
    },
    subscriptions: async (user) => [...(users.get(user)?.subscriptions.values() ?? [])],
    payments: async (user) => new Map(users.get(user)?.payments ?? []),
    entryCount: async (user, customerId) =>
      [...(users.get(user)?.payments.values() ?? [])].filter(
        (entry) => entry.customerId === customerId && !isCalledOff(entry),
      ).length,
    payment: async (id) => [...users.values()].map(({ payments }) => payments.get(id)).find(Boolean) ?? null,
    caughtUpTo: async () => caughtUpTo,
    noteCaughtUp: async (at) => {
      caughtUpTo = at
    },
    driftReport: async () => driftReport,
    noteDriftReport: async (report) => {
      driftReport = structuredClone(report)
    },
  }

  const eventLog: EventLog = {
    async list({ state, type, customerId, objectId }, limit, cursor) {
      const newestFirst = [...events.values()].reverse()
      const start = cursor === null ? 0 : newestFirst.findIndex(({ event }) => event.id === cursor) + 1
      if (cursor !== null && start === 0) throw invalidField('/cursor', 'is not one that was given out')
      const fitting = newestFirst
        .slice(start)
        .filter(
          (kept) =>
            (state === null || kept.state === state) &&
            (type === null || kept.event.type === type) &&
            (customerId === null || kept.customerId === customerId) &&
            (objectId === null || kept.event.objectId === objectId),
        )
      const items = fitting.slice(0, limit)
      return {
        items: items.map(asKeptEvent),
        nextCursor: fitting.length > limit ? (items.at(-1)?.event.id ?? null) : null,
      }
    },
    async find(id) {
      const kept = events.get(id)
      return kept ? { ...asKeptEvent(kept), body: kept.body } : null
    },
    async replay(replays, at) {
      const there = replays.filter(({ eventId }) => events.has(eventId))
      for (const { eventId, audit: entry } of there) {
        const kept = events.get(eventId)
        const again = { state: 'received', attempts: 0, nextTryAt: at, replayedAt: at, settledAt: null }
        Object.assign(kept ?? {}, again)
        audit.push({ ...entry, user: owners.get(kept?.customerId ?? '') ?? null })
      }
      return there.map(({ eventId }) => eventId)
    },
  }

  const allReports = () => [...users.values()].flatMap((books) => [...books.reports.values()])
  const outbox: Outbox = {
    due: async (at, limit) =>
      allReports()
        .filter(({ nextTryAt }) => nextTryAt !== null && nextTryAt <= at)
        .toSorted((one, other) => (one.nextTryAt ?? 0) - (other.nextTryAt ?? 0))
        .slice(0, limit)
        .map(({ user, report }) => ({ user, report, customerId: users.get(user)?.customerId ?? null })),
    unsettled: async (user) =>
      allReports()
        .filter((kept) => kept.user === user && kept.nextTryAt !== null)
        .toSorted((one, other) => (one.nextTryAt ?? 0) - (other.nextTryAt ?? 0))
        .map(({ report }) => ({ user, report, customerId: users.get(user)?.customerId ?? null })),
    sentOrUnknown: async (user, service, from, to) =>
      allReports()
        .filter(
          (kept) =>
            kept.user === user &&
            kept.report.service === service &&
            (kept.billedAt ?? -1) >= from &&
            (kept.billedAt ?? Infinity) < to,
        )
        .filter(({ state }) => state === 'sent' || state === 'sealed')
        .flatMap(({ report, state, settledAt = null, billedAt = null }) =>
          'value' in report ? [{ report, settled: state === 'sent', settledAt, billedAt }] : [],
        ),
    billedWithin: async (from, to) => {
      const sent = allReports().filter(
        (kept) => kept.state === 'sent' && (kept.billedAt ?? -1) >= from && (kept.billedAt ?? Infinity) < to,
      )
      const meters = sent.map(({ user, report }) => ({
        user,
        service: report.service,
        customerId: users.get(user)?.customerId ?? null,
      }))
      return [...new Map(meters.map((meter) => [`${meter.user} ${meter.service}`, meter])).values()]
    },
    setAside: async (limit, cursor) => {
      if (cursor !== null && !cursor.startsWith('report_')) throw invalidField('/cursor', 'is not one of ours')
      const all = allReports()
        .filter(({ report, state }) => (state === 'rejected' || state === 'unbilled') && report.id > (cursor ?? ''))
        .sort((one, other) => (one.report.id < other.report.id ? -1 : 1))
      const items = all.slice(0, limit).map(({ user, report, state, reason }) => ({
        user,
        report,
        state: state === 'rejected' ? ('rejected' as const) : ('unbilled' as const),
        reason,
      }))
      return { items, nextCursor: all.length > limit ? (items.at(-1)?.report.id ?? null) : null }
    },
    userOfReport: async (id) => allReports().find(({ report }) => report.id === id)?.user ?? null,
  }

  function settle(id: string, values: Partial<KeptRow>): void {
    const kept = events.get(id)
    if (kept && kept.state !== 'applied') Object.assign(kept, values)
  }

  function settleApplied(id: string, found: string | null, outcome: string, settledAt: number): void {
    const customerId = events.get(id)?.customerId ?? found
    settle(id, { state: 'applied', customerId, outcome, nextTryAt: null, settledAt })
  }

  async function toldOf(id: string, values: Partial<KeptMessage>): Promise<void> {
    const kept = told.find(({ message }) => message.id === id)
    if (kept) Object.assign(kept, { failedTries: kept.failedTries + 1, ...values })
  }

  const messages: Messages = {
    due: async (at, limit) =>
      told
        .filter(({ nextTryAt }) => nextTryAt !== null && nextTryAt <= at)
        .toSorted((one, other) => (one.nextTryAt ?? 0) - (other.nextTryAt ?? 0))
        .slice(0, limit)
        .map(({ user, message, failedTries }) => ({ user, message, failedTries })),
    told: (id) => toldOf(id, { nextTryAt: null, outcome: null }),
    retry: (id, outcome, nextTryAt) => toldOf(id, { nextTryAt, outcome }),
    giveUp: (id, outcome) => toldOf(id, { nextTryAt: null, outcome }),
  }

  return {
    mirror,
    ledger,
    records,
    inbox,
    eventLog,
    outbox,
    messages,
    told,
    events,
    usageOf: (user) => users.get(user)?.usage ?? [],
    reportsOf: (user) => [...(users.get(user)?.reports.values() ?? [])],
    auditOf: (user) => users.get(user)?.audit ?? [],
  }
}

function asKeptEvent(kept: KeptRow): KeptEvent {
  const { event, customerId, state, attempts, outcome, receivedAt, settledAt, nextTryAt, replayedAt } = kept
  return { event: { ...event, customerId }, state, attempts, outcome, receivedAt, settledAt, nextTryAt, replayedAt }
}

/** What was never paid comes last. */
function unpaid({ status }: Subscription): number {
  return status === 'incomplete_expired' ? 1 : 0
}

function reportOf(books: Books | undefined, id: string | undefined): Account['report'] {
  const kept = id === undefined ? undefined : books?.reports.get(id)
  return kept ? { report: kept.report, carry: books?.carries.get(kept.report.service) ?? 0n } : null
}

function addToReport(user: UserId, books: Books, added: MeterReport): void {
  const open = [...books.reports.values()].find(
    ({ state, report }) =>
      state === 'open' &&
      report.service === added.service &&
      report.subscriptionId === added.subscriptionId &&
      report.allowanceStart === added.allowanceStart &&
      report.windowStart === added.windowStart,
  )
  const nextTryAt = added.openedAt + OPEN_FOR_MS
  if (open === undefined)
    books.reports.set(added.id, { user, report: added, state: 'open', nextTryAt, billedAt: null, reason: null })
  else {
    const { quantity, occurredAt } = open.report
    open.report = {
      ...open.report,
      quantity: quantity + added.quantity,
      occurredAt: Math.max(occurredAt, added.occurredAt),
    }
  }
}

/** A store whose disk is gone. */
export function brokenLedger(): Ledger {
  const refuse = async () => {
    throw new BillingError('storage_unavailable', 'The disk is gone.', { retryAfterSeconds: 5 })
  }
  return { account: refuse, change: refuse }
}

function isAskedFor(
  total: UsageTotal,
  asked: Parameters<Ledger['account']>[1]['totals'],
  { user, operator }: SpendingLimits,
): boolean {
  const isOfAll = asked?.ofAll === true || user !== null || operator !== null
  return (isOfAll || asked?.services.includes(total.service) === true) && asked?.months.includes(total.month) === true
}

function answerKey({ caller, key }: { readonly caller: string; readonly key: string }): string {
  return JSON.stringify([caller, key])
}

function sameIdentity(one: UsageIdentity | null, other: UsageIdentity): boolean {
  return one !== null && Bun.deepEquals(one, other)
}

function totalsOf(usage: readonly UsageRecord[]): UsageTotal[] {
  return added(usage.map(totalOf), (total) => [total.service, total.month, total.allowanceStart, total.rate])
}

function daysOf(usage: readonly UsageRecord[]): DailyUsage[] {
  const days = usage.map((record) => {
    const { month: _, ...rest } = totalOf(record)
    return { ...rest, day: dayOf(record) }
  })
  return added(days, (entry) => [entry.service, entry.day, entry.allowanceStart, entry.rate])
}

type Sum = Pick<UsageTotal, 'quantity' | 'rated' | 'granted' | 'overage' | 'billable'>

function added<T extends Sum>(entries: readonly T[], keyOf: (entry: T) => readonly unknown[]): T[] {
  const sums = new Map<string, T>()
  for (const entry of entries) {
    const key = JSON.stringify(keyOf(entry))
    const sum = sums.get(key)
    if (sum === undefined) sums.set(key, entry)
    else
      sums.set(key, {
        ...entry,
        quantity: sum.quantity + entry.quantity,
        rated: sum.rated + entry.rated,
        granted: sum.granted + entry.granted,
        overage: sum.overage + entry.overage,
        billable: sum.billable + entry.billable,
      })
  }
  return [...sums.values()]
}
