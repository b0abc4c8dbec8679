import type { Route } from './http/route.ts'
import { accountRoutes } from './resources/account.ts'
import { alertRoutes } from './resources/alerts.ts'
import { cardSourceRoutes } from './resources/card-sources.ts'
import { chargeRoutes } from './resources/charges.ts'
import { checkoutRoutes } from './resources/checkout-sessions.ts'
import { couponRoutes } from './resources/coupons.ts'
import { creditNoteRoutes } from './resources/credit-notes.ts'
import { creditRoutes } from './resources/credits.ts'
import { customerBalanceRoutes } from './resources/customer-balance.ts'
import { customerRoutes } from './resources/customers.ts'
import { disputeRoutes } from './resources/disputes.ts'
import { entitlementRoutes } from './resources/entitlements.ts'
import { eventDestinationRoutes } from './resources/event-destinations.ts'
import { eventRoutes } from './resources/events.ts'
import { invoiceItemRoutes } from './resources/invoice-items.ts'
import { invoiceRoutes } from './resources/invoices.ts'
import { planRoutes } from './resources/legacy-plans.ts'
import { meterEventRoutes } from './resources/meter-events.ts'
import { meterRoutes } from './resources/meters.ts'
import { paymentIntentRoutes } from './resources/payment-intents.ts'
import { paymentLinkRoutes } from './resources/payment-links.ts'
import { paymentMethodRoutes } from './resources/payment-methods.ts'
import { portalRoutes } from './resources/portal.ts'
import { priceRoutes } from './resources/prices.ts'
import { productRoutes } from './resources/products.ts'
import { promotionCodeRoutes } from './resources/promotion-codes.ts'
import { setupIntentRoutes } from './resources/setup-intents.ts'
import { subscriptionItemRoutes } from './resources/subscription-item-routes.ts'
import { subscriptionRoutes } from './resources/subscriptions.ts'
import { taxIdRoutes } from './resources/tax-ids.ts'
import { taxRateRoutes } from './resources/tax-rates.ts'
import { testClockRoutes } from './resources/test-clocks.ts'
import { webhookEndpointRoutes } from './resources/webhook-endpoints.ts'
import { scheduleRoutes } from './schedules/routes.ts'

/** Every path of Stripe's that is simulated; one table, one line per path in its resource's file. */
export const routes: readonly Route[] = [
  ...accountRoutes,
  ...alertRoutes,
  ...cardSourceRoutes,
  ...chargeRoutes,
  ...couponRoutes,
  ...checkoutRoutes,
  ...creditRoutes,
  ...disputeRoutes,
  ...entitlementRoutes,
  ...planRoutes,
  ...paymentLinkRoutes,
  ...portalRoutes,
  ...taxIdRoutes,
  ...taxRateRoutes,
  ...creditNoteRoutes,
  ...customerBalanceRoutes,
  ...customerRoutes,
  ...eventDestinationRoutes,
  ...eventRoutes,
  ...invoiceItemRoutes,
  ...invoiceRoutes,
  ...meterEventRoutes,
  ...meterRoutes,
  ...paymentIntentRoutes,
  ...paymentMethodRoutes,
  ...priceRoutes,
  ...productRoutes,
  ...promotionCodeRoutes,
  ...setupIntentRoutes,
  ...subscriptionItemRoutes,
  ...subscriptionRoutes,
  ...scheduleRoutes,
  ...testClockRoutes,
  ...webhookEndpointRoutes,
]
