import type { CurrencyRates } from './money.ts'
import type { BillingInterval } from './plan.ts'
import type { ServiceType } from './quantity.ts'

/*
 * What this program needs at Stripe beside what is there. Everything that it makes is marked in its metadata, so that it
 * knows its own again; what others made is used where it fits, and never edited beyond that mark.
 */

/** Counts the billable use of one service. */
export interface WantedMeter {
  readonly kind: 'meter'
  readonly name: ServiceType
  readonly displayName: string
}

export interface WantedProduct {
  readonly kind: 'product'
  /** Its id at Stripe, which follows from the plan's name. */
  readonly name: string
  readonly planName: string
  /** Of what is billed by use; null for the plan itself. */
  readonly service: ServiceType | null
  readonly displayName: string
  readonly description: string
}

export interface WantedPrice {
  readonly kind: 'price'
  /** The lookup key. */
  readonly name: string
  readonly planName: string
  /** Of a metered price; null for the price of the plan itself. */
  readonly service: ServiceType | null
  readonly currency: string
  /** Minor units as a decimal. */
  readonly unitAmount: string
  /** The same in other currencies. */
  readonly currencyOptions: CurrencyRates
  readonly interval: BillingInterval
  /** A price that the catalogue pins is never made, moved or archived. */
  readonly pinnedPriceId: string | null
}

/** Where customers help themselves: cancel, mend their card, see invoices, switch between these prices. */
export interface WantedPortal {
  readonly kind: 'portal'
  readonly name: string
  /** Lookup keys, sorted. */
  readonly offers: readonly string[]
}

/** Where events are sent to: whole ones to an endpoint of one API version, thin ones to a destination. */
export interface WantedEndpoint {
  readonly kind: 'webhook endpoint' | 'event destination'
  /** The address. */
  readonly name: string
  readonly types: readonly string[]
  /** Null for thin events, which have none. */
  readonly apiVersion: string | null
}

export type Wanted = WantedMeter | WantedProduct | WantedPrice | WantedPortal | WantedEndpoint

export interface FoundMeter {
  readonly id: string
  readonly eventName: string
  readonly isActive: boolean
  /** Empty when it adds up values by customer, as a meter of ours must. */
  readonly oddities: readonly string[]
}

export interface FoundProduct {
  readonly id: string
  readonly isActive: boolean
  readonly displayName: string
  readonly description: string
}

export interface FoundPrice {
  readonly id: string
  readonly lookupKey: string | null
  readonly productId: string
  readonly isActive: boolean
  readonly currency: string
  readonly unitAmount: string
  /** In all other currencies that it has an amount in. */
  readonly currencyOptions: CurrencyRates
  /** Such as `month`, or `3 months`; `once` for a price that does not recur. */
  readonly interval: string
  /** The meter that it is charged by; null for a licensed price. */
  readonly meterId: string | null
  /** Of which plan it says that it is, in its metadata. */
  readonly planName: string | null
  /** What else it does that no price of ours may: tiers, packages. */
  readonly oddities: readonly string[]
}

export interface FoundPortal {
  readonly id: string
  /** The ids of the prices that customers may switch to. */
  readonly offers: readonly string[]
  /** What else it allows or forbids and should not, in words. */
  readonly oddities: readonly string[]
}

export interface FoundEndpoint {
  readonly id: string
  readonly url: string
  readonly types: readonly string[]
  readonly apiVersion: string | null
  readonly isEnabled: boolean
  readonly isOurs: boolean
}

export interface Found {
  readonly meters: readonly FoundMeter[]
  readonly products: readonly FoundProduct[]
  readonly prices: readonly FoundPrice[]
  /** The one that we made; null when we have not. */
  readonly portal: FoundPortal | null
  readonly endpoints: readonly FoundEndpoint[]
  readonly destinations: readonly FoundEndpoint[]
}

export type SetupAction = 'create' | 'change' | 'same' | 'archive'

export interface SetupStep {
  readonly action: SetupAction
  readonly subject: Wanted
  /** What is changed, archived or left as it is; null for what is made. */
  readonly foundId: string | null
  /** Of the price that is replaced, whose product the new one belongs to as well. */
  readonly productId?: string
  /** The differences, in words; empty where there are none. */
  readonly why: readonly string[]
}

export interface SetupPlan {
  readonly steps: readonly SetupStep[]
  /** What only people can mend. */
  readonly problems: readonly string[]
  /** What is left as it is, and why. */
  readonly notes: readonly string[]
}
