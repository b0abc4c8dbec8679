import { isoTime } from './period.ts'
import type { Subscription } from './subscription.ts'

/** What is otherwise about a subscription than it was known, each as the rest of a sentence about it. */
export function newsOf(known: Subscription, seen: Subscription): readonly string[] {
  const told = MOVES.flatMap(({ fields, tell }) =>
    fields.some((field) => isOther(field, known, seen)) ? tell(known, seen) : [],
  )
  const untold = OTHERS.filter(([field]) => isOther(field, known, seen)).map(([, name]) => name)
  return untold.length === 0 ? told : [...told, `has another ${untold.join(' and ')}`]
}

type Field = keyof Subscription

interface Move {
  readonly fields: readonly Field[]
  tell(known: Subscription, seen: Subscription): readonly string[]
}

const MOVES: readonly Move[] = [
  { fields: ['status'], tell: (known, seen) => [`went from ${known.status} to ${seen.status}`] },
  {
    fields: ['planName', 'priceId'],
    tell: (known, seen) =>
      known.planName === seen.planName
        ? [`moved to the price ${seen.priceId ?? 'of several items'}`]
        : [`moved from ${known.planName ?? 'no plan'} to ${seen.planName ?? 'no plan'}`],
  },
  {
    fields: ['currentPeriodStart', 'currentPeriodEnd'],
    tell: (_, seen) => [`has a period until ${isoTime(seen.currentPeriodEnd)}`],
  },
  {
    fields: ['cancelAt'],
    // That it has ended is told by its status.
    tell: (_, { cancelAt, endedAt }) =>
      endedAt !== null ? [] : [cancelAt === null ? 'is not to end any more' : `is to end at ${isoTime(cancelAt)}`],
  },
  {
    fields: ['trialEnd'],
    tell: (_, { trialEnd }) =>
      trialEnd === null ? ['has no trial any more'] : [`has a trial until ${isoTime(trialEnd)}`],
  },
  {
    fields: ['hasPaymentMethod'],
    tell: (_, seen) => [seen.hasPaymentMethod ? 'has a card to charge now' : 'has no card to charge any more'],
  },
  {
    fields: ['collectionPause'],
    tell: (_, { collectionPause: pause }) => [pause === null ? 'is charged again' : 'is not charged for now'],
  },
  {
    fields: ['pendingChange'],
    tell: (_, { pendingChange: pending }) => [
      pending === null ? 'is not to change its price any more' : `is to change to the price ${pending.priceId}`,
    ],
  },
]

const OTHERS: readonly (readonly [Field, string])[] = [
  ['discounts', 'set of discounts'],
  ['price', 'amount'],
  ['metered', 'set of metered prices'],
  ['anchor', 'day from which its periods are counted'],
]

/** Values are plain; what is more than a word or a number is compared as it would be written. */
function isOther(field: Field, known: Subscription, seen: Subscription): boolean {
  return JSON.stringify(known[field] ?? null) !== JSON.stringify(seen[field] ?? null)
}
