import { Stripe } from 'stripe'
import { stripeKey } from '../../domain/intent.ts'
import type { AttemptOutcome, Gateway, PaymentAttempt } from '../../ports/gateway.ts'
import { packMetadata } from './pack-metadata.ts'
import { reached, reachedOrRefused, refusedAttempt, unavailable, wasReplayed } from './refusals.ts'
import { toPaymentIntent } from './translate/payment.ts'

/** What is needed to tell how a payment stands. */
export const PAYMENT_DETAILS = ['latest_charge']

export function paymentGateway(stripe: Stripe): Pick<Gateway, 'createCustomer' | 'pay' | 'resumePaying'> {
  return {
    async createCustomer(user, intent) {
      const { email, name } = intent.person
      const metadata = { user_id: user, intent_id: intent.id }
      const known = { ...(email === null ? {} : { email }), ...(name === null ? {} : { name }) }
      const options = { idempotencyKey: stripeKey(intent, 'customer') }
      try {
        return (await stripe.customers.create({ metadata, ...known }, options)).id
      } catch (error) {
        // Stripe's idea of an e-mail address is narrower than the app's: then the customer goes without.
        if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw unavailable(error)
        const plain = { idempotencyKey: stripeKey(intent, 'plain-customer') }
        return (await reached(stripe.customers.create({ metadata }, plain))).id
      }
    },
    async pay(user, customer, intent) {
      const { amount, currency, description, paymentMethodId, metadata, pack } = intent.wish
      try {
        const made = await stripe.paymentIntents.create(
          {
            amount,
            currency,
            customer,
            metadata: { ...metadata, ...packMetadata(pack), user_id: user, intent_id: intent.id },
            automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
            expand: PAYMENT_DETAILS,
            ...(description === null ? {} : { description }),
            ...(paymentMethodId === null ? {} : { payment_method: paymentMethodId, confirm: true }),
          },
          { idempotencyKey: stripeKey(intent, 'pay') },
        )
        return attemptOf(wasReplayed(made) ? await retrieve(stripe, made.id) : made)
      } catch (error) {
        return failedPayment(stripe, error)
      }
    },
    async resumePaying(paymentIntentId) {
      const payment = await retrieve(stripe, paymentIntentId)
      if (payment.status !== 'requires_payment_method' || payment.last_payment_error === null) return attemptOf(payment)
      const message = payment.last_payment_error.message ?? 'The card was declined.'
      return { ...(await withdrawn(stripe, paymentIntentId)), outcome: { type: 'declined', message } }
    },
  }
}

/** A declined payment is withdrawn, so that nothing can charge later; one that was never made leaves nothing. */
async function failedPayment(stripe: Stripe, error: unknown): Promise<PaymentAttempt> {
  const outcome = refusedAttempt(error)
  const made = error instanceof Stripe.errors.StripeCardError ? error.payment_intent : undefined
  if (made === undefined) return { paymentIntent: null, outcome, clientSecret: null }
  return { ...(await withdrawn(stripe, made.id)), outcome }
}

async function withdrawn(stripe: Stripe, paymentIntentId: string): Promise<Omit<PaymentAttempt, 'outcome'>> {
  await reachedOrRefused(stripe.paymentIntents.cancel(paymentIntentId))
  return { paymentIntent: toPaymentIntent(await retrieve(stripe, paymentIntentId)), clientSecret: null }
}

function attemptOf(payment: Stripe.PaymentIntent): PaymentAttempt {
  if (payment.status === 'canceled') {
    const message = payment.last_payment_error?.message ?? 'The payment was withdrawn.'
    return { paymentIntent: toPaymentIntent(payment), outcome: { type: 'declined', message }, clientSecret: null }
  }
  const settled = payment.status === 'succeeded' || payment.status === 'processing'
  const outcome: AttemptOutcome = settled ? { type: 'settled' } : { type: 'waiting' }
  return { paymentIntent: toPaymentIntent(payment), outcome, clientSecret: payment.client_secret }
}

function retrieve(stripe: Stripe, id: string): Promise<Stripe.PaymentIntent> {
  return reached(stripe.paymentIntents.retrieve(id, { expand: PAYMENT_DETAILS }))
}
