import type Stripe from 'stripe'
import type { SurfaceKinds } from './surface-kinds.ts'

/**
 * A Stripe object as it is stored and sent: decimals are strings, and what may be expanded is an id.
 * The SDK's types describe what its client builds from that (Decimal objects, perhaps expanded references).
 */
export type Wire<T> = [T] extends [Stripe.Decimal | null | undefined]
  ? Exclude<T, Stripe.Decimal> | (Stripe.Decimal extends T ? string : never)
  : string extends T
    ? Exclude<T, object>
    : T extends readonly (infer Element)[]
      ? Wire<Element>[]
      : T extends object
        ? { [Key in keyof T]: Wire<T[Key]> }
        : T

/** The kinds of object the simulator keeps, under Stripe's own name for each (`object`). */
export interface Kinds extends SurfaceKinds {
  readonly customer: Wire<Stripe.Customer>
  readonly product: Wire<Stripe.Product>
  readonly price: Wire<Stripe.Price>
  readonly payment_method: Wire<Stripe.PaymentMethod>
  readonly setup_intent: Wire<Stripe.SetupIntent>
  readonly payment_intent: Wire<Stripe.PaymentIntent>
  readonly charge: Wire<Stripe.Charge>
  readonly refund: Wire<Stripe.Refund>
  readonly subscription: Wire<Stripe.Subscription>
  readonly subscription_item: Wire<Stripe.SubscriptionItem>
  readonly invoice: Wire<Stripe.Invoice>
  readonly invoice_payment: Wire<Stripe.InvoicePayment>
  readonly invoiceitem: Wire<Stripe.InvoiceItem>
  readonly coupon: Wire<Stripe.Coupon>
  readonly promotion_code: Wire<Stripe.PromotionCode>
  readonly discount: Wire<Stripe.Discount>
  readonly credit_note: Wire<Stripe.CreditNote>
  readonly customer_balance_transaction: Wire<Stripe.CustomerBalanceTransaction>
  readonly subscription_schedule: Wire<Stripe.SubscriptionSchedule>
  readonly 'test_helpers.test_clock': Wire<Stripe.TestHelpers.TestClock>
  readonly 'billing.meter': Wire<Stripe.Billing.Meter>
  readonly webhook_endpoint: Wire<Stripe.WebhookEndpoint>
  readonly event: StoredEvent
}
export type Kind = keyof Kinds

export type Customer = Kinds['customer']
export type Product = Kinds['product']
export type Price = Kinds['price']
export type PaymentMethod = Kinds['payment_method']
export type SetupIntent = Kinds['setup_intent']
export type PaymentIntent = Kinds['payment_intent']
export type Charge = Kinds['charge']
export type Refund = Kinds['refund']
export type Subscription = Kinds['subscription']
export type SubscriptionItem = Kinds['subscription_item']
export type Invoice = Kinds['invoice']
export type InvoiceLine = Wire<Stripe.InvoiceLineItem>
export type InvoicePayment = Kinds['invoice_payment']
export type InvoiceItem = Kinds['invoiceitem']
export type Coupon = Kinds['coupon']
export type PromotionCode = Kinds['promotion_code']
export type Discount = Kinds['discount']
export type CreditNote = Kinds['credit_note']
export type BalanceTransaction = Kinds['customer_balance_transaction']
export type Schedule = Kinds['subscription_schedule']
export type TestClock = Kinds['test_helpers.test_clock']
export type Meter = Kinds['billing.meter']
export type WebhookEndpoint = Kinds['webhook_endpoint']

export type EventType = Stripe.Event['type']

/** Stripe.Event is a union over hundreds of payload types; stored, the payload is whatever the object was. */
export interface StoredEvent {
  readonly id: string
  readonly object: 'event'
  readonly api_version: string
  readonly created: number
  readonly data: { readonly object: unknown; readonly previous_attributes?: Record<string, unknown> }
  readonly livemode: false
  readonly pending_webhooks: number
  readonly request: { readonly id: string | null; readonly idempotency_key: string | null }
  readonly type: string
}

/** The version whose shapes this simulator speaks; the SDK's own constant is not imported, only its types are. */
export const apiVersion = '2026-10-28.endive' satisfies Stripe.LatestApiVersion

export interface ListOf<T> {
  readonly object: 'list'
  readonly data: T[]
  readonly has_more: boolean
  readonly url: string
}
