import type { UserId } from '../domain/account.ts'
import type { PlanChange } from '../domain/changing-plan.ts'
import { BillingError } from '../domain/errors.ts'
import { isoTime } from '../domain/period.ts'
import { wishAt, withPromotionCodeId } from './change-plan.ts'
import { PATIENCE_MS } from './fulfil-wish.ts'
import { reportUsageBefore } from './report-usage.ts'
import type { Selling } from './wishes.ts'

export interface PreviewRequest extends Pick<PlanChange, 'planName' | 'priceId' | 'when'> {
  readonly user: UserId
  readonly promotionCode: string | null
}

/**
 * What a change would cost and from when it would hold. The figures are Stripe's own, asked for with the parameters that
 * the change will be made with: sent on with the `proration_date`, it costs exactly that.
 * Refuses what the change would refuse, but for a card that is missing.
 */
export async function previewPlanChange(ports: Selling, request: PreviewRequest) {
  const { wish, preview } = await ports.lanes.run(request.user, () => previewInTurn(ports, request), PATIENCE_MS)
  const { invoice, currency, next, effectiveAt } = preview
  return {
    plan_name: wish.planName,
    price_id: wish.priceId,
    when: wish.when,
    effective_at: isoTime(effectiveAt),
    amount_due_now: invoice.amountDue,
    currency,
    proration_date: wish.when === 'now' ? isoTime(wish.prorationDate) : null,
    lines: invoice.lines.map(({ description, amount, isProration, period }) => ({
      description,
      amount,
      proration: isProration,
      period_start: isoTime(period.start),
      period_end: isoTime(period.end),
    })),
    subtotal: invoice.subtotal,
    discount: invoice.discount,
    discounts: [...invoice.discounts],
    tax: invoice.tax,
    total: invoice.total,
    next_invoice: next && { amount: next.amount, date: isoTime(next.at) },
  }
}

/** In the user's turn: while another tab changes the plan, Stripe would be asked about what is no longer there. */
async function previewInTurn(ports: Selling, request: PreviewRequest) {
  const account = await ports.ledger.account(request.user, {})
  const asked = { ...request, prorationDate: null, paymentMethodId: ANY_CARD }
  const wanted = await withPromotionCodeId(ports, request.user, asked)
  const wish = wishAt(ports)(account, wanted)
  if (account.customerId === null) throw new BillingError('no_subscription', 'There is no subscription to change.')
  // As the change does: what it will invoice includes what was used by now.
  if (wish.when === 'now') await reportUsageBefore(ports, request.user)
  return { wish, preview: await ports.gateway.previewChange(account.customerId, wish) }
}

/** Which card will pay is asked with the change itself. */
const ANY_CARD = 'any'
