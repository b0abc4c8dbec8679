import type { Catalogue } from './catalogue.ts'
import type { Difference, OurHoldings, StripeHoldings } from './drift.ts'
import type { Knowledge } from './kept-subscription.ts'
import { disputeDifferences, entryDifferences, unknownEntry, unpaidEntry } from './payment-differences.ts'
import { doubleSubscription, subscriptionDifferences, unknownSubscription } from './subscription-differences.ts'

/** Everything of one customer that we hold otherwise than Stripe. Whether the customer is still ours is known before. */
export function differencesOf(ours: OurHoldings, theirs: StripeHoldings, knowledge: Knowledge): readonly Difference[] {
  if (theirs.customer === null) return [unknownCustomer(ours)]
  const known = new Map(ours.subscriptions.map((subscription) => [subscription.id, subscription]))
  return [
    ...customerDifferences(ours, theirs, knowledge.catalogue),
    ...theirs.subscriptions.flatMap((seen) => subscriptionDifferences(ours, known.get(seen.id), seen, knowledge)),
    ...theirs.unknownSubscriptions.flatMap((id) => unknownSubscription(ours, known.get(id), knowledge)),
    ...doubleSubscription(ours, theirs, knowledge),
    ...theirs.entries.flatMap((entry) => entryDifferences(ours, entry, theirs.entries)),
    ...theirs.paymentIntents.flatMap(({ id, status, entry }) =>
      entry === null ? unpaidEntry(ours, id, status) : entryDifferences(ours, entry, theirs.entries),
    ),
    ...theirs.unknownEntries.flatMap((id) => unknownEntry(ours, id)),
    ...theirs.disputes.flatMap((dispute) => disputeDifferences(ours, dispute)),
  ]
}

function customerDifferences(
  { user, customerId, isCurrent }: OurHoldings,
  { customer }: StripeHoldings,
  { currency }: Catalogue,
): readonly Difference[] {
  const about = { user, customerId, objectId: customerId, amount: 0, currency }
  if (customer === null) return []
  if (customer.isDeleted && !isCurrent) return []
  if (customer.isDeleted)
    return [
      {
        ...about,
        kind: 'customer_deleted',
        here: `${user} has the customer ${customerId}`,
        atStripe: 'it was deleted',
        meaning: 'Stripe refuses every purchase under it; mended, the next purchase makes a new customer.',
      },
    ]
  if (customer.user === user) return []
  return [
    {
      ...about,
      kind: 'customer_of_another_user',
      here: `${customerId} is the customer of ${user}`,
      atStripe: customer.user === null ? 'its metadata names no user' : `its metadata names ${customer.user}`,
      meaning:
        'A customer never changes hands, so ours counts; mended, the metadata at Stripe names the user that we have.',
    },
  ]
}

function unknownCustomer({ user, customerId }: OurHoldings): Difference {
  return {
    kind: 'customer_unknown',
    user,
    customerId,
    objectId: customerId,
    here: `${user} has the customer ${customerId}`,
    atStripe: 'it was never there',
    meaning: 'These may be the keys of another Stripe account than that of the database. Nothing is mended by itself.',
    amount: 0,
    currency: '',
  }
}
