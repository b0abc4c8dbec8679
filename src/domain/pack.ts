import type { Grant } from './grant.ts'
import { DAY_MS, type Instant } from './period.ts'
import { quantityOf, SERVICES, type ServiceType } from './quantity.ts'

/** Usage that is sold once, on top of any plan: a hundred minutes for five dollars. */
export interface Pack {
  readonly name: string
  readonly displayName: string
  readonly service: ServiceType
  /** In the service's unit. */
  readonly amount: number
  readonly price: { readonly amount: number; readonly currency: string }
  /** Days after which what is left is gone; null never. */
  readonly expiresAfterDays: number | null
}

/** What of a pack stands with its payment at Stripe, so that a later catalogue does not change what was sold. */
export type SoldPack = Pick<Pack, 'name' | 'service' | 'amount' | 'expiresAfterDays'>

/** The grant that a payment has bought: one for each payment, whoever brings the news of it and however often. */
export function boughtGrant(paymentId: string, pack: SoldPack, at: Instant): Grant {
  const amount = quantityOf(pack.amount, SERVICES[pack.service].unitQuanta)
  return {
    id: `grant_${paymentId}`,
    service: pack.service,
    amount,
    remaining: amount,
    grantedAt: at,
    expiresAt: pack.expiresAfterDays === null ? null : at + pack.expiresAfterDays * DAY_MS,
    reason: `Pack ${pack.name}`,
    paymentId,
    takenBack: 0n,
  }
}
