import type { Bill, UnreportedUse, UpcomingBill } from '../domain/bill.ts'
import type { BillingDetails } from '../domain/billing-details.ts'
import type { Intent } from '../domain/intent.ts'
import type { Observation } from '../domain/observation.ts'
import type { PromotionCode } from '../domain/promotion-code.ts'
import type { Told } from '../domain/telling.ts'
import type { StripeEvent } from '../domain/webhook-event.ts'

/** Reading at Stripe. Refuses with `stripe_unavailable`. */
export interface Observatory {
  /** The object that an event is about, and what changes with it, as they are now. Empty: nothing that concerns us. */
  look(event: StripeEvent): Promise<readonly Observation[]>
  /** What an event shows of its object by itself; null when that does not prove how the object stood when it was made. */
  told(event: StripeEvent, body: Uint8Array): Told | null
  /** The meter reports that an event of late refusals names, each with Stripe's reason. */
  rejectedReports(event: StripeEvent): Promise<readonly { readonly reportId: string; readonly reason: string }[]>
  /** The customer that an earlier key of this intent made, by the intent's id in its metadata; null when it made none. */
  customerMadeBy(intent: Intent): Promise<string | null>
  /** The subscription or payment that an earlier key of this intent made; null when it made none. */
  madeBy(intent: Intent, customerId: string): Promise<string | null>
  /** Who is billed; null when Stripe does not know the customer any more. */
  billingDetails(customerId: string): Promise<BillingDetails | null>
  /** The address of a hosted page; null once it is over. */
  checkoutUrl(checkoutId: string): Promise<string | null>
  /** The promotion code that was typed, for a customer and a price as far as they are known; null when there is none. */
  promotionCode(code: string, customerId: string | null, priceId: string | null): Promise<PromotionCode | null>
  /** Stripe's fingerprint of a card: the same for the same card. Null for what is no card, or is not there. */
  cardFingerprint(paymentMethodId: string): Promise<string | null>
  /** Of a subscription's first payment or card set-up, of an open invoice, or of a payment; null when nothing is left to confirm. */
  clientSecret(objectId: string): Promise<string | null>
}

/** What is charged, line by line. Refuses with `stripe_unavailable`. */
export interface Bills {
  /** Of an invoice (`in_…`) or a payment (`pi_…`); null when Stripe does not know it. */
  bill(id: string): Promise<Bill | null>
  /**
   * The next invoice of a subscription; null when none is to come. With use that Stripe has not been told yet its sums are
   * Stripe's for both, tax and discounts too; its lines are always what Stripe knows.
   */
  upcoming(subscriptionId: string, unreported?: UnreportedUse): Promise<UpcomingBill | null>
}
