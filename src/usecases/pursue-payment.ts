import type { UserId } from '../domain/account.ts'
import { invalidField } from '../domain/errors.ts'
import { type Intent, mustLookUp, type WishOf } from '../domain/intent.ts'
import { customerFor, declined, type Selling, type Settled, settle } from './wishes.ts'

export interface PaymentAnswer {
  readonly payment_intent_id: string
  readonly client_secret: string | null
  readonly status: string
  readonly amount: number
  readonly currency: string
}

/** Makes the payment that was wished for; a declined one is cancelled and stands in the history as failed. */
export async function pursuePayment(
  ports: Selling,
  user: UserId,
  intent: Intent<WishOf<'pay'>>,
): Promise<Settled<PaymentAnswer>> {
  const customerId = await customerFor(ports, user, intent)
  const made = mustLookUp(intent) ? await ports.observatory.madeBy(intent, customerId) : null
  const { paymentIntent, outcome, clientSecret } =
    made === null ? await ports.gateway.pay(user, customerId, intent) : await ports.gateway.resumePaying(made)
  const seen = paymentIntent ? [{ type: 'payment-intent', paymentIntent } as const] : []
  if (outcome.type === 'refused')
    return settle(ports, user, intent, seen, { refusal: invalidField(outcome.path, outcome.message, outcome.reason) })
  if (outcome.type === 'declined' || paymentIntent === null) {
    const words = outcome.type === 'declined' ? outcome.message : 'The payment could not be made.'
    return settle(ports, user, intent, seen, { refusal: declined(words) })
  }
  const result: PaymentAnswer = {
    payment_intent_id: paymentIntent.id,
    client_secret: clientSecret,
    status: paymentIntent.status,
    amount: paymentIntent.amount,
    currency: paymentIntent.currency,
  }
  return settle(ports, user, intent, seen, { status: 201, result, stored: { ...result, client_secret: null } })
}
