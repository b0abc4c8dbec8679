import type { Account, Decision, Needs, UserId } from '../domain/account.ts'
import { BillingError, CustomerGone, isOutage } from '../domain/errors.ts'
import { type Answered, replay } from '../domain/idempotency.ts'
import { type Intent, isStale, takeUpAgain, type Wish, type WishKind, withFreshKey } from '../domain/intent.ts'
import { customerLost, type Observation } from '../domain/observation.ts'
import { observeAll } from '../domain/observations.ts'
import type { Opened } from '../domain/subscribing.ts'
import { pursueApplyCode } from './pursue-apply-code.ts'
import { pursueBillingDetails } from './pursue-billing-details.ts'
import { pursueCancel } from './pursue-cancel.ts'
import { pursueChange } from './pursue-change.ts'
import { pursueCheckout } from './pursue-checkout.ts'
import { pursuePayment } from './pursue-payment.ts'
import { pursuePaymentMethod } from './pursue-payment-method.ts'
import { pursueRefund } from './pursue-refund.ts'
import { pursueResume } from './pursue-resume.ts'
import { pursueSubscribe } from './pursue-subscribe.ts'
import { pursueTrialExtension } from './pursue-trial-extension.ts'
import { pursueUndo } from './pursue-undo.ts'
import { customerMade, type Selling, type Settled, settle } from './wishes.ts'

/** How long a second wish waits for the first one of the same user before it is told `in_progress`. */
export const PATIENCE_MS = 10_000

/** How a wish is opened. */
interface Opening<W extends Wish, R> {
  readonly needs?: Needs
  /** Replays, refuses, or opens the wish; decided on the account as it then is. */
  open(account: Account): Decision<Opened<W, R>>
}

interface Pursuit<W extends Wish, R> {
  pursue(intent: Intent<W>): Promise<Settled<R>>
  /** Adds to a stored answer what is not stored: client secrets. */
  revive(answered: Answered<R>): Promise<Answered<R>>
}

/** Some must look at Stripe before it can be decided; that is left out for an answer that is stored. */
type Steps<W extends Wish, R> = Pursuit<W, R> & (Opening<W, R> | { prepare(): Promise<Opening<W, R>> })

/**
 * The way of every wish: wait for the user's lane, finish what was left open, open the wish, pursue it. A retry without
 * a key that meets the same wish still open gets its outcome, not a second one.
 */
export function fulfil<W extends Wish, R>(
  ports: Selling,
  user: UserId,
  wanted: Pick<Intent, 'key' | 'fingerprint'>,
  steps: Steps<W, R>,
): Promise<Answered<R>> {
  const work = async () => {
    const { customerId } = await ports.ledger.account(user, {})
    const finished = await finishOpenWishes(
      ports,
      user,
      (open) => customerId === null || standsBefore(open, wanted),
      (open) => isSame(open, wanted),
    )
    const same = wanted.key === null ? finished.find(({ intent }) => isSame(intent, wanted)) : undefined
    // The fingerprint names the kind of the wish, so its outcome is of this kind.
    if (same) return answeredOrThrow(same.settled as Settled<R>)
    const needs: Needs = wanted.key === null ? {} : { answer: wanted.key }
    const stored = replay<R>((await ports.ledger.account(user, needs)).answer, wanted.key)
    if (stored) return steps.revive(stored)
    const opening = 'prepare' in steps ? await steps.prepare() : steps
    const opened = await ports.ledger.change(user, { ...needs, ...opening.needs }, (account) => opening.open(account))
    if (opened.type === 'replayed') return steps.revive(opened.answered)
    return answeredOrThrow(await toAnEnd(ports, user, opened.intent, steps.pursue))
  }
  return ports.lanes.run(user, work, PATIENCE_MS)
}

/** A payment and a refund stand in nobody's way; whatever concerns the subscription does, and so does the same request itself. */
function standsBefore(open: Intent, wanted: Pick<Intent, 'key' | 'fingerprint'>): boolean {
  return (open.wish.kind !== 'pay' && open.wish.kind !== 'refund') || isSame(open, wanted)
}

function isSame(open: Intent, wanted: Pick<Intent, 'key' | 'fingerprint'>): boolean {
  return open.fingerprint === wanted.fingerprint && open.key?.key === wanted.key?.key
}

interface Finished {
  readonly intent: Intent
  readonly settled: Settled<unknown>
}

/**
 * Finishes what earlier requests left open, by a crash or because Stripe did not answer. Must run in the user's lane.
 * The new try is saved before it is made, so that a key that may be spent is never used a third time.
 */
export async function finishOpenWishes(
  ports: Selling,
  user: UserId,
  concerns: (intent: Intent) => boolean,
  isAskedFor: (intent: Intent) => boolean = () => false,
): Promise<readonly Finished[]> {
  const { openIntents } = await ports.ledger.account(user, { intents: true })
  const finished: Finished[] = []
  for (const open of openIntents.filter(concerns)) {
    const intent = takeUpAgain(open, ports.clock.wall())
    await ports.ledger.change(user, {}, () => ({ changes: [{ type: 'intent-retried', intent }], result: undefined }))
    finished.push({
      intent,
      settled: await toAnEnd(ports, user, intent, (taken) => pursue(ports, user, taken, isAskedFor(taken))),
    })
  }
  return finished
}

