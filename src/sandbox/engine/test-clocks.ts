import { announce, change } from '../events/record.ts'
import { invalid } from '../http/failure.ts'
import type { Turn } from '../turn.ts'
import type { Subscription, TestClock } from '../wire.ts'
import { intervalOf, stepsFromAnchor } from './periods.ts'
import { readSetting } from './settings.ts'
import { endSubscription, terminal } from './subscription-end.ts'

/** Sets a test clock in motion; the work on the way is done after this request, as at Stripe. */
export function depart(turn: Turn, clock: TestClock, target: number): TestClock {
  if (clock.status !== 'ready') throw invalid('This test clock is advancing already.', 'frozen_time')
  if (target <= clock.frozen_time) {
    throw invalid('You can only advance a test clock to a time in the future of its frozen_time.', 'frozen_time')
  }
  requireReach(turn, clock, target)
  turn.store.clocks.aimAt(clock.id, target)
  const status_details = { advancing: { target_frozen_time: target } }
  const moving: TestClock = { ...clock, status: 'advancing', status_details }
  turn.store.objects.save('test_helpers.test_clock', moving)
  announce(turn, 'test_helpers.test_clock.advancing', moving)
  return moving
}

/** Everything due on the way is done: the clock stands still again. */
export function arrive(turn: Turn, id: string, target: number, wentWell: boolean): void {
  turn.store.clocks.show(id, target)
  turn.store.clocks.aimAt(id, null)
  const clock = turn.store.objects.find('test_helpers.test_clock', id)
  if (!clock) return
  const status = wentWell ? 'ready' : 'internal_failure'
  const type = wentWell ? 'test_helpers.test_clock.ready' : 'test_helpers.test_clock.internal_failure'
  const patch: Partial<TestClock> = { frozen_time: target, status, status_details: {} }
  change(turn, 'test_helpers.test_clock', clock, patch, type)
}

// Stripe's limit: two intervals of the shortest subscription at a time, two years when there is none.
function requireReach(turn: Turn, clock: TestClock, target: number): void {
  if (readSetting(turn, 'test_clock_limits') === 'off') return
  const intervals = membersOf(turn, clock.id)
    .filter((subscription) => !terminal(subscription))
    .flatMap((subscription) => subscription.items.data.map((item) => intervalOf(item.price)))
  const reach = intervals.map((interval) => stepsFromAnchor(clock.frozen_time, interval, 2))
  const twoYears = stepsFromAnchor(clock.frozen_time, { interval: 'year', interval_count: 1 }, 2)
  if (target > Math.min(twoYears, ...reach)) {
    throw invalid(
      'You can only advance a test clock by two intervals at a time, based on the shortest subscription interval on it.',
      'frozen_time',
    )
  }
}

function membersOf(turn: Turn, clock: string): Subscription[] {
  const customers = turn.store.clocks.members(clock)
  return customers.flatMap((customer) => turn.store.objects.select('subscription', { customer }))
}

/** Deleting a clock deletes its customers and ends their subscriptions. */
export function dissolve(turn: Turn, clock: TestClock): void {
  for (const subscription of membersOf(turn, clock.id)) {
    if (!terminal(subscription)) endSubscription(turn, subscription, {})
  }
  for (const id of turn.store.clocks.members(clock.id)) {
    const customer = turn.store.objects.find('customer', id)
    if (!customer) continue
    turn.store.objects.remove('customer', id)
    announce(turn, 'customer.deleted', customer)
  }
  turn.store.dueWork.forget(clock.id)
  turn.store.clocks.remove(clock.id)
  turn.store.objects.remove('test_helpers.test_clock', clock.id)
  announce(turn, 'test_helpers.test_clock.deleted', clock)
}
