import type { Stripe } from 'stripe'
import { type Intent, stripeKey, type WishOf } from '../../domain/intent.ts'
import { discountsWith } from './change-parameters.ts'
import { reached } from './refusals.ts'
import { SUBSCRIPTION_DETAILS } from './subscription-details.ts'
import { isLicensed } from './translate/subscription.ts'
import { idOf } from './translate/values.ts'

type Phase = Stripe.SubscriptionScheduleUpdateParams.Phase

/**
 * Plans a change for the end of the paid period, by a schedule of two phases: what there is until then, and the new plan.
 * It is two calls at Stripe, and an empty schedule that an earlier try left is gone on with.
 */
export async function planAtPeriodEnd(
  stripe: Stripe,
  subscription: Stripe.Subscription | null,
  intent: Intent<WishOf<'change'>>,
): Promise<Stripe.Subscription | null> {
  if (subscription === null) return null
  const schedule = await scheduleOf(stripe, subscription, intent)
  const [present] = schedule.phases
  if (present === undefined) throw new Error(`The schedule ${schedule.id} has no phase.`)
  const end = subscription.items.data.find(isLicensed)?.current_period_end ?? present.end_date
  await reached(
    stripe.subscriptionSchedules.update(
      schedule.id,
      {
        end_behavior: 'release',
        proration_behavior: 'none',
        phases: [sentAgain(present, end), nextPhase(subscription, intent.wish)],
        metadata: { ...subscription.metadata, intent_id: intent.id },
      },
      { idempotencyKey: stripeKey(intent, `phases-${schedule.id}`) },
    ),
  )
  return reached(stripe.subscriptions.retrieve(subscription.id, { expand: SUBSCRIPTION_DETAILS }))
}

async function scheduleOf(stripe: Stripe, { id, schedule }: Stripe.Subscription, intent: Intent) {
  if (schedule !== null) return reached(stripe.subscriptionSchedules.retrieve(idOf(schedule) ?? ''))
  // Another key with each try: a schedule that an earlier one has made is seen above, or was released since.
  const idempotencyKey = stripeKey(intent, `schedule-${intent.tries}`)
  return reached(stripe.subscriptionSchedules.create({ from_subscription: id }, { idempotencyKey }))
}

/** Stripe forgets of a phase whatever is not sent again. */
function sentAgain(phase: Stripe.SubscriptionSchedule.Phase, end: number): Phase {
  return {
    items: phase.items.map(({ price, quantity }) => ({
      price: idOf(price) ?? '',
      ...(quantity === undefined ? {} : { quantity }),
    })),
    start_date: phase.start_date,
    end_date: end,
    ...settingsOf(phase),
  }
}

function settingsOf(phase: Stripe.SubscriptionSchedule.Phase): Omit<Phase, 'items'> {
  const card = idOf(phase.default_payment_method)
  return {
    proration_behavior: 'none',
    discounts: phase.discounts.map(({ coupon, discount }) =>
      discount === null ? { coupon: idOf(coupon) ?? '' } : { discount: idOf(discount) ?? '' },
    ),
    ...(card === null ? {} : { default_payment_method: card }),
    ...(phase.automatic_tax?.enabled === true ? { automatic_tax: { enabled: true } } : {}),
  }
}

/** The schedule lets go of the subscription a day later: it is only there to change the price at the right moment. */
function nextPhase(subscription: Stripe.Subscription, wish: WishOf<'change'>): Phase {
  return {
    items: [{ price: wish.priceId, quantity: 1 }, ...wish.meteredPriceIds.map((price) => ({ price }))],
    duration: { interval: 'day', interval_count: 1 },
    proration_behavior: 'none',
    discounts: subscription.discounts.map((discount) => ({ discount: idOf(discount) ?? '' })),
    ...discountsWith(wish.promotionCodeId),
    ...(wish.restarts ? { billing_cycle_anchor: 'phase_start' } : {}),
    ...(subscription.automatic_tax.enabled ? { automatic_tax: { enabled: true } } : {}),
  }
}
