import type { Account, Decision } from './account.ts'
import { billedServices, type Catalogue, findPlan, meteredLookupKey, type PriceIds } from './catalogue.ts'
import { claimTrial } from './claiming.ts'
import { BillingError, invalidField } from './errors.ts'
import { type Answered, replay } from './idempotency.ts'
import type { Intent, Wish, WishOf } from './intent.ts'
import type { Plan, PlanPrice } from './plan.ts'
import { incompleteSubscription, liveSubscription } from './subscription.ts'
import { isTrialAllowed, mustBeFirstTrial, offeredTrial } from './trial.ts'

/** A wish is either taken up, or was answered before under its key. */
export type Opened<W extends Wish, R> =
  | { readonly type: 'opened'; readonly intent: Intent<W> }
  | { readonly type: 'replayed'; readonly answered: Answered<R> }

/** The plan with its Stripe prices, or why it cannot be sold. A price of another plan is refused. */
export function subscribeWish(
  catalogue: Catalogue,
  priceIds: PriceIds,
  request: {
    readonly planName: string
    readonly priceId: string | null
    readonly paymentMethodId: string | null
    readonly trial?: boolean
  },
  promotionCodeId: string | null = null,
): WishOf<'subscribe'> {
  const plan = planOnSale(catalogue, request.planName)
  const price = request.priceId === null ? plan.prices[0] : priceOfPlan(plan, priceIds, request.priceId)
  return {
    kind: 'subscribe',
    planName: plan.name,
    priceId: knownPrice(priceIds, price.lookupKey),
    meteredPriceIds: meteredPrices(plan, priceIds),
    currency: price.currency,
    paymentMethodId: request.paymentMethodId,
    trial: request.trial ? offeredTrial(plan, request.paymentMethodId !== null) : null,
    promotionCodeId,
  }
}

/** The plan of this name; refuses one that is not in the catalogue. */
export function planOnSale(catalogue: Catalogue, name: string): Plan {
  const plan = findPlan(catalogue, name)
  if (plan !== null) return plan
  throw invalidField('/plan_name', 'there is no such plan; GET /payments/subscription-plans lists them')
}

/** Which of the plan's prices a Stripe id names; refuses that of another plan with `price_mismatch`. */
export function priceOfPlan(plan: Plan, priceIds: PriceIds, wanted: string): PlanPrice {
  const price = plan.prices.find(({ lookupKey }) => priceIds.get(lookupKey) === wanted)
  if (price !== undefined) return price
  throw new BillingError(
    'price_mismatch',
    `price_id is not a price of ${plan.name}. Leave it out, or send one that GET /payments/subscription-plans gives for this plan.`,
  )
}

/** The Stripe prices of what the plan bills by use. */
export function meteredPrices(plan: Plan, priceIds: PriceIds): readonly string[] {
  return billedServices(plan).map((service) => knownPrice(priceIds, meteredLookupKey(plan.name, service)))
}

/** Throws `stripe_unavailable` where Stripe has not been asked yet, or has no such price on sale. */
export function knownPrice(priceIds: PriceIds, lookupKey: string): string {
  const id = priceIds.get(lookupKey)
  if (id !== undefined) return id
  throw new BillingError(
    'stripe_unavailable',
    'Stripe has this price not on sale at the moment. Try again soon, or choose another plan or price.',
    {
      retryAfterSeconds: 5,
      operatorDetail: `Stripe shows no active price under the lookup key ${lookupKey}: it was archived or is not set up yet; "speech-billing stripe setup" mends that.`,
    },
  )
}

/**
 * One live subscription a user at most: a second one is refused whatever plan it is for. A trial is claimed in the same
 * step, so that of two that ask at once only one gets it.
 */
export function openSubscribe<R>(
  account: Account,
  intent: Intent<WishOf<'subscribe'>>,
  claims: readonly string[],
  wish: () => WishOf<'subscribe'>,
): Decision<Opened<WishOf<'subscribe'>, R>> {
  const { changes, result } = openWish<WishOf<'subscribe'>, R>(account, intent, () => {
    const priced = wish()
    if (priced.trial !== null) mustBeFirstTrial(account.trialClaims, account.user)
    mustHaveNone(account)
    const isAllowed = priced.trial !== null && isTrialAllowed(account.trialClaims, account.user)
    return isAllowed ? { ...priced, trialAllowed: true } : priced
  })
  return { changes: result.type === 'opened' ? [...changes, ...claimTrial(result.intent, claims)] : changes, result }
}

function mustHaveNone({ subscriptions }: Account): void {
  const live = liveSubscription(subscriptions)
  if (live === null) return
  throw new BillingError(
    'subscription_exists',
    `There is a subscription already${live.planName ? ` (${live.planName})` : ''}. Change its plan, or cancel it first.`,
  )
}

/**
 * Opens the wish for a hosted page. Its trial is claimed only when the page is completed: most pages that are opened never
 * are, and the card is not known before.
 */
export function openCheckout<R>(
  account: Account,
  intent: Intent<WishOf<'checkout'>>,
  wish: () => WishOf<'subscribe'>,
): Decision<Opened<WishOf<'checkout'>, R>> {
  return openWish<WishOf<'checkout'>, R>(account, intent, () => {
    const { kind: _, planName: _name, paymentMethodId: _card, ...priced } = wish()
    const { trial } = priced
    if (trial !== null) mustBeFirstTrial(account.trialClaims, account.user)
    mustHaveNone(account)
    const trialAllowed = trial !== null && isTrialAllowed(account.trialClaims, account.user)
    return { ...intent.wish, ...priced, trialAllowed }
  })
}

/** Cancels the live subscription; one that still waits for its first payment is given up at once. */
export function openCancel<R>(
  account: Account,
  intent: Intent<WishOf<'cancel'>>,
): Decision<Opened<WishOf<'cancel'>, R>> {
  return openWish(account, intent, () => {
    const live = liveSubscription(account.subscriptions)
    const subscription = live ?? incompleteSubscription(account.subscriptions)
    if (subscription !== null)
      return { ...intent.wish, subscriptionId: subscription.id, atPeriodEnd: live !== null && intent.wish.atPeriodEnd }
    throw new BillingError(
      'no_subscription',
      'There is no subscription to cancel. GET /payments/subscription-status tells how it stands.',
    )
  })
}

/** Replays the answer that is stored under the key, or opens the wish as `decide` makes it out; refusing, it throws. */
export function openWish<W extends Wish, R>(
  account: Account,
  intent: Intent<W>,
  decide: () => W,
): Decision<Opened<W, R>> {
  const replayed = replay<R>(account.answer, intent.key)
  if (replayed) return { changes: [], result: { type: 'replayed', answered: replayed } }
  const opened: Intent<W> = { ...intent, wish: decide() }
  return { changes: [{ type: 'intent-opened', intent: opened }], result: { type: 'opened', intent: opened } }
}
