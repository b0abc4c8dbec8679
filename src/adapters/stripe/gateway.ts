import type { Stripe } from 'stripe'
import type { Gateway } from '../../ports.ts'
import { checkoutGateway } from './checkout.ts'
import { paymentMethodGateway } from './payment-methods.ts'
import { paymentGateway } from './payments.ts'
import { planChangeGateway } from './plan-changes.ts'
import { planPreviewGateway } from './plan-previews.ts'
import { refundGateway } from './refunds.ts'
import { subscriptionGateway } from './subscriptions.ts'
import { undoGateway } from './undo.ts'

/** Selling at Stripe, by the official SDK. */
export function stripeGateway(stripe: Stripe): Gateway {
  return {
    ...paymentGateway(stripe),
    ...paymentMethodGateway(stripe),
    ...subscriptionGateway(stripe),
    ...checkoutGateway(stripe),
    ...undoGateway(stripe),
    ...planChangeGateway(stripe),
    ...planPreviewGateway(stripe),
    ...refundGateway(stripe),
  }
}
