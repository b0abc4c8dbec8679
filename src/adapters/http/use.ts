import { type Static, t } from 'elysia'
import type { RecordUsageRequest } from '../../billing.ts'
import { exactly, nullable, quantity, serviceType, text, usageUnit, userId } from './fields.ts'
import { ISO_TIME, instantOf } from './occurrence.ts'

/** A use as it is sent. */
export const usedAmount = exactly({
  service_type: serviceType,
  usage_amount: t.Number({
    exclusiveMinimum: 0,
    rule: 'must be a number from 0.000001 to 1,000,000',
    description: 'From 0.000001 to 1,000,000, in `usage_unit`',
  }),
  usage_unit: usageUnit,
  resource_id: t.Optional(
    t.Union(
      [
        text(128, 'What was used: a call, a transcript, a conversation'),
        t.Number({ multipleOf: 1, minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }),
      ],
      {
        rule: 'must be a text of 1 to 128 characters without NUL, or a whole number below 2^53',
        description: 'What was used: a call, a transcript, a conversation. 123 and "123" are the same.',
      },
    ),
  ),
  event_id: t.Optional(text(128, 'Tells this use from every other of the user; whoever retries sends the same')),
  occurred_at: t.Optional(
    t.String({
      pattern: ISO_TIME,
      rule: 'must be a date and time with Z or an offset, such as 2026-11-22T10:15:00Z',
      description: 'At most 35 days back and 5 minutes ahead. Default: now',
    }),
  ),
  enforce: t.Optional(t.Boolean({ description: 'Record only what fits wholly. Default: false' })),
  user_id: userId,
})

/** What a recorded use answers. */
export const recordedUsage = t.Object({
  usage_record_id: t.String(),
  service_type: serviceType,
  usage_amount: quantity,
  usage_unit: usageUnit,
  cost: t.Number({ multipleOf: 1, description: 'Amount × list rate, in minor units, whatever of it is charged' }),
  currency: t.String({ description: 'The subscription’s; of a use without one the catalogue’s' }),
  billing_period: t.String({ description: 'The calendar month, `YYYY-MM`' }),
  remaining: nullable(t.Number({ description: 'What is left of the allowance; null is without limit' })),
  overage: t.Number({ description: 'What of this use lies over the allowance' }),
  limit_reached: t.Boolean(),
})

/** A checked use as the use case takes it. Refuses a time that does not exist. */
export function useOf(
  sent: Static<typeof usedAmount>,
  user: string,
  key: RecordUsageRequest['key'],
): RecordUsageRequest {
  return {
    user,
    key,
    service: sent.service_type,
    amount: sent.usage_amount,
    unit: sent.usage_unit,
    resourceId: sent.resource_id === undefined ? null : String(sent.resource_id),
    eventId: sent.event_id ?? null,
    occurredAt: sent.occurred_at === undefined ? null : instantOf('/occurred_at', sent.occurred_at),
    enforce: sent.enforce ?? false,
  }
}
