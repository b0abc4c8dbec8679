import type { UserId } from '../domain/account.ts'
import { type Catalogue, findPlan, type PriceIds } from '../domain/catalogue.ts'
import { BillingError, isOutage } from '../domain/errors.ts'
import type { TermChange } from '../domain/plan-version.ts'
import type { Subscription } from '../domain/subscription.ts'

/** What came of one customer. */
export interface MoveOutcome {
  readonly outcome: 'would_move' | 'moved' | 'planned' | 'waiting' | 'left' | 'refused'
  readonly detail?: string
  readonly to?: ReturnType<typeof movedPrice>
  readonly effective_at?: string | null
  /** Null where Stripe was not asked. */
  readonly amount_due_now?: number | null
  /** What changes for a customer who keeps plan and price. */
  readonly terms?: readonly TermChange[]
}

/** What came of one customer, as the API shows it. */
export function shownMove(user: UserId, { id, planName, priceId, price }: Subscription, outcome: MoveOutcome) {
  const { to = null, effective_at = null, amount_due_now = null, detail = null, terms = [] } = outcome
  const amounts = {
    amount: price?.amount ?? null,
    currency: price?.currency ?? null,
    interval: price?.interval ?? null,
  }
  const from = { plan_name: planName, price_id: priceId, ...amounts }
  return {
    user_id: user,
    subscription_id: id,
    outcome: outcome.outcome,
    detail,
    from,
    to,
    effective_at,
    amount_due_now,
    terms: [...terms],
  }
}

/** A price to which somebody is moved; without an amount where the plan does not sell it any more. */
export function movedPrice(catalogue: Catalogue, priceIds: PriceIds, planName: string, priceId: string) {
  const price = findPlan(catalogue, planName)?.prices.find(({ lookupKey }) => priceIds.get(lookupKey) === priceId)
  const { amount = null, currency = null, interval = null } = price ?? {}
  return { plan_name: planName, price_id: priceId, amount, currency, interval }
}

type ShownMove = ReturnType<typeof shownMove> | ReturnType<typeof refusedMove>

/** A page of users, each with an outcome of his own; null is one who is not concerned. */
export async function movedPage(
  users: readonly UserId[],
  limit: number,
  moveOne: (user: UserId) => Promise<ShownMove | null>,
) {
  const results: ShownMove[] = []
  for (const user of users) {
    const result = await moveOne(user).catch((error) => refusedMove(user, wordsOf(error)))
    if (result !== null) results.push(result)
  }
  return { results, next_cursor: users.length < limit ? null : (users.at(-1) ?? null) }
}

/** An outage is no answer for this user, and would be none for the next. */
function wordsOf(error: unknown): string {
  if (!(error instanceof BillingError) || isOutage(error)) throw error
  return error.message
}

/** One who could not be moved, and why. */
function refusedMove(user: UserId, detail: string) {
  return { user_id: user, ...NOTHING, outcome: 'refused' as const, detail, terms: [] as TermChange[] }
}

const NOTHING = { subscription_id: null, from: null, to: null, effective_at: null, amount_due_now: null } as const
