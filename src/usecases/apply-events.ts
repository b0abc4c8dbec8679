import type { Account, Change, UserId } from '../domain/account.ts'
import { trialWillEnd } from '../domain/app-message.ts'
import { isOutage } from '../domain/errors.ts'
import { outcomeOf } from '../domain/event-outcome.ts'
import { customerOf, needsOf, type Observation, observe } from '../domain/observation.ts'
import type { Instant } from '../domain/period.ts'
import { type Judgement, judge, type Told } from '../domain/telling.ts'
import {
  isAboutPrices,
  isMeterError,
  nextTryAt,
  type ReceivedEvent,
  reasonToIgnore,
  type StripeEvent,
} from '../domain/webhook-event.ts'
import type { Ports } from '../ports.ts'
import { rejectReports } from './reject-reports.ts'

export type Applying = Pick<
  Ports,
  'ledger' | 'records' | 'inbox' | 'outbox' | 'observatory' | 'clock' | 'catalogue' | 'priceIds' | 'lanes'
> & {
  readonly livemode: boolean
  /** Tells the operator of an event that could not be applied, and whether it was given up. */
  readonly onFailure: (event: StripeEvent, error: unknown, isGivenUp: boolean) => void
  /** Stripe's prices have changed: what is remembered of them may be old. */
  readonly onPricesChanged?: () => void
  /** Something has to be done at Stripe, as soon as the user's lane is free. */
  readonly onWishOpened?: () => void
  /** Lets only so many look at Stripe at once. */
  readonly looking?: <R>(work: () => Promise<R>) => Promise<R>
}

/** Whose events are being applied, each until its promise is fulfilled. */
export type Served = Map<string, Promise<void>>

/** So many are served at once. Whoever waits for Stripe holds up nobody: the others need no more than a commit. */
export const MOST_SERVED = 256

/**
 * Applies all events that are due, those of one customer one after the other and those of different customers at once.
 * Fulfilled when all that it began is over; how many there were. Several may run at once, and share `served`.
 */
export async function applyDueEvents(ports: Applying, served: Served = new Map()): Promise<number> {
  const { count, turns } = await beginTurns(ports, served)
  await Promise.all(turns)
  return count
}

/** Begins to serve whoever has events due and is not being served. Rejected turns leave their events due. */
export async function beginTurns(ports: Applying, served: Served) {
  const due = await ports.inbox.due(ports.clock.wall(), MOST_SERVED, [...served.keys()])
  const waiting = Map.groupBy(due, ({ event }) => event.customerId ?? event.id)
  const turns: Promise<void>[] = []
  let count = 0
  for (const [owner, events] of waiting) {
    // Meanwhile another round may have begun with the same.
    if (served.has(owner) || served.size >= MOST_SERVED) continue
    const turn = takeTurn(ports, events).finally(() => served.delete(owner))
    served.set(owner, turn)
    turns.push(turn)
    count += events.length
  }
  return { count, turns }
}

/**
 * One customer's turn, in the order in which Stripe made the events. What they tell by themselves is taken first; then
 * Stripe is looked at for the rest, which had all come before, so that one look at an object does for all of them.
 */
async function takeTurn(ports: Applying, received: readonly ReceivedEvent[]): Promise<void> {
  const inOrder = received.toSorted((one, other) => one.event.createdAt - other.event.createdAt)
  const toLookAt: Unproven[] = []
  for (const one of inOrder)
    await orPostpone(ports, one, async () => {
      const unproven = await settleOrTake(ports, one)
      if (unproven !== null) toLookAt.push(unproven)
    })
  if (toLookAt.length > 0) await looking(ports, () => takeLooks(ports, toLookAt))
}

/** In the user's lane, so that no call of ours is under way. Once Stripe is out of reach, nobody waits for the rest. */
async function takeLooks(ports: Applying, unproven: readonly Unproven[]): Promise<void> {
  const [first] = unproven
  if (first === undefined) return
  const look = rememberedLooks(ports)
  let outage: unknown = null
  await ports.lanes.run(first.user, async () => {
    for (const one of unproven)
      await orPostpone(ports, one.received, async () => {
        if (outage !== null) throw outage
        await takeLook(ports, one, look).catch((error: unknown) => {
          if (isOutage(error)) outage = error
          throw error
        })
      })
  })
}