/** So often a wish may fail for reasons that are not an outage before it is given up: it must not block its user for good. */
const MOST_TRIES = 5

/**
 * A refusal on the way ends the wish. An outage does not: it stays open and is taken up again. Anything else is a fault of
 * ours or of Stripe's, and ends it after a few tries.
 */
async function toAnEnd<W extends Wish, R>(
  ports: Selling,
  user: UserId,
  intent: Intent<W>,
  work: (intent: Intent<W>) => Promise<Settled<R>>,
  isSecond = false,
): Promise<Settled<R>> {
  try {
    return await work(intent)
  } catch (error) {
    if (isOutage(error)) throw error
    if (error instanceof CustomerGone && !isSecond)
      return toAnEnd(ports, user, await begunAnew(ports, user, intent), work, true)
    if (error instanceof BillingError) return settle<R>(ports, user, intent, [], { refusal: error })
    if (intent.tries >= MOST_TRIES) await settle<R>(ports, user, intent, [], { refusal: given(error) })
    throw error
  }
}

/** The customer was deleted at Stripe, and with it what was running: all that is kept is its past. */
async function begunAnew<W extends Wish>(ports: Selling, user: UserId, intent: Intent<W>): Promise<Intent<W>> {
  const fresh = withFreshKey(intent, ports.clock.wall())
  const knowledge = { catalogue: ports.catalogue, priceIds: ports.priceIds(), at: ports.clock.now() }
  return ports.ledger.change(user, {}, (account) => ({
    changes: [...observeAll(account, customerLost(account), knowledge), { type: 'intent-retried', intent: fresh }],
    result: fresh,
  }))
}

function given(cause: unknown): BillingError {
  return new BillingError('stripe_unavailable', 'It failed again and again and was given up.', { cause })
}

/** One that nobody has come back for in time is dropped, unless something came of it already. */
async function pursue(ports: Selling, user: UserId, intent: Intent, isAsked: boolean): Promise<Settled<unknown>> {
  if (!isAsked && isStale(intent, ports.clock.now()) && !(await hasMadeSomething(ports, user, intent))) {
    const refusal = new BillingError('stripe_unavailable', 'It was not carried out in time and was dropped. Ask again.')
    return settle(ports, user, intent, await callOff(ports, intent), { refusal })
  }
  switch (intent.wish.kind) {
    case 'subscribe':
      return pursueSubscribe(ports, user, { ...intent, wish: intent.wish })
    case 'checkout':
      return pursueCheckout(ports, user, { ...intent, wish: intent.wish })
    case 'undo':
      return pursueUndo(ports, user, { ...intent, wish: intent.wish })
    case 'billing-details':
      return pursueBillingDetails(ports, user, { ...intent, wish: intent.wish })
    case 'apply-code':
      return pursueApplyCode(ports, user, { ...intent, wish: intent.wish })
    case 'extend-trial':
      return pursueTrialExtension(ports, user, { ...intent, wish: intent.wish })
    case 'cancel':
      return pursueCancel(ports, user, { ...intent, wish: intent.wish })
    case 'set-payment-method':
      return pursuePaymentMethod(ports, user, { ...intent, wish: intent.wish })
    case 'change':
      return pursueChange(ports, user, { ...intent, wish: intent.wish })
    case 'resume':
      return pursueResume(ports, user, { ...intent, wish: intent.wish })
    case 'refund':
      return pursueRefund(ports, user, { ...intent, wish: intent.wish })
    case 'pay':
      return pursuePayment(ports, user, { ...intent, wish: intent.wish })
  }
}

/** They charge nothing, and are always carried out: whoever cancels asked not to be charged, a refund was promised. */
const HARMLESS: ReadonlySet<WishKind> = new Set([
  'cancel',
  'extend-trial',
  'resume',
  'refund',
  'apply-code',
  'undo',
  'billing-details',
])

/** A change that is planned charges nothing either, and broken off it may have withdrawn the end that was planned before. */
function isHarmless(wish: Wish): boolean {
  return HARMLESS.has(wish.kind) || (wish.kind === 'change' && wish.when === 'period_end')
}

async function hasMadeSomething(ports: Selling, user: UserId, intent: Intent): Promise<boolean> {
  if (isHarmless(intent.wish)) return true
  const customerId = await customerMade(ports, user, intent)
  return customerId !== null && (await ports.observatory.madeBy(intent, customerId)) !== null
}

/** The first steps of a change may have been taken: nothing of it stays that nobody asks for any more. */
async function callOff(ports: Selling, { wish, ...intent }: Intent): Promise<readonly Observation[]> {
  if (wish.kind !== 'change' || wish.subscriptionId === null) return []
  const subscription = await ports.gateway.callOffChange({ ...intent, wish })
  return subscription === null ? [] : [{ type: 'subscription', subscription }]
}

function answeredOrThrow<R>(settled: Settled<R>): Answered<R> {
  if (settled.type === 'refused') throw settled.refusal
  return settled.answered
}
