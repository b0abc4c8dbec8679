import type { Answered } from '../domain/idempotency.ts'
import type { WishOf } from '../domain/intent.ts'
import { openWish } from '../domain/subscribing.ts'
import { incompleteSubscription, liveSubscription } from '../domain/subscription.ts'
import { fulfil } from './fulfil-wish.ts'
import { type PaymentMethodAnswer, pursuePaymentMethod } from './pursue-payment-method.ts'
import { newIntent, type Request, type Selling } from './wishes.ts'

export interface PaymentMethodRequest extends Request {
  readonly paymentMethodId: string
}

/**
 * Another card: it pays the invoices that are open at once, and is charged for all that comes. A bank that wants the
 * customer to confirm leaves an invoice open, with a client secret.
 * Refuses: `card_declined` (then nothing has changed), `validation_failed`, `in_progress`, `stripe_unavailable`.
 */
export async function setPaymentMethod(
  ports: Selling,
  request: PaymentMethodRequest,
): Promise<Answered<PaymentMethodAnswer>> {
  const { user, paymentMethodId } = request
  const wish: WishOf<'set-payment-method'> = { kind: 'set-payment-method', paymentMethodId, subscriptionId: null }
  const intent = newIntent(ports, request, wish, { paymentMethodId })
  return fulfil(ports, user, intent, {
    open: (account) =>
      openWish<WishOf<'set-payment-method'>, PaymentMethodAnswer>(account, intent, () => {
        const subscription = liveSubscription(account.subscriptions) ?? incompleteSubscription(account.subscriptions)
        return { ...wish, subscriptionId: subscription?.id ?? null }
      }),
    pursue: (opened) => pursuePaymentMethod(ports, user, opened),
    revive: async (answered) => {
      const waiting = answered.result.invoices.find(({ status }) => status === 'open')
      const clientSecret = waiting ? await ports.observatory.clientSecret(waiting.id) : null
      return { ...answered, result: { ...answered.result, client_secret: clientSecret } }
    },
  })
}
