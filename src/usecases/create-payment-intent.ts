import { invalidField } from '../domain/errors.ts'
import type { Answered } from '../domain/idempotency.ts'
import type { WishOf } from '../domain/intent.ts'
import { openWish } from '../domain/subscribing.ts'
import { fulfil } from './fulfil-wish.ts'
import { type PaymentAnswer, pursuePayment } from './pursue-payment.ts'
import { newIntent, type Request, type Selling } from './wishes.ts'

export interface PaymentRequest extends Request {
  /** Minor units. */
  readonly amount: number
  readonly currency: string | null
  readonly description: string | null
  readonly paymentMethodId: string | null
  readonly metadata: Readonly<Record<string, string>>
}

/** Ours: the link from a Stripe object back to the user and the wish that made it. */
const OWN_METADATA = ['user_id', 'intent_id']

/**
 * A one-time payment. With a payment method it is confirmed at once; without one the client secret is for the app's
 * payment form. Without an idempotency key two equal requests are two payments.
 * Refuses: `validation_failed`, `card_declined`, `in_progress`, `stripe_unavailable`.
 */
export async function createPaymentIntent(ports: Selling, request: PaymentRequest): Promise<Answered<PaymentAnswer>> {
  const { user, amount, description, paymentMethodId, metadata } = request
  for (const name of OWN_METADATA)
    if (name in metadata) throw invalidField(`/metadata/${name}`, 'is set by the billing service; use another name')
  const currency = request.currency ?? ports.catalogue.currency
  const wish: WishOf<'pay'> = { kind: 'pay', amount, currency, description, paymentMethodId, metadata }
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
