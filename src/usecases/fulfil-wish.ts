import type { Account, Decision, Needs, UserId } from '../domain/account.ts'
import type { Answered } from '../domain/idempotency.ts'
import { type Intent, takeUpAgain, type Wish } from '../domain/intent.ts'
import type { Opened } from '../domain/subscribing.ts'
import { pursueCancel } from './pursue-cancel.ts'
import { pursuePayment } from './pursue-payment.ts'
import { pursueSubscribe } from './pursue-subscribe.ts'
import type { Selling, Settled } from './wishes.ts'

/** How long a second wish waits for the first one of the same user before it is told `in_progress`. */
const PATIENCE_MS = 10_000

interface Steps<W extends Wish, R> {
  /** Replays, refuses, or opens the wish; decided on the account as it then is. */
  open(account: Account): Decision<Opened<W, R>>
  pursue(intent: Intent<W>): Promise<Settled<R>>
  /** Adds to a stored answer what is not stored: client secrets. */
  revive(answered: Answered<R>): Promise<Answered<R>>
}

/**
 * The way of every wish: wait for the user's lane, finish what was left open, open the wish, pursue it. A retry without
 * a key that meets the same wish still open gets its outcome, not a second one.
 */
export function fulfil<W extends Wish, R>(
  ports: Selling,
  user: UserId,
  { key, fingerprint }: Pick<Intent, 'key' | 'fingerprint'>,
  steps: Steps<W, R>,
): Promise<Answered<R>> {
  const work = async () => {
    const finished = await finishOpenWishes(ports, user)
    const same = key === null ? finished.find((other) => other.intent.fingerprint === fingerprint) : undefined
    // The fingerprint names the kind of the wish, so its outcome is of this kind.
    if (same) return answeredOrThrow(same.settled as Settled<R>)
    const needs: Needs = key === null ? {} : { answer: key }
    const opened = await ports.ledger.change(user, needs, (account) => steps.open(account))
    if (opened.type === 'replayed') return steps.revive(opened.answered)
    return answeredOrThrow(await steps.pursue(opened.intent))
  }
  return ports.lanes.run(user, work, PATIENCE_MS)
}

interface Finished {
  readonly intent: Intent
  readonly settled: Settled<unknown>
}

/**
 * Finishes what earlier requests left open, by a crash or because Stripe did not answer. Must run in the user's lane.
 * The new try is saved before it is made, so that a key that may be spent is never used a third time.
 */
export async function finishOpenWishes(ports: Selling, user: UserId): Promise<readonly Finished[]> {
  const { openIntents } = await ports.ledger.account(user, { intents: true })
  const finished: Finished[] = []
  for (const open of openIntents) {
    const intent = takeUpAgain(open, ports.clock.wall())
    await ports.ledger.change(user, {}, () => ({ changes: [{ type: 'intent-retried', intent }], result: undefined }))
    finished.push({ intent, settled: await pursue(ports, user, intent) })
  }
  return finished
}

function pursue(ports: Selling, user: UserId, intent: Intent): Promise<Settled<unknown>> {
  switch (intent.wish.kind) {
    case 'subscribe':
      return pursueSubscribe(ports, user, { ...intent, wish: intent.wish })
    case 'cancel':
      return pursueCancel(ports, user, { ...intent, wish: intent.wish })
    case 'pay':
      return pursuePayment(ports, user, { ...intent, wish: intent.wish })
  }
}

function answeredOrThrow<R>(settled: Settled<R>): Answered<R> {
  if (settled.type === 'refused') throw settled.refusal
  return settled.answered
}
