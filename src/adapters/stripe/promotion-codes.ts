import type { Stripe } from 'stripe'
import { invalidField } from '../../domain/errors.ts'
import { reached } from './refusals.ts'

/** Stripe's id of a code that customers type; refuses one that does not hold. Null stays null. */
export async function promotionCodeId(stripe: Stripe, code: string | null): Promise<string | null> {
  if (code === null) return null
  const { data } = await reached(stripe.promotionCodes.list({ code, active: true, limit: 1 }))
  if (data[0] !== undefined) return data[0].id
  throw invalidField('/promotion_code', 'is not a code that holds (any more)')
}
