import { type Catalogue, findPack } from '../domain/catalogue.ts'
import { invalidField } from '../domain/errors.ts'
import type { Answered } from '../domain/idempotency.ts'
import type { WishOf } from '../domain/intent.ts'
import { unchargeable } from '../domain/money.ts'
import { openWish } from '../domain/subscribing.ts'
import { fulfil } from './fulfil-wish.ts'
import { type PaymentAnswer, pursuePayment } from './pursue-payment.ts'
import { newIntent, type Request, type Selling } from './wishes.ts'

export interface PaymentRequest extends Request {
  /** Minor units; may be left out where a pack tells it. */
  readonly amount: number | null
  readonly currency: string | null
  /** A pack of the catalogue, by its name; null for any other payment. */
  readonly pack: string | null
  readonly description: string | null
  readonly paymentMethodId: string | null
  readonly metadata: Readonly<Record<string, string>>
}

/** Ours: the link from a Stripe object back to the user and the wish that made it, and what a payment buys. */
const OWN_METADATA = ['user_id', 'intent_id', 'pack', 'pack_service', 'pack_amount', 'pack_expires_after_days']

/**
 * A one-time payment, of any amount or for a pack. With a payment method it is confirmed at once; without one the client
 * secret is for the app's payment form. Without an idempotency key two equal requests are two payments.
 * Refuses: `validation_failed`, `card_declined`, `in_progress`, `stripe_unavailable`.
 */
export async function createPaymentIntent(ports: Selling, request: PaymentRequest): Promise<Answered<PaymentAnswer>> {
  const { user, paymentMethodId, metadata } = request
  for (const name of OWN_METADATA)
    if (name in metadata) throw invalidField(`/metadata/${name}`, 'is set by the billing service; use another name')
  const wish: WishOf<'pay'> = { kind: 'pay', paymentMethodId, metadata, ...whatFor(ports.catalogue, request) }
  const intent = newIntent(ports, request, wish, wish)
  return fulfil(ports, user, intent, {
    open: (account) => openWish<WishOf<'pay'>, PaymentAnswer>(account, intent, () => intent.wish),
    pursue: (opened) => pursuePayment(ports, user, opened),
    revive: async (answered) => {
      const clientSecret = await ports.observatory.clientSecret(answered.result.payment_intent_id)
      return { ...answered, result: { ...answered.result, client_secret: clientSecret } }
    },
  })
}

type Paid = Pick<WishOf<'pay'>, 'amount' | 'currency' | 'description' | 'pack'>

/** A pack costs what the catalogue says: what the request says of it may only agree. */
function whatFor(catalogue: Catalogue, { pack: name, amount, currency, description }: PaymentRequest): Paid {
  if (name === null) {
    if (amount === null) throw invalidField('/amount', 'is required, or the name of a pack')
    const paid = { amount, currency: currency ?? catalogue.currency }
    const why = unchargeable(paid.amount, paid.currency)
    if (why !== null) throw invalidField('/amount', why)
    return { ...paid, description, pack: null }
  }
  const pack = findPack(catalogue, name)
  if (pack === null)
    throw invalidField('/pack', 'there is no such pack; GET /payments/subscription-plans lists them under packs')
  const { price, displayName, service, expiresAfterDays } = pack
  if (amount !== null && amount !== price.amount)
    throw invalidField('/amount', `is not what the pack costs (${price.amount}); leave it out`)
  if (currency !== null && currency !== price.currency)
    throw invalidField('/currency', `is not that of the pack (${price.currency}); leave it out`)
  const sold = { name, service, amount: pack.amount, expiresAfterDays }
  return { ...price, description: description ?? displayName, pack: sold }
}
