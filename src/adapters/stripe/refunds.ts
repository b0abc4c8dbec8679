import { Stripe } from 'stripe'
import type { UserId } from '../../domain/account.ts'
import { type Intent, mustLookUp, stripeKey, type WishOf } from '../../domain/intent.ts'
import type { Gateway, RefundAttempt } from '../../ports/gateway.ts'
import { lookAtRefunds } from './look.ts'
import { reached, reachedOrMissing, reasonOf, unavailable } from './refusals.ts'
import { paymentIntentOf } from './translate/invoice.ts'

type RefundIntent = Intent<WishOf<'refund'>>

export function refundGateway(stripe: Stripe): Pick<Gateway, 'refund'> {
  return {
    async refund(user, intent) {
      const payment = await paymentBehind(stripe, intent.wish.paymentId)
      if (payment === null)
        return refused('/payment_id', 'was not paid by card through Stripe: nothing can be given back')
      try {
        const made = mustLookUp(intent) ? await madeBefore(stripe, payment, intent) : null
        const { id } = made ?? (await create(stripe, user, payment, intent))
        const seen = await lookAtRefunds(stripe, payment)
        const entries = seen.flatMap((observation) => (observation.type === 'entry' ? [observation.payment] : []))
        return { refund: entries.find((entry) => entry.id === id) ?? null, seen, outcome: { type: 'settled' } }
      } catch (error) {
        return refusedRefund(error)
      }
    },
  }
}

/** The payment intent of an entry of the history. */
async function paymentBehind(stripe: Stripe, id: string): Promise<string | null> {
  if (id.startsWith('pi_')) return id
  return paymentIntentOf(await reachedOrMissing(stripe.invoices.retrieve(id, { expand: ['payments'] })))
}

async function madeBefore(stripe: Stripe, payment_intent: string, intent: RefundIntent) {
  const { data } = await reached(stripe.refunds.list({ payment_intent, limit: 100 }))
  return data.find(({ metadata }) => metadata?.intent_id === intent.id) ?? null
}

function create(stripe: Stripe, user: UserId, payment_intent: string, intent: RefundIntent) {
  const { amount, reason, takeBack } = intent.wish
  return stripe.refunds.create(
    {
      payment_intent,
      metadata: { user_id: user, intent_id: intent.id, take_back: String(takeBack) },
      ...(amount === null ? {} : { amount }),
      ...(reason === null ? {} : { reason: reason as Stripe.RefundCreateParams.Reason }),
    },
    { idempotencyKey: stripeKey(intent, 'refund') },
  )
}

function refused(path: string, message: string, reason?: string): RefundAttempt {
  const more = reason === undefined ? {} : { reason }
  return { refund: null, seen: [], outcome: { type: 'refused', path, message, ...more } }
}

const REFUSALS: Readonly<Record<string, string>> = {
  charge_already_refunded: 'has been given back wholly',
  charge_disputed: 'is disputed at the bank, which gives the money back itself unless you win',
}

function refusedRefund(error: unknown): RefundAttempt {
  if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw unavailable(error)
  const words = REFUSALS[error.code ?? '']
  if (words !== undefined) return refused('/payment_id', words)
  if (error.param === 'amount') return refused('/amount', 'is more than what is left of the payment')
  const unknown = 'Stripe will not give it back; the operator finds the reason in the log'
  return refused('/payment_id', unknown, reasonOf(error))
}
