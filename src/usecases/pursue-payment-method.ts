import type { UserId } from '../domain/account.ts'
import { invalidField } from '../domain/errors.ts'
import type { Intent, WishOf } from '../domain/intent.ts'
import type { Observation } from '../domain/observation.ts'
import { customerFor, declined, type Selling, type Settled, settle } from './wishes.ts'

export interface PaymentMethodAnswer {
  readonly payment_method_id: string
  readonly subscription_id: string | null
  readonly status: string | null
  /** What was open before, and how it stands now. */
  readonly invoices: {
    readonly id: string
    readonly amount: number
    readonly currency: string
    readonly status: string
  }[]
  readonly client_secret: string | null
}

/** Pays what is open with the new card and keeps it, or leaves everything as it was. */
export async function pursuePaymentMethod(
  ports: Selling,
  user: UserId,
  intent: Intent<WishOf<'set-payment-method'>>,
): Promise<Settled<PaymentMethodAnswer>> {
  const customerId = await customerFor(ports, user, intent)
  const attempt = await ports.gateway.setPaymentMethod(customerId, intent)
  const { paymentMethodId, subscription, invoices, outcome } = attempt
  if (outcome.type === 'declined') return settle(ports, user, intent, [], { refusal: declined(outcome.message) })
  if (outcome.type === 'refused' || paymentMethodId === null) {
    const refusal =
      outcome.type === 'refused'
        ? invalidField(outcome.path, outcome.message, outcome.reason)
        : invalidField('', 'It could not be kept.')
    return settle(ports, user, intent, [], { refusal })
  }
  const seen: readonly Observation[] = [
    ...invoices.map((payment): Observation => ({ type: 'entry', payment })),
    ...(subscription ? [{ type: 'subscription', subscription } as const] : []),
  ]
  const result: PaymentMethodAnswer = {
    payment_method_id: paymentMethodId,
    subscription_id: subscription?.id ?? null,
    status: subscription?.status ?? null,
    invoices: invoices.map(({ id, amount, currency, status }) => ({ id, amount, currency, status })),
    client_secret: attempt.clientSecret,
  }
  return settle(ports, user, intent, seen, { status: 200, result, stored: { ...result, client_secret: null } })
}
