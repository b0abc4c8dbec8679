import type { UserId } from '../domain/account.ts'
import { type BillingAddress, NO_DETAILS, shownBillingDetails, type TaxId } from '../domain/billing-details.ts'
import { isCountry } from '../domain/country.ts'
import { invalidField } from '../domain/errors.ts'
import type { Answered } from '../domain/idempotency.ts'
import type { WishOf } from '../domain/intent.ts'
import { openWish } from '../domain/subscribing.ts'
import type { Ports } from '../ports.ts'
import { fulfil } from './fulfil-wish.ts'
import { type BillingDetailsAnswer, pursueBillingDetails } from './pursue-billing-details.ts'
import { newIntent, type Request, type Selling } from './wishes.ts'

export interface BillingDetailsRequest extends Request {
  /** Null leaves it as it is. */
  readonly name: string | null
  readonly address: BillingAddress | null
  /** Left out it stays as it is; null takes it away. */
  readonly taxId?: TaxId | null
}

/**
 * Says who is billed, and where: what invoices show and tax is worked out from.
 * Refuses: `validation_failed`, `in_progress`, `stripe_unavailable`.
 */
export async function setBillingDetails(
  ports: Selling,
  request: BillingDetailsRequest,
): Promise<Answered<BillingDetailsAnswer>> {
  const { user, name, address, taxId } = request
  if (address?.country && !isCountry(address.country))
    throw invalidField('/address/country', 'is no country: it takes the two letters of ISO 3166, such as DE or GB')
  const wish: WishOf<'billing-details'> = {
    kind: 'billing-details',
    name,
    address,
    ...(taxId === undefined ? {} : { taxId }),
  }
  const intent = newIntent(ports, request, wish, wish)
  return fulfil(ports, user, intent, {
    open: (account) => openWish<WishOf<'billing-details'>, BillingDetailsAnswer>(account, intent, () => wish),
    pursue: (opened) => pursueBillingDetails(ports, user, opened),
    revive: async (answered) => answered,
  })
}

/** Who is billed, as it stands at Stripe; all null for a user who is no customer yet. */
export async function billingDetails(ports: Pick<Ports, 'ledger' | 'observatory'>, user: UserId) {
  const { customerId } = await ports.ledger.account(user, {})
  const known = customerId === null ? null : await ports.observatory.billingDetails(customerId)
  return shownBillingDetails(known ?? NO_DETAILS)
}
