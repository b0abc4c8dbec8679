import type { Catalogue, PriceIds } from './domain/catalogue.ts'
import type { ReturnRules } from './domain/return-url.ts'
import type { OwnStripe } from './domain/webhook-event.ts'
import type { Messages } from './ports/app-messages.ts'
import type { Gateway } from './ports/gateway.ts'
import type { EventLog, Inbox } from './ports/inbox.ts'
import type { Ledger } from './ports/ledger.ts'
import type { DriftCheck, EventFeed, Mirror, StripeBooks } from './ports/mirror.ts'
import type { Bills, Observatory } from './ports/observatory.ts'
import type { Meters, Outbox } from './ports/outbox.ts'
import type { Records } from './ports/records.ts'
import type { Clock, Lanes, NewId } from './ports/surroundings.ts'

export interface Ports {
  readonly ledger: Ledger
  readonly records: Records
  readonly inbox: Inbox
  readonly eventLog: EventLog
  readonly outbox: Outbox
  readonly messages: Messages
  readonly mirror: Mirror
  readonly eventFeed: EventFeed
  readonly stripeBooks: StripeBooks
  readonly driftCheck: DriftCheck
  readonly meters: Meters
  readonly gateway: Gateway
  readonly observatory: Observatory
  readonly bills: Bills
  readonly clock: Clock
  readonly newId: NewId
  readonly catalogue: Catalogue
  /** The Stripe price ids as last known; filled while the program runs. */
  readonly priceIds: () => PriceIds
  /** Which events are meant for us. */
  readonly ownStripe: () => OwnStripe
  /** Where users may be sent back to from Stripe's pages. */
  readonly returnRules: ReturnRules
  /** One conversation with Stripe at a time per user. */
  readonly lanes: Lanes
}
