import type { Stripe } from 'stripe'
import type { Gateway } from '../../ports/gateway.ts'
import { billingDetailsGateway } from './billing-details.ts'
import { cancellationGateway } from './cancellations.ts'
import { checkoutGateway } from './checkout.ts'
import { paymentMethodGateway } from './payment-methods.ts'
import { paymentGateway } from './payments.ts'
import { planChangeGateway } from './plan-changes.ts'
import { planPreviewGateway } from './plan-previews.ts'
import { refundGateway } from './refunds.ts'
import { subscriptionGateway } from './subscriptions.ts'
import type { TaxSettings } from './tax.ts'
import { undoGateway } from './undo.ts'

/** Selling at Stripe, by the official SDK. */
export function stripeGateway(stripe: Stripe, tax: TaxSettings): Gateway {
  return {
    ...paymentGateway(stripe),
    ...paymentMethodGateway(stripe),
    ...subscriptionGateway(stripe, tax),
    ...cancellationGateway(stripe),
    ...billingDetailsGateway(stripe),
    ...checkoutGateway(stripe, tax),
    ...undoGateway(stripe),
    ...planChangeGateway(stripe),
    ...planPreviewGateway(stripe, tax),
    ...refundGateway(stripe),
  }
}
