import type { AuditedUser } from '../../domain/account.ts'
import type { AppMessage } from '../../domain/app-message.ts'
import type { Dispute, DisputeState } from '../../domain/dispute.ts'
import type { Grant } from '../../domain/grant.ts'
import type { StoredAnswer } from '../../domain/idempotency.ts'
import type { Intent } from '../../domain/intent.ts'
import type { MeterReport, SealedReport } from '../../domain/metering.ts'
import type { Payment, PaymentKind } from '../../domain/payment.ts'
import type { ServiceType, UsageUnit } from '../../domain/quantity.ts'
import type { Subscription, SubscriptionStatus } from '../../domain/subscription.ts'
import type { DailyUsage, UsageIdentity, UsageRecord, UsageTotal } from '../../domain/usage.ts'
import type { StripeEvent } from '../../domain/webhook-event.ts'
import type { appMessages } from './schema/app-messages.ts'
import type { auditLog } from './schema/audit-log.ts'
import type { idempotencyKeys, intents } from './schema/intents.ts'
import type { meterReports } from './schema/meter-reports.ts'
import type { paymentDisputes, paymentRecords } from './schema/payments.ts'
import type { userSubscriptions } from './schema/subscriptions.ts'
import type { usageDays, usageGrants, usageRecords, usageTotals } from './schema/usage.ts'
import type { stripeWebhookEvents } from './schema/webhook-events.ts'

/*
 * Rows to domain and back. The closed words (statuses, services, units) are trusted on the way out because only this
 * program writes them and every one was checked on the way in.
 */

type Row<T extends { readonly $inferSelect: unknown }> = T['$inferSelect']

export function toSubscription(found: Row<typeof userSubscriptions>): Subscription {
  const { userId: _, seenAt, planVersion, plannedTerms, ...row } = found
  return {
    ...row,
    ...(planVersion === null ? {} : { planVersion }),
    ...(plannedTerms === null ? {} : { plannedTerms }),
    status: row.status as SubscriptionStatus,
    collectionPause: row.collectionPause as Subscription['collectionPause'],
    ...sighting(seenAt),
  }
}

export function toDispute({ userId: _, ...row }: Row<typeof paymentDisputes>): Dispute {
  return { ...row, state: row.state as DisputeState }
}

export function toPayment({ userId: _, seenAt, ...row }: Row<typeof paymentRecords>): Payment {
  return { ...row, kind: row.kind as PaymentKind, ...sighting(seenAt) }
}

function sighting(seenAt: number | null) {
  return seenAt === null ? {} : { seenAt }
}

export function toUsageRecord(row: Row<typeof usageRecords>): UsageRecord {
  const { userId: _, previous: __, serviceType, identity, unit, allowanceStart, ...same } = row
  return {
    ...same,
    service: serviceType as ServiceType,
    unit: unit as UsageUnit,
    identity: identity === null ? null : toIdentity(identity),
    allowanceStart: toAllowanceStart(allowanceStart ?? 0),
  }
}

export function toUsageTotal({ userId: _, serviceType, ...row }: Row<typeof usageTotals>): UsageTotal {
  return { ...row, service: serviceType as ServiceType, allowanceStart: toAllowanceStart(row.allowanceStart) }
}

export function toDailyUsage({ userId: _, lastRecord: __, serviceType, ...row }: Row<typeof usageDays>): DailyUsage {
  return { ...row, service: serviceType as ServiceType, allowanceStart: toAllowanceStart(row.allowanceStart) }
}

/** A primary key may not be null, so usage without a subscription stands under 0, the first moment of 1970. */
export function fromAllowanceStart(start: number | null): number {
  return start ?? 0
}

function toAllowanceStart(start: number): number | null {
  return start === 0 ? null : start
}

export function fromIdentity(identity: UsageIdentity): string {
  return identity.kind === 'event' ? `event:${identity.eventId}` : `resource:${identity.service}:${identity.resourceId}`
}

function toIdentity(identity: string): UsageIdentity {
  const [kind = '', service = ''] = identity.split(':', 2)
  if (kind === 'event') return { kind, eventId: identity.slice('event:'.length) }
  const resourceId = identity.slice(`resource:${service}:`.length)
  return { kind: 'resource', service: service as ServiceType, resourceId }
}

export function toGrant({ userId: _, serviceType, ...row }: Row<typeof usageGrants>): Grant {
  return { ...row, service: serviceType as ServiceType }
}

export function toAuditEntry({ userId, action, ...row }: Row<typeof auditLog>): AuditedUser {
  return { ...row, user: userId === '' ? null : userId, action: action as AuditedUser['action'] }
}

export function toAppMessage({ id, type, data, at }: Row<typeof appMessages>): AppMessage {
  return { id, type: type as AppMessage['type'], data: JSON.parse(data) as AppMessage['data'], at }
}

export function toMeterReport(row: Row<typeof meterReports>): MeterReport | SealedReport {
  const { id, subscriptionId, allowanceStart, windowStart, quantity, occurredAt, openedAt, value, tries, firstSentAt } =
    row
  const service = row.serviceType as ServiceType
  const report = { id, service, subscriptionId, allowanceStart, windowStart, quantity, occurredAt, openedAt }
  return value === null ? report : { ...report, value, tries, firstSentAt }
}

export function toIntent(row: Row<typeof intents>): Intent {
  const { id, fingerprint, tries, keyNumber, keyedAt, openedAt, caller, key } = row
  const idempotencyKey = caller !== null && key !== null ? { caller, key, fingerprint } : null
  const wish = { ...LATER_FIELDS[row.kind], ...JSON.parse(row.wish) } as Intent['wish']
  const person = JSON.parse(row.person) as Intent['person']
  return { id, wish, person, key: idempotencyKey, fingerprint, tries, keyNumber, keyedAt, openedAt }
}

/** What a wish has not that an older version saved. */
const LATER_FIELDS: Readonly<Record<string, object>> = {
  pay: { pack: null },
  subscribe: { trial: null, promotionCodeId: null },
}

export function toStoredAnswer(row: Row<typeof idempotencyKeys>): StoredAnswer {
  return { ...row, answer: JSON.parse(row.answer) as StoredAnswer['answer'] }
}

export function toStripeEvent(row: Pick<Row<typeof stripeWebhookEvents>, keyof StripeEvent>): StripeEvent {
  const { id, type, objectType, objectId, customerId, paymentIntentId, livemode, account, apiVersion, createdAt } = row
  return { id, type, objectType, objectId, customerId, paymentIntentId, livemode, account, apiVersion, createdAt }
}
