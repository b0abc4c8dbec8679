import { accessOf } from './access.ts'
import type { Account } from './account.ts'
import type { Catalogue } from './catalogue.ts'
import { judgeUse, type ServiceStanding } from './entitlement.ts'
import { BillingError } from './errors.ts'
import type { Instant } from './period.ts'
import { amountOf, type Quantity, SERVICES } from './quantity.ts'
import { remainingOf } from './usage.ts'

/** Why there is no subscription at all; any other reason is one that is there and gives no access. */
const NOTHING_TO_USE: ReadonlySet<string> = new Set(['no_subscription', 'canceled', 'incomplete', 'incomplete_expired'])

/** Refuses a use that the plan does not take in whole: `limit_reached`, or why there is nothing to use. */
export function mustFit(
  catalogue: Catalogue,
  account: Account,
  context: ServiceStanding,
  rated: Quantity,
  now: Instant,
): void {
  const access = accessOf(catalogue, account, now)
  const reason = judgeUse(access, context, rated)
  if (reason === 'allowed') return
  if (reason === 'payment_method_required')
    throw new BillingError(
      'payment_method_required',
      'The plan charges by use and there is no card to charge. Add one first; nothing was recorded.',
    )
  if (reason !== 'limit_reached' && reason !== 'not_in_plan' && reason !== 'spending_limit_reached')
    throw new BillingError(
      NOTHING_TO_USE.has(reason) ? 'no_subscription' : 'no_access',
      `There is no subscription that would allow this use at present (${reason}). Nothing was recorded.`,
    )
  if (reason === 'spending_limit_reached')
    throw new BillingError(
      'limit_reached',
      'The spending limit of this period would be exceeded. Nothing was recorded. Raise the limit, or wait for the next period.',
    )
  const { service, terms, used, granted } = context
  const { unit, unitQuanta } = SERVICES[service]
  const left = amountOf((remainingOf(terms.included, used) ?? 0n) + granted, unitQuanta)
  throw new BillingError(
    'limit_reached',
    `Only ${left} ${unit} of ${service} are left in this period. Nothing was recorded. Use less, or move to a larger plan.`,
  )
}
