import type { Account, Change, UserId } from '../domain/account.ts'
import { differencesOf } from '../domain/comparison.ts'
import {
  type AskedAbout,
  type Difference,
  isMendable,
  type JudgedDifference,
  mendingObservations,
  type OurHoldings,
  type StripeHoldings,
} from '../domain/drift.ts'
import type { Knowledge } from '../domain/kept-subscription.ts'
import { needsOf } from '../domain/observation.ts'
import { observeAll } from '../domain/observations.ts'
import { isCalledOff } from '../domain/payment.ts'
import { isEnded } from '../domain/subscription.ts'
import type { Ports } from '../ports.ts'

export type Examining = Pick<
  Ports,
  'ledger' | 'mirror' | 'stripeBooks' | 'clock' | 'newId' | 'catalogue' | 'priceIds' | 'lanes'
>

/** Who has it mended, as the audit log names him; null only looks. */
export type Mender = string | null

/**
 * Compares all that we have of a linked customer with all that Stripe has, in the user's lane, so that no call of ours is
 * under way meanwhile. With a mender it takes over what differs, and compares again to see that it helped.
 */
export function examineCustomer(
  ports: Examining,
  user: UserId,
  customerId: string,
  mender: Mender = null,
): Promise<readonly JudgedDifference[]> {
  return ports.lanes.run(user, async () => {
    const ours = await ourHoldings(ports, user, customerId)
    const theirs = await ports.stripeBooks.holdings(customerId, askedAbout(ours))
    const found = differencesOf(ours, theirs, knowledgeNow(ports))
    if (mender === null || !found.some(isMendable))
      return found.map((difference) => ({ ...difference, outcome: 'left' }))
    const mended = await mend(ports, user, customerId, theirs, found, mender)
    const remaining = differencesOf(await ourHoldings(ports, user, customerId), mended, knowledgeNow(ports))
    return found.map((difference) => ({ ...difference, outcome: isAmong(remaining, difference) ? 'left' : 'mended' }))
  })
}

function askedAbout({ subscriptions, payments, customerId }: OurHoldings): AskedAbout {
  return {
    subscriptions: subscriptions.filter((subscription) => !isEnded(subscription)).map(({ id }) => id),
    entries: [...payments.values()].filter((entry) => entry.customerId === customerId && !isCalledOff(entry)),
  }
}

/** Takes over what differs, in one step; and tells Stripe whose the customer is where its metadata says otherwise. */
async function mend(
  ports: Examining,
  user: UserId,
  customerId: string,
  theirs: StripeHoldings,
  found: readonly Difference[],
  mender: string,
): Promise<StripeHoldings> {
  const isMisnamed = found.some(({ kind }) => kind === 'customer_of_another_user')
  const customer = isMisnamed ? await ports.stripeBooks.nameCustomer(customerId, user) : theirs.customer
  const knowledge = { ...knowledgeNow(ports), isCompared: true }
  const mended = found.filter(isMendable)
  const detail = mended.map(({ kind, objectId }) => `${kind} ${objectId}`).join(', ')
  const audited = auditOf(ports, mender, detail)
  const observations = mendingObservations(mended, customerId, theirs)
  await ports.ledger.change(user, needsOf(observations), (account: Account) => {
    const changes = observeAll(account, observations, knowledge)
    return { changes: [...changes, audited], result: undefined }
  })
  return { ...theirs, customer }
}

function isAmong(differences: readonly Difference[], { kind, objectId }: Difference): boolean {
  return differences.some((other) => other.kind === kind && other.objectId === objectId)
}

async function ourHoldings({ mirror, ledger }: Examining, user: UserId, customerId: string): Promise<OurHoldings> {
  const subscriptions = await mirror.subscriptions(user)
  const account = await ledger.account(user, {})
  return {
    user,
    customerId,
    isCurrent: account.customerId === customerId,
    disputes: account.disputes,
    // A user whose earlier customer was deleted has those of that one too.
    subscriptions: subscriptions.filter((subscription) => subscription.customerId === customerId),
    payments: await mirror.payments(user),
  }
}

/** What has to be known, beside the account, to make sense of what Stripe shows. */
export function knowledgeNow({
  catalogue,
  priceIds,
  clock,
}: Pick<Ports, 'catalogue' | 'priceIds' | 'clock'>): Knowledge {
  return { catalogue, priceIds: priceIds(), at: clock.now() }
}

/** Links a customer that Stripe's metadata gives to the user; events that waited for it are due at once. */
export function linkChanges(
  ports: Pick<Ports, 'clock' | 'newId'>,
  customerId: string,
  actor: string,
): readonly Change[] {
  return [
    { type: 'customer-linked', customerId, at: ports.clock.wall() },
    auditOf(ports, actor, `customer_link_missing ${customerId}`),
  ]
}

function auditOf({ clock, newId }: Pick<Ports, 'clock' | 'newId'>, actor: string, detail: string): Change {
  const entry = { id: newId('audit'), at: clock.now(), actor, action: 'drift-mended', detail } as const
  return { type: 'audited', entry }
}
