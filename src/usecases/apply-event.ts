import type { Account, Change, UserId } from '../domain/account.ts'
import { trialWillEnd } from '../domain/app-message.ts'
import { outcomeOf } from '../domain/event-outcome.ts'
import type { Knowledge } from '../domain/kept-subscription.ts'
import { customerOf, needsOf, type Observation } from '../domain/observation.ts'
import { observeAll } from '../domain/observations.ts'
import type { Instant } from '../domain/period.ts'
import { type Judgement, judge, type Told } from '../domain/telling.ts'
import {
  isAboutPrices,
  isMeterError,
  type ReceivedEvent,
  reasonToIgnore,
  type StripeEvent,
} from '../domain/webhook-event.ts'
import type { Ports } from '../ports.ts'
import { rejectReports } from './reject-reports.ts'

export type Applying = Pick<
  Ports,
  'ledger' | 'records' | 'inbox' | 'outbox' | 'observatory' | 'clock' | 'catalogue' | 'priceIds' | 'ownStripe' | 'lanes'
> & {
  /** Tells the operator of an event that could not be applied, and whether it was given up. */
  readonly onFailure: (event: StripeEvent, error: unknown, isGivenUp: boolean) => void
  /** Stripe's prices have changed: what is remembered of them may be old. */
  readonly onPricesChanged?: () => void
  /** Something has to be done at Stripe, as soon as the user's lane is free. */
  readonly onWishOpened?: () => void
  /** Lets only so many look at Stripe at once. */
  readonly looking?: <R>(work: () => Promise<R>) => Promise<R>
}

/** An event for which Stripe must be looked at, and why. */
export interface Unproven {
  readonly received: ReceivedEvent
  /** Whom it concerns; null where only Stripe can tell. */
  readonly owner: { readonly user: UserId; readonly customerId: string } | null
  readonly because: string
}

/** Settles what needs no conversation with Stripe; null when it is settled. */
export async function settleByItself(ports: Applying, received: ReceivedEvent): Promise<Unproven | null> {
  const { event } = received
  const ignore = async (why: string) => {
    await ports.inbox.ignore(event.id, why, ports.clock.wall())
    return null
  }
  const nothing = reasonToIgnore(event, ports.ownStripe())
  if (nothing !== null) return ignore(nothing)
  if (isAboutPrices(event)) {
    ports.onPricesChanged?.()
    return ignore(`The prices are looked up anew because of ${event.objectId}; no account changes by that.`)
  }
  if (isMeterError(event) || event.customerId === null)
    return { received, owner: null, because: 'the event does not say whose it is' }
  const owner = await ownerOf(ports, event.id, event.customerId)
  if (owner === null) return null
  // What Stripe shows to a look that is under way may be older than the event, and would be saved after it.
  const because = ports.lanes.isBusy(owner.user)
    ? 'another look at its customer was under way'
    : await takeTold(ports, owner.user, owner.customerId, received)
  return because === null ? null : { received, owner, because }
}

/** Settles an event by what Stripe shows now. With an owner it must run in the user's lane: no call of ours is under way. */
export async function settleByLook(
  ports: Applying,
  unproven: Unproven,
  look: Look = ports.observatory.look,
): Promise<void> {
  const { received, owner, because } = unproven
  const { event } = received
  if (owner !== null) return takeLook(ports, event, owner, because, look)
  if (isMeterError(event)) return rejectReports(ports, event)
  const customerId = await customerBehind(ports, event)
  if (customerId === null) {
    const why = 'Its object belongs to no customer, or Stripe no longer has it.'
    return ports.inbox.ignore(event.id, why, ports.clock.wall())
  }
  const found = await ownerOf(ports, event.id, customerId)
  if (found !== null) await ports.lanes.run(found.user, () => takeLook(ports, event, found, because, look))
}

export type Look = (event: StripeEvent) => Promise<readonly Observation[]>

/** Whose customer it is; an event of nobody's is parked until that is known. */
async function ownerOf(ports: Applying, eventId: string, customerId: string) {
  const user = await ports.records.userOfCustomer(customerId)
  if (user === null)
    await ports.inbox.park(
      eventId,
      customerId,
      `Customer ${customerId} is not linked to any user yet. As soon as it is, this is applied.`,
    )
  return user === null ? null : { user, customerId }
}

