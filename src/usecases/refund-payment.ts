import type { Account } from '../domain/account.ts'
import { disputedAmount } from '../domain/dispute.ts'
import { BillingError, invalidField } from '../domain/errors.ts'
import type { Answered } from '../domain/idempotency.ts'
import type { WishOf } from '../domain/intent.ts'
import { unchargeable } from '../domain/money.ts'
import { openWish } from '../domain/subscribing.ts'
import { fulfil } from './fulfil-wish.ts'
import { pursueRefund, type RefundAnswer } from './pursue-refund.ts'
import { newIntent, type Request, type Selling } from './wishes.ts'

export interface RefundRequest extends Omit<Request, 'person'> {
  /** Who gives it back: `operator:alice`. */
  readonly operator: string
  readonly paymentId: string
  /** Minor units; null is all that is left. */
  readonly amount: number | null
  readonly reason: string | null
  /** Null is as the catalogue has it. */
  readonly takeBack: boolean | null
  readonly note: string | null
}

const NOBODY = { email: null, name: null }

/**
 * Gives a payment back, wholly or in part, and takes back what is unused of what it bought unless told otherwise. Without an
 * idempotency key two equal requests are two refunds.
 * Refuses: `not_found`, `validation_failed` (more than is left; disputed at the bank), `idempotency_key_reused`, `stripe_unavailable`.
 */
export async function refundPayment(ports: Selling, request: RefundRequest): Promise<Answered<RefundAnswer>> {
  const { user, operator, paymentId, amount, reason, note } = request
  const takeBack = request.takeBack ?? ports.catalogue.refundsTakeBack
  const wish: WishOf<'refund'> = { kind: 'refund', paymentId, amount, reason, takeBack, operator, note }
  const intent = newIntent(ports, { ...request, person: NOBODY }, wish, wish)
  return fulfil(ports, user, intent, {
    needs: { payments: [paymentId] },
    open: (account) =>
      openWish<WishOf<'refund'>, RefundAnswer>(account, intent, () => {
        mustBeRefundable(account, amount)
        return wish
      }),
    pursue: (opened) => pursueRefund(ports, user, opened),
    revive: async (answered) => answered,
  })
}

/** As far as we know; Stripe decides. */
function mustBeRefundable({ payments: [payment], disputes }: Account, amount: number | null): void {
  if (payment === undefined || payment.kind === 'refund')
    throw new BillingError('not_found', 'This user has no invoice or payment of this id.')
  if (payment.status !== 'paid') throw invalidField('/payment_id', `is ${payment.status}: nothing was paid`)
  if (payment.amount <= 0) throw invalidField('/payment_id', 'is of nothing: there is nothing to give back')
  // The bank has the money already: given back as well, it would be lost twice.
  if (disputedAmount(disputes, payment.id) > 0)
    throw invalidField('/payment_id', 'is disputed at the bank, which gives the money back itself unless you win')
  const left = payment.amount - payment.refundedAmount
  if (left <= 0) throw invalidField('/payment_id', 'has been given back wholly')
  if (amount !== null && amount > left)
    throw invalidField('/amount', `must be at most what is left of the payment: ${left}`)
  const why = amount === null ? null : unchargeable(amount, payment.currency)
  if (why !== null) throw invalidField('/amount', why)
}
