import { FOLLOWED_OBJECTS, METER_ERROR_TYPES, QUIET_TYPES } from './event-types.ts'
import type { Instant } from './period.ts'

/** What we read of a verified event: which object it is about. What it shows of the object is in its bytes. */
export interface StripeEvent {
  readonly id: string
  readonly type: string
  readonly objectType: string
  /** Null for objects without an id, such as an upcoming invoice. */
  readonly objectId: string | null
  readonly customerId: string | null
  /** For refunds and charges: the payment that they belong to. */
  readonly paymentIntentId: string | null
  readonly livemode: boolean
  /** The account that it comes from, where it says so: a connected one, or our own. */
  readonly account: string | null
  readonly apiVersion: string | null
  readonly createdAt: Instant
}

export interface ReceivedEvent {
  readonly event: StripeEvent
  readonly body: Uint8Array
  /** How often applying it has failed. */
  readonly attempts: number
  /** An operator wants it applied anew: then only a look at Stripe will do. */
  readonly isReplayed: boolean
}

/**
 * Where an event stands: to be applied, applied, of no concern, waiting for its customer to be linked, failed and to be tried
 * again, or given up.
 */
export const EVENT_STATES = ['received', 'applied', 'ignored', 'parked', 'failed', 'dead'] as const
export type EventState = (typeof EVENT_STATES)[number]

/** An event with all that became of it. */
export interface KeptEvent {
  readonly event: StripeEvent
  readonly state: EventState
  /** How often applying it has failed. */
  readonly attempts: number
  /** What it changed or why it changed nothing, in a sentence; null before its first try. */
  readonly outcome: string | null
  readonly receivedAt: Instant
  readonly settledAt: Instant | null
  readonly nextTryAt: Instant | null
  readonly replayedAt: Instant | null
}

/** How Stripe names types of events, and its events. */
export const EVENT_TYPE = /^[a-z0-9_.]{1,128}$/
export const EVENT_ID = /^evt_[A-Za-z0-9_]{1,250}$/

/** Which events are asked for; null is any. */
export interface EventFilter {
  readonly state: EventState | null
  readonly type: string | null
  readonly customerId: string | null
  readonly objectId: string | null
}

/** Of an event that tells of no object. */
export const UNKNOWN_OBJECT = 'unknown'

/** The objects that matter to an account. Events about anything else are kept and ignored by name. */
const FOLLOWED: ReadonlySet<string> = new Set(FOLLOWED_OBJECTS.map(({ objectType }) => objectType))

/** Whether Stripe tells that it refused something that a meter was told. Such an event names no customer. */
export function isMeterError(event: StripeEvent): boolean {
  return METER_ERROR_TYPES.includes(event.type)
}

/** Whether it tells of the catalogue and not of a customer. */
export function isAboutPrices(event: StripeEvent): boolean {
  return event.objectType === 'price'
}

/** What of Stripe is ours. */
export interface OwnStripe {
  readonly livemode: boolean
  /** The account of our key; null where the key may not ask. */
  readonly account: string | null
}

/** Why an event has nothing to do with us, in a sentence for the operator; null when it may have. */
export function reasonToIgnore(event: StripeEvent, own: OwnStripe): string | null {
  if (event.livemode !== own.livemode)
    return `It is a ${event.livemode ? 'live' : 'test'} event and this program runs with ${own.livemode ? 'live' : 'test'} keys.`
  if (event.account !== null && event.account !== own.account) return ofAnotherAccount(event.account, own.account)
  if (isMeterError(event)) return null
  if (!FOLLOWED.has(event.objectType))
    return `It is about ${event.objectType === UNKNOWN_OBJECT ? 'something' : `an object of the type ${event.objectType}`} that nothing here depends on.`
  if (event.objectId === null) return 'Its object has no id yet: it only announces something.'
  return QUIET_TYPES.get(event.type) ?? null
}

function ofAnotherAccount(account: string, own: string | null): string {
  return own === null
    ? `It comes from the Stripe account ${account}, and the key may not ask whether that is its own. Let it read its account, restart, and replay the event.`
    : `It comes from the Stripe account ${account}, and this program serves ${own} alone.`
}

const LONGEST_WAIT_MS = 15 * 60_000
const MOST_ATTEMPTS = 20

/**
 * When to try a failed event again: after 1, 2, 4, … seconds, at most a quarter of an hour. Null after twenty tries, unless
 * it only failed because Stripe or the disk was out of reach: an outage ends, and no event may be lost to it.
 */
export function nextTryAt(attempts: number, isOutage: boolean, at: Instant): Instant | null {
  if (attempts >= MOST_ATTEMPTS && !isOutage) return null
  return at + Math.min(1_000 * 2 ** Math.min(attempts - 1, 20), LONGEST_WAIT_MS)
}