/** A refund names no customer itself: whoever made the payment is it. */
async function customerBehind(ports: Applying, event: StripeEvent): Promise<string | null> {
  const [observation] = await ports.observatory.look(event)
  return observation ? customerOf(observation) : null
}

/** Takes what the event shows, if that is certain to be the newest, in one step with its mark. Else says why it is not. */
function takeTold(
  ports: Applying,
  user: UserId,
  customerId: string,
  { event, body, isReplayed }: ReceivedEvent,
): Promise<string | null> {
  const told = isReplayed ? null : tellingOf(ports, event, body, customerId)
  const needs = { event: event.id, intents: true, ...needsOf(told?.observations ?? []) } as const
  const moment = momentNow(ports)
  return ports.ledger.change(user, needs, (account) => {
    if (account.eventApplied) return { changes: [], result: null }
    const judgement: Judgement = isReplayed
      ? { lookBecause: 'an operator wanted it applied anew' }
      : judge(account, event, told)
    if ('lookBecause' in judgement) return { changes: [], result: judgement.lookBecause }
    const changes = effects(account, event, judgement.news, TOLD, customerId, moment)
    if (changes.some(isWish)) return { changes: [], result: 'something has to be undone at Stripe' }
    return { changes, result: null }
  })
}

const TRIAL_WILL_END = 'customer.subscription.trial_will_end'

/**
 * An event about another's object is no telling; the look that follows sorts it out. Nor is a reminder: what it reminds of
 * may have been called off.
 */
function tellingOf(ports: Applying, event: StripeEvent, body: Uint8Array, customerId: string): Told | null {
  if (event.type === TRIAL_WILL_END) return null
  const told = ports.observatory.told(event, body)
  return told?.observations.every((observation) => customerOf(observation) === customerId) ? told : null
}

/** What counts is the object as Stripe shows it now. */
async function takeLook(
  ports: Applying,
  event: StripeEvent,
  { user, customerId }: NonNullable<Unproven['owner']>,
  because: string,
  look: Look,
): Promise<void> {
  const seen = (await look(event)).filter((observation) => customerOf(observation) === customerId)
  const way = {
    how: `Looked up at Stripe, since ${because}.`,
    unseen: seen.length === 0 ? 'nothing of this customer is there to be seen' : TOLD.unseen,
  }
  const moment = momentNow(ports)
  const opensWish = await ports.ledger.change(user, { event: event.id, ...needsOf(seen) }, (account) => {
    const changes = account.eventApplied ? [] : effects(account, event, seen, way, customerId, moment)
    return { changes, result: changes.some(isWish) }
  })
  if (opensWish) ports.onWishOpened?.()
}

/** Whether something comes of it that must be done at Stripe. */
function isWish({ type }: Change): boolean {
  return type === 'intent-opened'
}

/** How we came to know what an event is about, and what it means when nothing comes of it. */
interface Way {
  readonly how: string
  readonly unseen: string
}

const TOLD: Way = { how: 'Told by the event itself.', unseen: 'what it tells is known' }

interface Moment {
  readonly knowledge: Knowledge
  readonly wallTime: Instant
}

function momentNow({ catalogue, priceIds, clock }: Applying): Moment {
  return { knowledge: { catalogue, priceIds: priceIds(), at: clock.now() }, wallTime: clock.wall() }
}

function effects(
  account: Account,
  event: StripeEvent,
  seen: readonly Observation[],
  { how, unseen }: Way,
  customerId: string,
  { knowledge, wallTime }: Moment,
): readonly Change[] {
  const changes: readonly Change[] = [
    ...observeAll(account, seen, knowledge),
    ...reminders(event, seen, account, knowledge.at),
  ]
  const outcome = `${outcomeOf(account, changes, unseen)} ${how}`
  return [...changes, { type: 'event-applied', eventId: event.id, customerId, at: wallTime, outcome }]
}

/** Stripe rings three days before the end of a trial; the app may want to write to its user. */
function reminders(event: StripeEvent, seen: readonly Observation[], account: Account, at: Instant): readonly Change[] {
  if (event.type !== TRIAL_WILL_END) return []
  return seen.flatMap((observation) => {
    if (observation.type !== 'subscription') return []
    const known = account.subscriptions.find(({ id }) => id === observation.subscription.id)
    return trialWillEnd(known?.planName ?? null, observation.subscription, at)
  })
}
