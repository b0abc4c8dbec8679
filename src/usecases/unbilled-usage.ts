import type { Account } from '../domain/account.ts'
import type { Catalogue } from '../domain/catalogue.ts'
import { currencyOf, rateIn } from '../domain/currency.ts'
import { termsHeldAt } from '../domain/held-terms.ts'
import { meterQuantity } from '../domain/metering.ts'
import { type ExactAmount, exactCost, minorUnits } from '../domain/money.ts'
import { isoTime } from '../domain/period.ts'
import { planBought } from '../domain/plan-version.ts'
import { amountOf, SERVICES } from '../domain/quantity.ts'
import type { ReportSetAside } from '../ports/outbox.ts'
import type { Ports } from '../ports.ts'

/** What Stripe refused to count, or no subscription is left to bill, with the money at stake; oldest first. */
export async function unbilledUsage(
  ports: Pick<Ports, 'outbox' | 'ledger' | 'catalogue'>,
  limit: number,
  cursor: string | null,
) {
  const { items: reports, nextCursor } = await ports.outbox.setAside(limit, cursor)
  const users = [...new Set(reports.map(({ user }) => user))]
  const accounts = new Map(
    await Promise.all(users.map(async (user) => [user, await ports.ledger.account(user, {})] as const)),
  )
  const shown = reports.map((report) => ({
    report,
    stake: stakeOf(ports.catalogue, accounts.get(report.user), report),
  }))
  const currencies = [...new Set(shown.map(({ stake }) => stake.currency))].sort()
  const own = ports.catalogue.currency
  const atStake = (currency: string) => minorUnits(sumOf(shown.filter(({ stake }) => stake.currency === currency)))
  return {
    reports: shown.map(({ report, stake }) => shownReport(report, stake)),
    amount_at_stake: atStake(own),
    currency: own,
    other_currencies: currencies
      .filter((currency) => currency !== own)
      .map((currency) => ({ currency, amount_at_stake: atStake(currency) })),
    next_cursor: nextCursor,
  }
}

interface Stake {
  readonly exact: ExactAmount
  readonly currency: string
}

function sumOf(shown: readonly { readonly stake: Stake }[]): ExactAmount {
  return shown.reduce((sum, { stake }) => sum + stake.exact, 0n)
}

/** At the rate of the plan under which it was used; of a plan that is gone, at list price. */
function stakeOf(catalogue: Catalogue, account: Account | undefined, { report }: ReportSetAside): Stake {
  const subscription = account?.subscriptions.find(({ id }) => id === report.subscriptionId)
  const held = subscription ? termsHeldAt(subscription, report.occurredAt) : null
  const terms = planBought(catalogue, held)?.services[report.service]
  const currency = currencyOf(catalogue, subscription ?? null)
  const listed = { rate: catalogue.rates[report.service], currencyOptions: catalogue.currencyOptions?.[report.service] }
  const exact = exactCost(report.service, meterQuantity(report), rateIn(catalogue, terms ?? listed, currency))
  return { exact, currency }
}

function shownReport({ user, report, state, reason }: ReportSetAside, stake: Stake) {
  const { unit, unitQuanta } = SERVICES[report.service]
  return {
    report_id: report.id,
    user_id: user,
    service_type: report.service,
    subscription_id: report.subscriptionId,
    amount: amountOf(meterQuantity(report), unitQuanta),
    unit,
    amount_at_stake: minorUnits(stake.exact),
    currency: stake.currency,
    state,
    reason,
    occurred_at: isoTime(report.occurredAt),
  }
}
