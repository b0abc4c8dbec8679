import type { Stripe } from 'stripe'
import type { StripeEvent } from '../../domain/webhook-event.ts'
import type { Observatory } from '../../ports/observatory.ts'
import { billingDetails } from './billing-details.ts'
import { look } from './look.ts'
import { customerMadeBy, madeBy } from './made-by.ts'
import { findPromotionCode } from './promotion-codes.ts'
import { reachedOrMissing } from './refusals.ts'
import { SUBSCRIPTION_DETAILS } from './subscription-details.ts'
import { clientSecretOf } from './subscriptions.ts'
import { told } from './telling.ts'

export function stripeObservatory(stripe: Stripe): Observatory {
  return {
    look: (event) => look(stripe, event),
    told,
    rejectedReports: (event) => rejectedReports(stripe, event),
    customerMadeBy: (intent) => customerMadeBy(stripe, intent),
    madeBy: (intent, customerId) => madeBy(stripe, intent, customerId),
    billingDetails: (customerId) => billingDetails(stripe, customerId),
    async checkoutUrl(checkoutId) {
      return (await reachedOrMissing(stripe.checkout.sessions.retrieve(checkoutId)))?.url ?? null
    },
    promotionCode: (code, customerId, priceId) => findPromotionCode(stripe, code, customerId, priceId),
    async cardFingerprint(paymentMethodId) {
      const method = await reachedOrMissing(stripe.paymentMethods.retrieve(paymentMethodId))
      return method?.card?.fingerprint ?? null
    },
    async clientSecret(objectId) {
      if (objectId.startsWith('sub_')) {
        const subscription = await reachedOrMissing(
          stripe.subscriptions.retrieve(objectId, { expand: SUBSCRIPTION_DETAILS }),
        )
        return subscription && clientSecretOf(subscription)
      }
      if (objectId.startsWith('in_')) {
        const expand = ['confirmation_secret']
        const invoice = await reachedOrMissing(stripe.invoices.retrieve(objectId, { expand }))
        return (invoice?.status === 'open' && invoice.confirmation_secret?.client_secret) || null
      }
      return (await reachedOrMissing(stripe.paymentIntents.retrieve(objectId)))?.client_secret ?? null
    },
  }
}

/** A thin event tells nothing itself; what it is about is fetched. Reports are known by the idempotency key of their call. */
async function rejectedReports(stripe: Stripe, { id }: StripeEvent) {
  const event = await reachedOrMissing(stripe.v2.core.events.retrieve(id))
  if (event === null) return []
  if (event.type !== 'v1.billing.meter.error_report_triggered' && event.type !== 'v1.billing.meter.no_meter_found')
    return []
  return event.data.reason.error_types.flatMap(({ sample_errors }) =>
    sample_errors.map(({ error_message, request }) => ({ reportId: request.identifier, reason: error_message })),
  )
}
