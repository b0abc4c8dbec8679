import type { UserId } from '../domain/account.ts'
import { NO_DETAILS, shownBillingDetails } from '../domain/billing-details.ts'
import { invalidField } from '../domain/errors.ts'
import type { Intent, WishOf } from '../domain/intent.ts'
import { customerFor, type Selling, type Settled, settle } from './wishes.ts'

export type BillingDetailsAnswer = ReturnType<typeof shownBillingDetails>

/** Says it to Stripe, for a customer that is made on this occasion if need be. */
export async function pursueBillingDetails(
  ports: Selling,
  user: UserId,
  intent: Intent<WishOf<'billing-details'>>,
): Promise<Settled<BillingDetailsAnswer>> {
  const customerId = await customerFor(ports, user, intent)
  const { details, refusal } = await ports.gateway.setBillingDetails(customerId, intent)
  if (refusal !== null) return settle(ports, user, intent, [], { refusal: invalidField(refusal.path, refusal.message) })
  const result = shownBillingDetails(details ?? NO_DETAILS)
  return settle(ports, user, intent, [], { status: 200, result, stored: result })
}
