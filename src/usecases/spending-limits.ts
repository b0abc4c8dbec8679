import type { Account, Change, UserId } from '../domain/account.ts'
import type { Catalogue } from '../domain/catalogue.ts'
import { currencyNow } from '../domain/currency.ts'
import { invalidField } from '../domain/errors.ts'
import { moneyText, unchargeable } from '../domain/money.ts'
import { type Instant, monthsAround } from '../domain/period.ts'
import { planBought } from '../domain/plan-version.ts'
import { SERVICE_TYPES } from '../domain/quantity.ts'
import { allowedLimit, type SetLimit, type SpendingLimits, shownSpending } from '../domain/spending.ts'
import { liveSubscription } from '../domain/subscription.ts'
import type { Ports } from '../ports.ts'

type Limiting = Pick<Ports, 'ledger' | 'clock' | 'catalogue' | 'newId'>

/**
 * The user's own limit, up to what plan or operator allow, in the currency to speak of now; null withdraws it.
 * Refuses: `validation_failed` (more than is allowed).
 */
export function setSpendingLimit(ports: Limiting, user: UserId, amount: number | null) {
  return change(ports, user, (account) => {
    const currency = currencyNow(ports.catalogue, account)
    mustBeAmountOf(currency, amount)
    const most = allowedLimit(planOf(ports.catalogue, account), account.spendingLimits, currency)
    if (amount !== null && most !== null && amount > most)
      throw invalidField('/amount', `must be at most ${most}, which the plan allows; ask support for more`)
    return { limits: { ...account.spendingLimits, user: limitIn(currency, amount) }, audited: [] }
  })
}

export interface OperatorLimit {
  readonly user: UserId
  /** Who sets it: `operator:alice`. */
  readonly operator: string
  /** Minor units; null brings back the plan's. */
  readonly amount: number | null
  readonly reason: string
}

/** The operator's limit for a user, in place of the plan's: below it or beyond. */
export function setUsersSpendingLimit(ports: Limiting, { user, operator, amount, reason }: OperatorLimit) {
  const entry = {
    id: ports.newId('audit'),
    at: ports.clock.now(),
    actor: operator,
    action: 'spending-limit-set',
  } as const
  return change(ports, user, (account) => {
    const currency = currencyNow(ports.catalogue, account)
    mustBeAmountOf(currency, amount)
    const detail = `${amount === null ? 'As the plan has it' : `${moneyText(amount, currency)} a period`}: ${reason}`
    return {
      limits: { ...account.spendingLimits, operator: limitIn(currency, amount) },
      audited: [{ type: 'audited', entry: { ...entry, detail } }],
    }
  })
}

function limitIn(currency: string, amount: number | null): SetLimit | null {
  return amount === null ? null : { amount, currency }
}

function mustBeAmountOf(currency: string, amount: number | null): void {
  const why = amount === null ? null : unchargeable(amount, currency)
  if (why !== null) throw invalidField('/amount', why)
}

interface NewLimits {
  readonly limits: SpendingLimits
  readonly audited: readonly Change[]
}

function change(ports: Limiting, user: UserId, decide: (account: Account) => NewLimits) {
  const now = ports.clock.now()
  const totals = { services: SERVICE_TYPES, months: monthsAround(now) }
  return ports.ledger.change(user, { totals }, (account) => {
    const { limits, audited } = decide(account)
    const set: Change = { type: 'spending-limits-set', limits, at: now }
    return { changes: [set, ...audited], result: shown(ports.catalogue, { ...account, spendingLimits: limits }, now) }
  })
}

function shown(catalogue: Catalogue, account: Account, now: Instant) {
  const spending = shownSpending(catalogue, account, now)
  const { user } = account.spendingLimits
  return {
    ...spending,
    own_limit: user?.currency === spending.currency ? user.amount : null,
    allowed_limit: allowedLimit(planOf(catalogue, account), account.spendingLimits, spending.currency),
  }
}

function planOf(catalogue: Catalogue, { subscriptions }: Account) {
  return planBought(catalogue, liveSubscription(subscriptions))
}
