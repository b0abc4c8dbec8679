import type { Change, UserId } from '../domain/account.ts'
import { planOfPrice } from '../domain/catalogue.ts'
import type { StripeHoldings } from '../domain/drift.ts'
import { BillingError, isOutage } from '../domain/errors.ts'
import type { Knowledge } from '../domain/kept-subscription.ts'
import { needsOf, type Observation } from '../domain/observation.ts'
import { observeAll } from '../domain/observations.ts'
import { isLive } from '../domain/subscription.ts'
import type { Ports } from '../ports.ts'
import { type Examining, knowledgeNow } from './examine-customer.ts'

/** A customer that another program made, and whose it is. */
export interface Adoption {
  readonly user: UserId
  readonly customerId: string
}

export interface AdoptionBatch {
  readonly adoptions: readonly Adoption[]
  /** Only say what would come of each by itself: none is held against another. */
  readonly dryRun: boolean
}

export interface AdoptionRequest extends AdoptionBatch {
  /** Who has it done, as the audit log names them. */
  readonly operator: string
}

type AdoptionRefusal =
  | 'customer_unknown'
  | 'customer_deleted'
  | 'customer_of_another_user'
  | 'user_has_customer'
  | 'stripe_unavailable'
  | 'storage_unavailable'

export type AdoptionOutcome =
  | {
      readonly kind: 'adopted'
      readonly subscriptions: number
      readonly payments: number
      /** Of live subscriptions, those that were never of a plan: they are kept without one. */
      readonly unknownPrices: readonly string[]
    }
  | { readonly kind: 'known' }
  | { readonly kind: 'refused'; readonly code: AdoptionRefusal; readonly detail: string }

type Adopting = Examining & Pick<Ports, 'records'>

/**
 * Links customers that are at Stripe already to users, one after the other, and takes over what they have there. A customer
 * is never made, nor moved from one user to another. The link is saved last and together with what was taken over, so that a
 * line that is known is done.
 */
export async function adoptCustomers(ports: Adopting, request: AdoptionRequest): Promise<readonly AdoptionOutcome[]> {
  const outcomes: AdoptionOutcome[] = []
  for (const adoption of request.adoptions) outcomes.push(await adoptOne(ports, adoption, request))
  return outcomes
}

async function adoptOne(ports: Adopting, adoption: Adoption, request: AdoptionRequest): Promise<AdoptionOutcome> {
  try {
    return await ports.lanes.run(adoption.user, () => adopt(ports, adoption, request))
  } catch (error) {
    if (!(error instanceof BillingError) || !isOutage(error)) throw error
    return refused(error.code === 'storage_unavailable' ? error.code : 'stripe_unavailable', error.operatorDetail)
  }
}

async function adopt(
  ports: Adopting,
  adoption: Adoption,
  { dryRun, operator }: AdoptionRequest,
): Promise<AdoptionOutcome> {
  const { user, customerId } = adoption
  const here = await standingHere(ports, adoption)
  if (here !== null) return here
  const theirs = await ports.stripeBooks.holdings(customerId, { subscriptions: [], entries: [] })
  const refusal = refusalAtStripe(adoption, theirs)
  if (refusal !== null) return refusal
  const knowledge = knowledgeNow(ports)
  if (!dryRun) {
    if (theirs.customer?.user !== user) await ports.stripeBooks.nameCustomer(customerId, user)
    await takeOver(ports, adoption, theirs, knowledge, operator)
  }
  return adopted(theirs, knowledge)
}

/** What our books say already; null when there is nothing in the way. */
async function standingHere(ports: Adopting, { user, customerId }: Adoption): Promise<AdoptionOutcome | null> {
  const owner = await ports.records.userOfCustomer(customerId)
  const { customerId: current } = await ports.ledger.account(user, {})
  if (owner === user) {
    if (current === customerId) return { kind: 'known' }
    return refused('customer_deleted', 'Stripe has deleted this customer, and the user has another or none by now.')
  }
  if (owner !== null)
    return refused('customer_of_another_user', `The customer is linked to ${owner}; a customer never changes hands.`)
  if (current !== null)
    return refused('user_has_customer', `The user has the customer ${current}; a second one would be charged unseen.`)
  return null
}

function refusalAtStripe({ user }: Adoption, { customer }: StripeHoldings): AdoptionOutcome | null {
  if (customer === null)
    return refused('customer_unknown', 'Stripe does not know this customer. Are these the keys of its account?')
  if (customer.isDeleted) return refused('customer_deleted', 'Stripe has deleted this customer.')
  if (customer.user !== null && customer.user !== user)
    return refused(
      'customer_of_another_user',
      `metadata.user_id of the customer names ${customer.user}. If that is wrong, change it at Stripe first.`,
    )
  return null
}

function refused(code: AdoptionRefusal, detail: string): AdoptionOutcome {
  return { kind: 'refused', code, detail }
}

/** Events that were parked under the customer are due with the link. */
async function takeOver(
  ports: Adopting,
  { user, customerId }: Adoption,
  theirs: StripeHoldings,
  knowledge: Knowledge,
  operator: string,
): Promise<void> {
  const observations: readonly Observation[] = [
    ...theirs.subscriptions.map((subscription): Observation => ({ type: 'subscription', subscription })),
    ...theirs.entries.map((payment): Observation => ({ type: 'entry', payment })),
    ...theirs.paymentIntents.map((paymentIntent): Observation => ({ type: 'payment-intent', paymentIntent })),
    ...theirs.disputes.map((dispute): Observation => ({ type: 'dispute', dispute })),
  ]
  const entry = {
    id: ports.newId('audit'),
    at: knowledge.at,
    actor: operator,
    action: 'customer-adopted',
    detail: `${customerId} with ${theirs.subscriptions.length} subscriptions and ${paymentsOf(theirs)} payments`,
  } as const
  const linked: Change = { type: 'customer-linked', customerId, at: ports.clock.wall() }
  await ports.ledger.change(user, needsOf(observations), (account) => ({
    changes: [linked, ...observeAll(account, observations, knowledge), { type: 'audited', entry }],
    result: undefined,
  }))
}

function adopted(theirs: StripeHoldings, { catalogue, priceIds }: Knowledge): AdoptionOutcome {
  const prices = theirs.subscriptions.filter(isLive).flatMap(({ priceId }) => priceId ?? [])
  return {
    kind: 'adopted',
    subscriptions: theirs.subscriptions.length,
    payments: paymentsOf(theirs),
    unknownPrices: prices.filter((id) => planOfPrice(catalogue, priceIds, id) === null),
  }
}

function paymentsOf({ entries, paymentIntents }: StripeHoldings): number {
  return entries.length + paymentIntents.filter(({ entry }) => entry !== null).length
}