function looking<R>(ports: Applying, work: () => Promise<R>): Promise<R> {
  return ports.looking === undefined ? work() : ports.looking(work)
}

/** An event that cannot be applied does not hold up the others: it waits its time and is tried again. */
async function orPostpone(
  ports: Applying,
  { event, attempts }: ReceivedEvent,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work()
  } catch (error) {
    const nextTry = nextTryAt(attempts + 1, isOutage(error), ports.clock.wall())
    ports.onFailure(event, error, nextTry === null)
    await ports.inbox.fail(event.id, error instanceof Error ? error.message : 'unknown error', nextTry)
  }
}

interface Unproven {
  readonly received: ReceivedEvent
  readonly user: UserId
  readonly customerId: string
  readonly because: string
}

/** Settles what needs no look; else whom it concerns, and why Stripe must be looked at. */
async function settleOrTake(ports: Applying, received: ReceivedEvent): Promise<Unproven | null> {
  const { event } = received
  const ignore = async (why: string) => {
    await ports.inbox.ignore(event.id, why, ports.clock.wall())
    return null
  }
  const nothing = reasonToIgnore(event, ports.livemode)
  if (nothing !== null) return ignore(nothing)
  if (isMeterError(event)) {
    await rejectReports(ports, event)
    return null
  }
  if (isAboutPrices(event)) {
    ports.onPricesChanged?.()
    return ignore(`The prices are looked up anew because of ${event.objectId}; no account changes by that.`)
  }
  const customerId = event.customerId ?? (await customerBehind(ports, event))
  if (customerId === null) return ignore('Its object belongs to no customer, or Stripe no longer has it.')
  const user = await ports.records.userOfCustomer(customerId)
  if (user === null) {
    await ports.inbox.park(event.id, customerId, `Customer ${customerId} is not linked to any user yet.`)
    return null
  }
  const because = await takeTold(ports, user, customerId, received)
  return because === null ? null : { received, user, customerId, because }
}

/** A refund names no customer itself: whoever made the payment is it. */
async function customerBehind(ports: Applying, event: StripeEvent): Promise<string | null> {
  const [observation] = await looking(ports, () => ports.observatory.look(event))
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
  return ports.ledger.change(user, needs, (account) => {
    if (account.eventApplied) return { changes: [], result: null }
    const judgement: Judgement = isReplayed
      ? { lookBecause: 'an operator wanted it applied anew' }
      : judge(account, event, told)
    if ('lookBecause' in judgement) return { changes: [], result: judgement.lookBecause }
    const changes = effects(ports, account, event, judgement.news, 'Told by the event itself.')
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
  { received: { event }, user, customerId, because }: Unproven,
  look: (event: StripeEvent) => Promise<readonly Observation[]>,
): Promise<void> {
  const seen = (await look(event)).filter((observation) => customerOf(observation) === customerId)
  const how = seen.length === 0 ? 'Stripe has nothing of this customer there.' : `Looked up at Stripe, for ${because}.`
  const opensWish = await ports.ledger.change(user, { event: event.id, ...needsOf(seen) }, (account) => {
    const changes = account.eventApplied ? [] : effects(ports, account, event, seen, how)
    return { changes, result: changes.some(isWish) }
  })
  if (opensWish) ports.onWishOpened?.()
}

/** Whether something comes of it that must be done at Stripe. */
function isWish({ type }: Change): boolean {
  return type === 'intent-opened'
}

function effects(ports: Applying, account: Account, event: StripeEvent, seen: readonly Observation[], how: string) {
  const knowledge = { catalogue: ports.catalogue, priceIds: ports.priceIds(), at: ports.clock.now() }
  const changes = [
    ...seen.flatMap((observation) => observe(account, observation, knowledge)),
    ...reminders(event, seen, account, knowledge.at),
  ]
  const outcome = `${outcomeOf(account, changes)} ${how}`
  return [...changes, { type: 'event-applied', eventId: event.id, at: ports.clock.wall(), outcome } as const]
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

/** Each object is looked at once. */
function rememberedLooks({ observatory }: Applying): (event: StripeEvent) => Promise<readonly Observation[]> {
  const looks = new Map<string, Promise<readonly Observation[]>>()
  return (event) => {
    const object = `${event.objectType} ${event.objectId} ${event.paymentIntentId} ${event.customerId}`
    const known = looks.get(object) ?? observatory.look(event)
    looks.set(object, known)
    return known
  }
}
