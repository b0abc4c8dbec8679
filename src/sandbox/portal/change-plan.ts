import { call } from '../checkout/call.ts'
import { subscriptionRoutes } from '../resources/subscriptions.ts'
import { scheduleRoutes } from '../schedules/routes.ts'
import type { PortalConfiguration } from '../surface-kinds.ts'
import type { Turn } from '../turn.ts'
import type { Price, Schedule, Subscription, SubscriptionItem } from '../wire.ts'

type Update = PortalConfiguration['features']['subscription_update']

/** Changes the plan now, or at the end of the period where the configuration wants that for a step down. */
export function changePlan(turn: Turn, update: Update, subscription: Subscription, price: Price): 'now' | 'later' {
  const [item] = subscription.items.data
  if (item && waits(update, item.price, price)) {
    schedule(turn, subscription, item, price)
    return 'later'
  }
  call(turn, subscriptionRoutes, `/v1/subscriptions/${subscription.id}`, {
    items: [{ id: item?.id, price: price.id, quantity: item?.quantity }],
    proration_behavior: update.proration_behavior,
    ...(update.billing_cycle_anchor === 'now' ? { billing_cycle_anchor: 'now' } : {}),
  })
  return 'now'
}

const days = { day: 1, week: 7, month: 30, year: 365 } as const
const lengthOf = ({ recurring }: Price) => (recurring ? days[recurring.interval] * recurring.interval_count : 0)
const amountOf = (price: Price) => Number(price.unit_amount_decimal ?? price.unit_amount ?? 0)

function waits({ schedule_at_period_end: { conditions } }: Update, present: Price, wanted: Price): boolean {
  return conditions.some(({ type }) =>
    type === 'shortening_interval' ? lengthOf(wanted) < lengthOf(present) : amountOf(wanted) < amountOf(present),
  )
}

const durationOf = ({ recurring }: Price) => ({
  interval: recurring?.interval,
  interval_count: recurring?.interval_count,
})

/** The running period as it is, and after it the new price for as long as it lasts. */
function schedule(turn: Turn, subscription: Subscription, item: SubscriptionItem, price: Price): void {
  const path = '/v1/subscription_schedules'
  const made =
    subscription.schedule === null
      ? call<Schedule>(turn, scheduleRoutes, path, { from_subscription: subscription.id }).id
      : subscription.schedule
  const { quantity } = item
  call(turn, scheduleRoutes, `${path}/${made}`, {
    end_behavior: 'release',
    phases: [
      {
        items: [{ price: item.price.id, quantity }],
        start_date: item.current_period_start,
        end_date: item.current_period_end,
      },
      { items: [{ price: price.id, quantity }], duration: durationOf(price), proration_behavior: 'none' },
    ],
  })
}
