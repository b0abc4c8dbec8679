import type { Account, Change, UserId } from '../domain/account.ts'
import { changeWish } from '../domain/changing-plan.ts'
import { BillingError, invalidField } from '../domain/errors.ts'
import type { Intent, WishOf } from '../domain/intent.ts'
import { keptSubscription } from '../domain/kept-subscription.ts'
import type { Observation } from '../domain/observation.ts'
import { type ShownSubscription, shownSubscription } from '../domain/shown-subscription.ts'
import type { ObservedSubscription, Subscription } from '../domain/subscription.ts'
import type { ChangeAttempt } from '../ports/gateway.ts'
import { pursueSubscribe } from './pursue-subscribe.ts'
import { reportUsageBefore } from './report-usage.ts'
import { declined, type Selling, type Settled, settle } from './wishes.ts'

type ChangeIntent = Intent<WishOf<'change'>>

/** Makes the change that was wished for, or learns why it cannot be made. */
export async function pursueChange(
  ports: Selling,
  user: UserId,
  intent: ChangeIntent,
): Promise<Settled<ShownSubscription>> {
  if (intent.wish.subscriptionId === null) return beginInstead(ports, user, intent)
  if (intent.wish.when === 'now') await reportUsageBefore(ports, user)
  const attempt = await ports.gateway.changePlan(intent)
  return settleAttempt(
    ports,
    user,
    intent,
    attempt,
    (account) => staleChange(ports, account, intent),
    moved(ports, intent),
  )
}

/** The customer did not ask for it: who did, is noted with it. */
function moved(ports: Selling, { wish: { move } }: ChangeIntent): readonly Change[] {
  if (move === undefined) return []
  const { operator: actor, detail } = move
  const entry = { id: ports.newId('audit'), at: ports.clock.now(), actor, detail }
  return [{ type: 'audited', entry: { ...entry, action: 'plan-moved' } }]
}

/** Where nothing is in use yet, the change goes the way of a first subscription. */
async function beginInstead(ports: Selling, user: UserId, intent: ChangeIntent): Promise<Settled<ShownSubscription>> {
  const { planName, priceId, meteredPriceIds, currency, paymentMethodId, promotionCodeId } = intent.wish
  const wish = {
    kind: 'subscribe',
    planName,
    priceId,
    meteredPriceIds,
    ...(currency === undefined ? {} : { currency }),
    paymentMethodId,
    trial: null,
    promotionCodeId,
  } as const
  const settled = await pursueSubscribe(ports, user, { ...intent, wish })
  if (settled.type === 'refused') return settled
  const result = { ...settled.answered.result, price_id: priceId, cancel_at: null, pending_change: null }
  return { type: 'answered', answered: { ...settled.answered, status: 200, result } }
}

/** Saves what a change or its withdrawal came to. `stale` tells why it is refused where Stripe shows another state. */
export async function settleAttempt(
  ports: Selling,
  user: UserId,
  intent: Intent,
  { subscription, outcome, clientSecret }: ChangeAttempt,
  stale: (account: Account) => BillingError,
  changes: readonly Change[] = [],
): Promise<Settled<ShownSubscription>> {
  const seen: readonly Observation[] = subscription === null ? [] : [{ type: 'subscription', subscription }]
  const refuse = (refusal: BillingError) => settle<ShownSubscription>(ports, user, intent, seen, { refusal })
  if (outcome.type === 'declined') return refuse(declined(outcome.message))
  if (outcome.type === 'refused') return refuse(invalidField(outcome.path, outcome.message, outcome.reason))
  if (outcome.type === 'payment-method-required') return refuse(cardMissing())
  const account = await ports.ledger.account(user, {})
  if (outcome.type === 'stale' || subscription === null) return refuse(stale(withSeen(ports, account, subscription)))
  const kept = keptIn(ports, account, subscription)
  const result = shownSubscription(ports.catalogue, ports.priceIds(), kept, clientSecret)
  return settle(ports, user, intent, seen, { status: 200, result, stored: { ...result, client_secret: null }, changes })
}

/** The account as it will be when what was seen is saved. */
function withSeen(ports: Selling, account: Account, seen: ObservedSubscription | null): Account {
  if (seen === null) return { ...account, subscriptions: [] }
  const others = account.subscriptions.filter(({ id }) => id !== seen.id)
  return { ...account, subscriptions: [...others, keptIn(ports, account, seen)] }
}

function keptIn(ports: Selling, { subscriptions }: Account, seen: ObservedSubscription): Subscription {
  const known = subscriptions.find(({ id }) => id === seen.id)
  const knowledge = { catalogue: ports.catalogue, priceIds: ports.priceIds(), at: ports.clock.now() }
  return keptSubscription(known, seen, knowledge)
}

function staleChange(ports: Selling, account: Account, { wish }: ChangeIntent): BillingError {
  try {
    const asked = { ...wish, when: null, prorationDate: null }
    changeWish(ports.catalogue, ports.priceIds(), account, asked, ports.clock.now())
  } catch (error) {
    if (error instanceof BillingError) return error
    throw error
  }
  return new BillingError(
    'in_progress',
    'The subscription was changed at Stripe in the meantime. Look at it and ask again.',
  )
}

function cardMissing(): BillingError {
  return new BillingError('payment_method_required', 'There is no card to charge. Send a payment_method_id with it.')
}
