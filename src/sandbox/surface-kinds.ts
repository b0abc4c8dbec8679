import type Stripe from 'stripe'
import type { Wire } from './wire.ts'

/** The kinds of object around billing itself: pages, events of the second API, disputes, entitlements, credits. */
export interface SurfaceKinds {
  readonly 'checkout.session': StoredCheckout
  readonly 'billing_portal.configuration': Wire<Stripe.BillingPortal.Configuration>
  readonly 'billing_portal.session': Wire<Stripe.BillingPortal.Session>
  readonly payment_link: StoredPaymentLink
  readonly dispute: Wire<Stripe.Dispute>
  readonly 'radar.early_fraud_warning': Wire<Stripe.Radar.EarlyFraudWarning>
  readonly tax_rate: Wire<Stripe.TaxRate>
  readonly tax_id: Wire<Stripe.TaxId>
  readonly 'entitlements.feature': StoredFeature
  readonly product_feature: StoredProductFeature
  readonly 'billing.alert': StoredAlert
  readonly 'billing.credit_grant': Wire<Stripe.Billing.CreditGrant>
  readonly 'billing.credit_balance_transaction': Wire<Stripe.Billing.CreditBalanceTransaction>
  readonly 'v2.core.event': StoredNotification
  readonly 'v2.core.event_destination': StoredDestination
}

export type Dispute = SurfaceKinds['dispute']
export type TaxRate = SurfaceKinds['tax_rate']
export type TaxId = SurfaceKinds['tax_id']
export type CreditGrant = SurfaceKinds['billing.credit_grant']
export type CreditTransaction = SurfaceKinds['billing.credit_balance_transaction']
export type PortalConfiguration = SurfaceKinds['billing_portal.configuration']
export type PortalSession = SurfaceKinds['billing_portal.session']
export type CheckoutSession = Wire<Stripe.Checkout.Session>

/** What a session remembers of its creation beyond what it shows. */
export interface StoredCheckout extends CheckoutSession {
  readonly sim_wish: CheckoutWish
}
export interface CheckoutWish {
  readonly items: readonly CheckoutItem[]
  /** Tax rates of what recurs, where its line has none of its own. */
  readonly defaultTaxRates?: readonly string[]
  /** Of the currencies that its prices have, the one that was asked for. */
  readonly currency?: string | null
  readonly subscription: Readonly<Record<string, unknown>>
  readonly payment: Readonly<Record<string, unknown>>
  readonly setup: Readonly<Record<string, unknown>>
  /** The discount of the session: a coupon, or a promotion code the buyer typed. */
  readonly coupon: string | null
  readonly promotionCode: string | null
  readonly saveMethod: boolean
}
export interface CheckoutItem {
  readonly id: string
  readonly price: string
  readonly quantity: number | null
  readonly taxRates?: readonly string[]
  readonly adjustable: { readonly minimum: number; readonly maximum: number } | null
}

export interface StoredPaymentLink extends Wire<Stripe.PaymentLink> {
  readonly created: number
  /** The parameters a session made of it gets, and the session as it would be. */
  readonly sim_parameters: Readonly<Record<string, unknown>>
  readonly sim_session: StoredCheckout
}

export interface StoredFeature extends Wire<Stripe.Entitlements.Feature> {
  readonly created: number
}

export interface StoredAlert extends Wire<Stripe.Billing.Alert> {
  readonly created: number
}

export interface StoredProductFeature {
  readonly id: string
  readonly object: 'product_feature'
  readonly created: number
  readonly product: string
  readonly feature: string
}

/** An event of the second API: told without its data, which is fetched. */
export interface StoredNotification {
  readonly id: string
  readonly object: 'v2.core.event'
  readonly created: number
  readonly type: string
  readonly data: object | null
  readonly reason: { readonly id: string; readonly idempotency_key: string } | null
  readonly related: { readonly id: string; readonly type: string; readonly url: string } | null
}

export interface StoredDestination {
  readonly id: string
  readonly object: 'v2.core.event_destination'
  readonly created: number
  readonly updated: number
  readonly description: string
  readonly enabled_events: readonly string[]
  readonly event_payload: 'snapshot' | 'thin'
  readonly metadata: Readonly<Record<string, string>>
  readonly name: string
  readonly status: 'disabled' | 'enabled'
  readonly url: string
}
