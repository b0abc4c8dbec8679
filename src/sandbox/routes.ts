import type { Route } from './http/route.ts'
import { accountRoutes } from './resources/account.ts'
import { chargeRoutes } from './resources/charges.ts'
import { customerRoutes } from './resources/customers.ts'
import { eventRoutes } from './resources/events.ts'
import { invoiceRoutes } from './resources/invoices.ts'
import { meterRoutes } from './resources/meters.ts'
import { paymentIntentRoutes } from './resources/payment-intents.ts'
import { paymentMethodRoutes } from './resources/payment-methods.ts'
import { priceRoutes } from './resources/prices.ts'
import { productRoutes } from './resources/products.ts'
import { setupIntentRoutes } from './resources/setup-intents.ts'
import { subscriptionRoutes } from './resources/subscriptions.ts'
import { webhookEndpointRoutes } from './resources/webhook-endpoints.ts'

/** Every path of Stripe's that is simulated; one table, one line per path in its resource's file. */
export const routes: readonly Route[] = [
  ...accountRoutes,
  ...chargeRoutes,
  ...customerRoutes,
  ...eventRoutes,
  ...invoiceRoutes,
  ...meterRoutes,
  ...paymentIntentRoutes,
  ...paymentMethodRoutes,
  ...priceRoutes,
  ...productRoutes,
  ...setupIntentRoutes,
  ...subscriptionRoutes,
  ...webhookEndpointRoutes,
]
