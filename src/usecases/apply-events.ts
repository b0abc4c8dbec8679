import type { Account, Change, UserId } from '../domain/account.ts'
import { trialWillEnd } from '../domain/app-message.ts'
import { isOutage } from '../domain/errors.ts'
import { customerOf, type Observation, observe } from '../domain/observation.ts'
import type { Instant } from '../domain/period.ts'
import {
  isMeterError,
  nextTryAt,
  type ReceivedEvent,
  reasonToIgnore,
  type StripeEvent,
} from '../domain/webhook-event.ts'
import type { Ports } from '../ports.ts'
import { rejectReports } from './reject-reports.ts'

type Applying = Pick<
  Ports,
  'ledger' | 'records' | 'inbox' | 'outbox' | 'observatory' | 'clock' | 'catalogue' | 'priceIds' | 'lanes'
> & {
  readonly livemode: boolean
  /** Tells the operator of an event that could not be applied, and whether it was given up. */
  readonly onFailure: (event: StripeEvent, error: unknown, isGivenUp: boolean) => void
}

/** Enough to find somebody who is not being served already, also when one customer has very many. */
const LOOKED_AT = 256

/**
 * Applies the next events that are due, those of one customer one after the other. Several may run at once: `busy` holds
 * whose events are being applied, so that a slow one holds up nobody else. Returns how many there were.
 */
export async function applyDueEvents(ports: Applying, busy: Set<string> = new Set()): Promise<number> {
  const due = await ports.inbox.due(ports.clock.wall(), LOOKED_AT)
  const waiting = Map.groupBy(due, ({ event }) => event.customerId ?? event.id)
  const [owner, events = []] = [...waiting].find(([candidate]) => !busy.has(candidate)) ?? []
  if (owner === undefined) return 0
  busy.add(owner)
  try {
    for (const event of events) await applyOrPostpone(ports, event)
  } finally {
    // Also when even the postponing failed, as with a full disk: else this customer would never be served again.
    busy.delete(owner)
  }
  return events.length
}

/** An event that cannot be applied does not hold up the others: it waits its time and is tried again. */
async function applyOrPostpone(ports: Applying, { event, attempts }: ReceivedEvent): Promise<void> {
  try {
    await applyEvent(ports, event)
  } catch (error) {
    const nextTry = nextTryAt(attempts + 1, isOutage(error), ports.clock.wall())
    ports.onFailure(event, error, nextTry === null)
    await ports.inbox.fail(event.id, error instanceof Error ? error.message : 'unknown error', nextTry)
  }
}

/** The event is a doorbell: what counts is the object as Stripe shows it now, looked at in the user's lane. */
async function applyEvent(ports: Applying, event: StripeEvent): Promise<void> {
  const nothing = reasonToIgnore(event, ports.livemode)
  if (nothing !== null) return ports.inbox.ignore(event.id, nothing, ports.clock.wall())
  if (isMeterError(event)) return rejectReports(ports, event)
  const customerId = event.customerId ?? (await customerBehind(ports, event))
  if (customerId === null) return ports.inbox.ignore(event.id, 'Its object belongs to no customer.', ports.clock.wall())
  const user = await ports.records.userOfCustomer(customerId)
  if (user === null) return ports.inbox.park(event.id, customerId, `Customer ${customerId} is not linked to any user.`)
  return ports.lanes.run(user, () => observeFor(ports, user, customerId, event))
}

/** A refund names no customer itself: whoever made the payment is it. */
async function customerBehind(ports: Applying, event: StripeEvent): Promise<string | null> {
  const [observation] = await ports.observatory.look(event)
  return observation ? customerOf(observation) : null
}

async function observeFor(ports: Applying, user: UserId, customerId: string, event: StripeEvent): Promise<void> {
  const seen = (await ports.observatory.look(event)).filter((observation) => customerOf(observation) === customerId)
  const knowledge = { catalogue: ports.catalogue, priceIds: ports.priceIds(), at: ports.clock.now() }
  await ports.ledger.change(user, { event: event.id }, (account) => {
    if (account.eventApplied) return { changes: [], result: undefined }
    const changes = [
      ...seen.flatMap((observation) => observe(account, observation, knowledge)),
      ...reminders(event, seen, account, knowledge.at),
    ]
    const applied: Change = {
      type: 'event-applied',
      eventId: event.id,
      at: ports.clock.wall(),
      outcome: outcomeOf(seen, changes),
    }
    return { changes: [...changes, applied], result: undefined }
  })
}

/** Stripe rings three days before the end of a trial; the app may want to write to its user. */
function reminders(event: StripeEvent, seen: readonly Observation[], account: Account, at: Instant): readonly Change[] {
  if (event.type !== 'customer.subscription.trial_will_end') return []
  return seen.flatMap((observation) => {
    if (observation.type !== 'subscription') return []
    const known = account.subscriptions.find(({ id }) => id === observation.subscription.id)
    return trialWillEnd(known?.planName ?? null, observation.subscription, at)
  })
}

/** What came of it, in a sentence for the operator. */
function outcomeOf(seen: readonly Observation[], changes: readonly Change[]): string {
  if (seen.length === 0) return 'Stripe no longer has the object, or it is none of ours.'
  if (changes.length === 0) return 'Nothing new: what it tells was known.'
  return changes
    .map((change) => {
      if (change.type === 'subscription-observed')
        return `Subscription ${change.subscription.id} is ${change.subscription.status}.`
      if (change.type === 'payment-observed')
        return `${change.payment.kind} ${change.payment.id} of ${change.payment.amount} ${change.payment.currency} is ${change.payment.status}.`
      if (change.type === 'dispute-observed') return `Dispute ${change.dispute.id} is ${change.dispute.state}.`
      return change.type
    })
    .join(' ')
}
