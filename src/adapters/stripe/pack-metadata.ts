import type { Stripe } from 'stripe'
import type { SoldPack } from '../../domain/pack.ts'
import { GREATEST_AMOUNT, LEAST_AMOUNT, SERVICE_TYPES } from '../../domain/quantity.ts'

/** What was sold stands with the payment itself: whoever sees it paid, and whenever, gives the same. */
export function packMetadata(pack: SoldPack | null): Stripe.MetadataParam {
  if (pack === null) return {}
  const { name, service, amount, expiresAfterDays } = pack
  const expiry = expiresAfterDays === null ? {} : { pack_expires_after_days: String(expiresAfterDays) }
  return { pack: name, pack_service: service, pack_amount: String(amount), ...expiry }
}

/** Null for a payment that is for no pack, or whose notes somebody has spoilt. */
export function packOf({ pack, pack_service, pack_amount, pack_expires_after_days }: Stripe.Metadata): SoldPack | null {
  const service = SERVICE_TYPES.find((candidate) => candidate === pack_service)
  const amount = Number(pack_amount)
  if (pack === undefined || service === undefined || !(amount >= LEAST_AMOUNT && amount <= GREATEST_AMOUNT)) return null
  const days = pack_expires_after_days === undefined ? null : Number(pack_expires_after_days)
  return { name: pack, service, amount, expiresAfterDays: days !== null && days > 0 ? days : null }
}
