import type { Change, UserId } from '../domain/account.ts'
import { releaseTrial } from '../domain/claiming.ts'
import { BillingError } from '../domain/errors.ts'
import { type Answered, storedRefusal, storedResult } from '../domain/idempotency.ts'
import { type Intent, mustLookUp, type Person, type Wish } from '../domain/intent.ts'
import { needsOf, type Observation } from '../domain/observation.ts'
import { observeAll } from '../domain/observations.ts'
import type { Ports } from '../ports.ts'

/** What it takes to talk with Stripe for a user. */
export type Selling = Pick<
  Ports,
  'ledger' | 'gateway' | 'observatory' | 'outbox' | 'meters' | 'clock' | 'catalogue' | 'priceIds' | 'lanes' | 'newId'
>

/** A wish comes to an answer or to a refusal; both are saved before anybody is told. */
export type Settled<R> =
  | { readonly type: 'answered'; readonly answered: Answered<R> }
  | { readonly type: 'refused'; readonly refusal: BillingError }

export interface Request {
  readonly user: UserId
  readonly person: Person
  readonly key: { readonly caller: string; readonly key: string } | null
}

/** A new intent for a wish. `operation` and everything that was asked make the fingerprint by which a retry is known. */
export function newIntent<W extends Wish>(
  ports: Pick<Ports, 'clock' | 'newId'>,
  request: Request,
  wish: W,
  asked: object,
): Intent<W> {
  const fingerprint = fingerprintOf(wish.kind, request.user, asked)
  return {
    id: ports.newId('intent'),
    wish,
    person: request.person,
    key: request.key && { ...request.key, fingerprint },
    fingerprint,
    tries: 1,
    keyNumber: 1,
    keyedAt: ports.clock.wall(),
    openedAt: ports.clock.now(),
  }
}

/** The same request makes the same text, in whatever order its fields came. */
function fingerprintOf(kind: string, user: UserId, asked: object): string {
  return JSON.stringify([kind, user, asked], (_name, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
      : value,
  )
}

/** The refusal of a decline, in Stripe's words for the customer. */
export function declined(words: string): BillingError {
  return new BillingError('card_declined', `${words} Nothing was charged. Try another card.`)
}

/** The user's Stripe customer, made on the first occasion. */
export async function customerFor(ports: Selling, user: UserId, intent: Intent): Promise<string> {
  const known = (await ports.ledger.account(user, {})).customerId
  if (known !== null) return known
  const made = mustLookUp(intent) ? await ports.observatory.customerMadeBy(intent) : null
  return linked(ports, user, made ?? (await ports.gateway.createCustomer(user, intent)))
}

/** The user's Stripe customer, be it one that this wish has made and whose answer was lost; null where there is none. */
export async function customerMade(ports: Selling, user: UserId, intent: Intent): Promise<string | null> {
  const known = (await ports.ledger.account(user, {})).customerId
  if (known !== null) return known
  const made = await ports.observatory.customerMadeBy(intent)
  return made === null ? null : linked(ports, user, made)
}

/** Linking a customer sets free the events that arrived before. */
function linked(ports: Selling, user: UserId, customerId: string): Promise<string> {
  const at = ports.clock.wall()
  return ports.ledger.change(user, {}, (account) => ({
    changes: account.customerId === null ? [{ type: 'customer-linked', customerId, at }] : [],
    result: account.customerId ?? customerId,
  }))
}

/** Saves what was seen, closes the wish and stores the answer under its key, all in one step. */
export function settle<R>(
  ports: Selling,
  user: UserId,
  intent: Intent,
  seen: readonly Observation[],
  end:
    | {
        readonly status: 200 | 201
        readonly result: R
        readonly stored: unknown
        /** What else is saved with it. */
        readonly changes?: readonly Change[]
      }
    | { readonly refusal: BillingError },
): Promise<Settled<R>> {
  const at = ports.clock.now()
  const knowledge = { catalogue: ports.catalogue, priceIds: ports.priceIds(), at }
  return ports.ledger.change(user, needsOf(seen), (account) => {
    const outcome = 'refusal' in end ? 'refused' : 'done'
    const changes: readonly Change[] = [
      // Before what was seen, which may use up again what is given back.
      ...(outcome === 'refused' ? releaseTrial(intent, at) : []),
      ...observeAll(account, seen, knowledge),
      { type: 'intent-closed', intentId: intent.id, outcome, at },
      ...answerOf(intent, end, at),
      ...('refusal' in end ? [] : (end.changes ?? [])),
    ]
    const result: Settled<R> =
      'refusal' in end
        ? { type: 'refused', refusal: end.refusal }
        : { type: 'answered', answered: { status: end.status, result: end.result, replayed: false } }
    return { changes, result }
  })
}

/** Stored are results and the refusal of a decline; any other refusal is decided anew next time. */
function answerOf(
  intent: Intent,
  end: { readonly status: number; readonly stored: unknown } | { readonly refusal: BillingError },
  at: number,
): readonly Change[] {
  if (intent.key === null) return []
  if (!('refusal' in end))
    return [{ type: 'answer-stored', answer: storedResult(intent.key, end.status, end.stored, at) }]
  if (end.refusal.code !== 'card_declined') return []
  return [{ type: 'answer-stored', answer: storedRefusal(intent.key, end.refusal, at) }]
}
