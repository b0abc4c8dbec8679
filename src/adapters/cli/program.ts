import type { Compared, DriftReport } from '../../domain/drift.ts'
import type { Finding } from '../../domain/finding.ts'
import type { ServiceType, UsageUnit } from '../../domain/quantity.ts'
import type { SetupPlan, SetupStep } from '../../domain/setup.ts'
import type { EventFilter, EventState } from '../../domain/webhook-event.ts'

/** What the command line can have done: a table that the composition root fills. */
export interface Program {
  readonly version: string
  /** Runs the server until a signal ends it; the exit code. */
  serve(): Promise<number>
  migrate(): Promise<MigrationReport>
  health(): Promise<HealthReport>
  /** Examines the whole installation, and changes nothing. */
  doctor(): Promise<readonly Finding[]>
  /** Signs a token. Throws in words where no key to sign with is configured. */
  token(wish: TokenWish): Promise<string>
  /** Where usage is recorded: the running server, or the database itself when none runs. */
  openUsage(): Promise<UsageRecorder>
  /** The inbox of the running server, or of the database itself when none runs. */
  openInbox(): Promise<InboxDesk>
  /** Compares everything with Stripe: the running server does, or this process when none runs. `tell` hears how far it is. */
  reconcile(
    wish: { readonly repair: boolean },
    tell: (progress: {
      readonly step: keyof Compared
      readonly compared: Readonly<Compared>
      readonly differences: number
    }) => void,
  ): Promise<DriftReport>
  /** Where customers are linked to users: by the running server, or in the database itself when none runs. */
  openAdoption(): Promise<CustomerAdopter>
  /** Compares what the catalogue needs at Stripe with what is there. */
  openSetup(): Promise<StripeSetup>
  /** Checks a plans file, or the catalogue that is configured; where there are keys, also against Stripe. */
  checkPlans(file: string | null): Promise<PlansReport>
  /** Where customers are moved to other prices or terms: by the running server, or by this process when none runs. */
  openPlanMoves(): Promise<PlanMover>
  /** Runs the simulator alone until a signal ends it; a port of null is the configured one. The exit code. */
  sandbox(wish: { readonly port: number | null }): Promise<number>
  /** Moves the clock of a running simulator; its time then, in ISO 8601. `tell` hears how far it is. */
  advanceSandbox(
    wish: { readonly duration: string; readonly port: number | null },
    tell: (progress: { readonly done: number; readonly left: number }) => void,
  ): Promise<string>
  /** The types of events that `trigger` knows. */
  readonly triggers: readonly string[]
  /** Makes at a running simulator what leads to an event of a type; all events that came of it, oldest first. */
  trigger(wish: {
    readonly type: string
    readonly port: number | null
    /** The simulator's address, in place of its port. */
    readonly base: string | null
  }): Promise<readonly TriggeredEvent[]>
}

/** An event of the inbox as the API shows it. */
export interface InboxEvent {
  readonly id: string
  readonly type: string
  readonly state: EventState
  readonly outcome: string | null
  readonly object_id: string | null
  readonly customer_id: string | null
  readonly attempts: number
  readonly created_at: string
  readonly received_at: string
  readonly settled_at: string | null
  readonly next_try_at: string | null
  readonly replayed_at: string | null
  readonly api_version: string | null
}

export interface InboxDesk {
  list(
    request: EventFilter & { readonly limit: number; readonly cursor: string | null },
  ): Promise<{ readonly events: readonly InboxEvent[]; readonly next_cursor: string | null }>
  /** Throws in words where there is no such event. */
  show(eventId: string): Promise<InboxEvent & { readonly body: unknown }>
  replay(
    events: readonly string[] | 'dead',
    reason: string | null,
  ): Promise<{ readonly replayed: readonly string[]; readonly unknown: readonly string[] }>
  close(): Promise<void>
}

export interface AdoptedCustomer {
  readonly user: string
  readonly customerId: string
}

export type AdoptionOutcome =
  | {
      readonly kind: 'adopted'
      readonly subscriptions: number
      readonly payments: number
      readonly unknownPrices: readonly string[]
    }
  | { readonly kind: 'known' }
  | { readonly kind: 'refused'; readonly code: string; readonly detail: string }

