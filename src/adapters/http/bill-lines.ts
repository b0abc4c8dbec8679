import { t } from 'elysia'
import { minorUnits, nullable, time } from './fields.ts'

/** A line of an invoice that was made, or of the next one. */
export const line = {
  description: nullable(t.String()),
  quantity: nullable(t.Number()),
  amount: minorUnits,
  proration: t.Boolean({ description: 'A part of a period, given back or charged' }),
  period_start: nullable(time),
  period_end: nullable(time),
}

export const sums = { subtotal: minorUnits, discount: minorUnits, total: minorUnits }
