import type { Stripe } from 'stripe'
import type { UserId } from '../../domain/account.ts'
import { type Intent, stripeKey, type WishOf } from '../../domain/intent.ts'
import type { Observation } from '../../domain/observation.ts'
import type { CheckoutAttempt, Gateway } from '../../ports/gateway.ts'
import { lookAtCheckout } from './look.ts'
import { reached, refusedAttempt } from './refusals.ts'
import { OURS } from './setup-find.ts'
import { trialOf } from './subscriptions.ts'
import { automaticTax, type TaxSettings } from './tax.ts'
import { milliseconds } from './translate/values.ts'

type CheckoutIntent = Intent<WishOf<'checkout'>>

export function checkoutGateway(
  stripe: Stripe,
  tax: TaxSettings,
): Pick<Gateway, 'openCheckout' | 'expireCheckouts' | 'openPortal'> {
  return {
    async openCheckout(user, customer, intent, made) {
      try {
        const session =
          made === null
            ? await create(stripe, tax, user, customer, intent)
            : await stripe.checkout.sessions.retrieve(made)
        return { checkout: toCheckout(session), refusal: null }
      } catch (error) {
        const refusal = refusedAttempt(error)
        const path = refusal.type === 'refused' ? refusal.path : ''
        return { checkout: null, refusal: { path, message: refusal.message } }
      }
    },
    expireCheckouts: (customer, intent) => expireCheckouts(stripe, customer, intent),
    async openPortal(customer, return_url) {
      const configuration = await portalConfiguration(stripe)
      const ours = configuration === null ? {} : { configuration }
      return (await reached(stripe.billingPortal.sessions.create({ customer, return_url, ...ours }))).url
    },
  }
}

function toCheckout({ id, url, expires_at }: Stripe.Checkout.Session): NonNullable<CheckoutAttempt['checkout']> {
  return { id, url, expiresAt: milliseconds(expires_at) }
}

function create(stripe: Stripe, tax: TaxSettings, user: UserId, customer: string, intent: CheckoutIntent) {
  const { priceId, meteredPriceIds, currency, trial, trialAllowed, promotionCodeId, successUrl, cancelUrl } =
    intent.wish
  const metadata = { user_id: user, intent_id: intent.id }
  return stripe.checkout.sessions.create(
    {
      mode: 'subscription',
      customer,
      client_reference_id: user,
      success_url: successUrl,
      cancel_url: cancelUrl,
      line_items: [{ price: priceId, quantity: 1 }, ...meteredPriceIds.map((price) => ({ price }))],
      ...(currency === undefined ? {} : { currency }),
      metadata: { ...metadata, ...(trial === null ? {} : { trial: trialAllowed ? 'allowed' : 'first' }) },
      subscription_data: { metadata, ...trialOf(trial) },
      ...automaticTax(tax),
      // Tax needs to know where the customer is: the page asks, and keeps it with the customer.
      ...(tax.automaticTax
        ? {
            billing_address_collection: 'required' as const,
            customer_update: { address: 'auto' as const, name: 'auto' as const },
            tax_id_collection: { enabled: true },
          }
        : {}),
      ...(promotionCodeId === null ? {} : { discounts: [{ promotion_code: promotionCodeId }] }),
      ...(trial === null || trial.cardRequired ? {} : { payment_method_collection: 'if_required' as const }),
    },
    { idempotencyKey: stripeKey(intent, 'checkout') },
  )
}

/** The one that `stripe setup` has made: it offers what the API does. Without one the account's own holds. */
async function portalConfiguration(stripe: Stripe): Promise<string | null> {
  const { data } = await reached(stripe.billingPortal.configurations.list({ active: true, limit: 100 }))
  return data.find(({ metadata }) => metadata?.managed_by === OURS.managed_by)?.id ?? null
}

/** Only one page at a time can be paid. One that is being paid at this very moment cannot be closed: then it is looked at. */
async function expireCheckouts(stripe: Stripe, customer: string, intent: Intent): Promise<readonly Observation[]> {
  const { data } = await reached(stripe.checkout.sessions.list({ customer, status: 'open', limit: 100 }))
  const ours = data.filter(({ metadata }) => metadata?.intent_id !== undefined && metadata.intent_id !== intent.id)
  const seen: Observation[] = []
  for (const { id } of ours) {
    try {
      await stripe.checkout.sessions.expire(id)
    } catch (error) {
      refusedAttempt(error)
      seen.push(...(await lookAtCheckout(stripe, id)))
    }
  }
  return seen
}