export interface CustomerAdopter {
  /** One outcome for each, in order. */
  adopt(batch: {
    readonly adoptions: readonly AdoptedCustomer[]
    readonly dryRun: boolean
  }): Promise<readonly AdoptionOutcome[]>
  close(): Promise<void>
}

export interface TriggeredEvent {
  readonly id: string
  readonly type: string
}

/** A use out of a file, as the API has it; times in milliseconds since 1970. */
export interface ImportedUse {
  readonly user: string
  readonly service: ServiceType
  readonly amount: number
  readonly unit: UsageUnit
  readonly resourceId: string | null
  readonly eventId: string | null
  readonly occurredAt: number | null
  /** Its identity where it has none of its own. */
  readonly key: string | null
}

export type ImportOutcome =
  | { readonly kind: 'recorded' | 'known' }
  | { readonly kind: 'refused'; readonly code: string; readonly detail: string }

export interface UsageRecorder {
  /** One outcome for each, in order. */
  record(batch: { readonly uses: readonly ImportedUse[]; readonly dryRun: boolean }): Promise<readonly ImportOutcome[]>
  close(): Promise<void>
}

export interface StripeSetup {
  /** Null for a key that may not ask. */
  readonly account: string | null
  readonly mode: 'test' | 'live'
  readonly plan: SetupPlan
  /** The secrets that are configured already. */
  readonly webhookSecrets: readonly string[]
  /** Does what the plan says; `tell` hears of each step. Returns the secrets of endpoints that it made. */
  carryOut(tell: (step: SetupStep) => void): Promise<readonly string[]>
}

export interface PlansReport {
  /** Where the catalogue stands, in words. */
  readonly source: string
  readonly plans: readonly string[]
  /** What is wrong with the catalogue itself. */
  readonly problems: readonly string[]
  /** What does not fit at Stripe; null where it was not asked, for there is no key or the catalogue is wrong. */
  readonly misfits: readonly string[] | null
}

export interface PlanMover {
  /** Moves a page of those who are on a price, or without one on earlier terms of a plan. */
  move(wish: {
    readonly from: string | null
    readonly to: string
    readonly when: 'now' | 'period_end'
    readonly dryRun: boolean
    readonly cursor: string | null
  }): Promise<{ readonly results: readonly MoveOutcome[]; readonly next_cursor: string | null }>
  close(): Promise<void>
}

interface MovedPrice {
  readonly price_id: string | null
  readonly amount: number | null
  readonly currency: string | null
  readonly interval: string | null
}

/** What came of one customer, in the words of the API. */
export interface MoveOutcome {
  readonly user_id: string
  readonly outcome: string
  readonly detail: string | null
  readonly from: MovedPrice | null
  readonly to: MovedPrice | null
  readonly effective_at: string | null
  readonly amount_due_now: number | null
  /** What changes for a customer who keeps plan and price. */
  readonly terms: readonly {
    readonly term: string
    readonly before: string | number | boolean | null
    readonly after: string | number | boolean | null
  }[]
}

export interface MigrationReport {
  readonly applied: number
  readonly file: string
}

export interface HealthReport {
  readonly status: 'ready' | 'degraded' | 'unavailable' | 'not_running'
  readonly checks: readonly HealthCheck[]
}

export interface HealthCheck {
  readonly name: string
  readonly status: 'ok' | 'degraded' | 'failing'
  /** What was found, in words; null when there is nothing to say. */
  readonly detail: string | null
}

export interface TokenWish {
  readonly user: string
  /** Scopes separated by blanks; null for none. */
  readonly scope: string | null
  readonly ttlSeconds: number
}

/** One thing that is wrong with the configuration, and how to mend it. */
export interface Problem {
  readonly variable: string
  readonly problem: string
  readonly cure: string
}

/** What a function of the program throws when it cannot begin because of the configuration. */
export function configurationRefusal(problems: readonly Problem[]): Error {
  return Object.assign(new Error('The configuration cannot be used.'), { problems })
}

/** The problems that such an error carries; null for any other. */
export function problemsOf(error: unknown): readonly Problem[] | null {
  return error instanceof Error && 'problems' in error && Array.isArray(error.problems) ? error.problems : null
}
