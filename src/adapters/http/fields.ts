import type { TSchema } from '@sinclair/typebox'
import { t } from 'elysia'
import { USER_ID } from '../../domain/account.ts'

/**
 * The schemas that requests and answers have in common. `rule` is what a caller is told whose field does not fit. There
 * are no defaults among them: Elysia would fill them in before it checks.
 */

const userIdRule = 'must be 1 to 128 letters, digits or any of _ . : @ -'

export const userId = t.Optional(
  t.String({
    pattern: USER_ID.source,
    rule: userIdRule,
    description:
      'The user that is meant. Required with a `metering`, `service` or `operator` token; a user’s own token stands for its `sub`.',
  }),
)

/** An object that has these fields and no others. */
export function exactly<P extends Record<string, TSchema>>(fields: P) {
  return t.Object(fields, { additionalProperties: false })
}

/**
 * Text of 1 to `longest` characters. NUL and lone surrogates are refused: databases and URLs would change them, and two
 * different texts would become one.
 */
export function text(longest: number, description: string, shortest = 1) {
  const character = '(?:[^\\u0000\\ud800-\\udfff]|[\\ud800-\\udbff][\\udc00-\\udfff])'
  return t.String({
    pattern: `^${character}{${shortest},${longest}}$`,
    rule: `must be a text of ${shortest} to ${longest} characters without NUL`,
    description,
  })
}

/** A name that Stripe gave to one of its objects. */
export function stripeId(description: string) {
  return t.String({
    pattern: '^[A-Za-z0-9_.-]{1,255}$',
    rule: 'must be an id as Stripe gives it',
    description,
  })
}

/** Always there, and null when there is nothing to tell. */
export function nullable<S extends TSchema>(schema: S) {
  return t.Union([schema, t.Null()])
}

export const time = t.String({ format: 'date-time', description: 'ISO 8601, UTC' })
export const count = t.Number({ multipleOf: 1 })
export const minorUnits = t.Number({ multipleOf: 1, description: 'In minor units of the currency' })
export const quantity = t.Number({ description: 'At most six decimals' })

export const promotionCode = text(500, 'A promotion code as the customer typed it')

/** Whether the service may be used at all. */
export const access = t.Object({
  allowed: t.Boolean(),
  reason: t.String({ description: 'A row of the table in docs/access.md' }),
  since: nullable(time),
  until: nullable(
    t.String({ format: 'date-time', description: 'When it ends unless something is paid before; else null' }),
  ),
})

/** What use costs in the running allowance period, and may cost. */
export const spending = {
  limit: nullable(t.Number({ multipleOf: 1, description: 'In minor units; null is no limit' })),
  spent: t.Number({ multipleOf: 1, description: 'What use has cost so far, in minor units' }),
  currency: t.String(),
  set_aside: nullable(
    t.Object(
      { amount: minorUnits, currency: t.String() },
      {
        description: 'A limit that the user has set in another currency: it does not hold until that is paid in again',
      },
    ),
  ),
}

export const serviceType = t.Union(
  [
    t.Literal('voice_call'),
    t.Literal('transcription'),
    t.Literal('sms'),
    t.Literal('custom_scenario'),
    t.Literal('api_call'),
  ],
  { description: 'What was used' },
)

export const usageUnit = t.Union(
  [t.Literal('minutes'), t.Literal('seconds'), t.Literal('messages'), t.Literal('scenarios'), t.Literal('calls')],
  {
    description:
      '`minutes` or `seconds` for `voice_call` and `transcription`, `messages` for `sms`, `scenarios` for `custom_scenario`, `calls` for `api_call`',
  },
)

/** One entry for every service. */
export function perService<S extends TSchema>(schema: S) {
  return t.Object({
    voice_call: schema,
    transcription: schema,
    sms: schema,
    custom_scenario: schema,
    api_call: schema,
  })
}

/** Which part of the included amount is used up, over, and charged. */
export const standing = {
  amount: quantity,
  unit: usageUnit,
  cost: t.Number({ multipleOf: 1, description: 'Amount × list rate, in minor units' }),
  included: nullable(t.Number({ description: 'null is without limit' })),
  remaining: nullable(t.Number({ description: 'null is without limit' })),
  overage: quantity,
  billable_cost: t.Number({ multipleOf: 1, description: 'What of the cost is charged, in minor units' }),
}

/** Numbers in a query are texts; Elysia's own would also take `0x10` and `1e1`. */
const DEFAULT_PAGE = 20
export const page = {
  limit: t.Optional(
    t.String({
      pattern: '^([1-9][0-9]?|100)$',
      rule: 'must be a whole number from 1 to 100',
      documentedAs: { type: 'integer', minimum: 1, maximum: 100, default: DEFAULT_PAGE },
      description: 'How many entries at most. Default: 20',
    }),
  ),
  cursor: t.Optional(
    t.String({
      pattern: '^[\\x21-\\x7e]{1,512}$',
      rule: 'must be the next_cursor of an earlier answer',
      description: 'The `next_cursor` of the page before',
    }),
  ),
}

export const nextCursor = nullable(t.String({ description: 'Where the next page starts; null on the last one' }))

/** The page that a query asks for. */
export function pageOf(query: { readonly limit?: string; readonly cursor?: string }) {
  return { limit: query.limit === undefined ? DEFAULT_PAGE : Number(query.limit), cursor: query.cursor ?? null }
}

/** No query at all: whatever is sent there is refused. */
export const noQuery = exactly({})

/** The user whom a path names. */
export const userPath = exactly({
  id: t.String({
    pattern: USER_ID.source,
    rule: 'must be 1 to 128 letters, digits or any of _ . : @ -',
    description: 'The user’s id in the app',
  }),
})

export const reason = text(500, 'Why; kept in the audit log')
