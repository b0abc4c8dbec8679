import type { Turn } from '../turn.ts'
import type { Price, SubscriptionItem } from '../wire.ts'
import { recall, remember } from './memory.ts'
import { aggregate } from './metering.ts'
import { decimalSum } from './money.ts'
import type { Period } from './periods.ts'

export const isMetered = (item: SubscriptionItem) => item.price.recurring?.usage_type === 'metered'

/** A stretch of time in which an item was metered at one price. */
export interface Stretch {
  readonly item: SubscriptionItem
  readonly price: Price
  readonly period: Period
  /** What a line says that it covers, where that is less than what is counted. */
  readonly shown?: Period
  /** How much of its use is on an invoice already, because a threshold was reached; none without. */
  readonly billed?: string
}

/** The stretches of metered items until a moment; a change of price begins a new one. */
export function stretchesOf(turn: Turn, items: readonly SubscriptionItem[], until: number): Stretch[] {
  return items.filter(isMetered).flatMap((item) => {
    const former = (recall(turn, 'segments', item.id) ?? []).flatMap(({ price: id, start, end, billed = '0' }) => {
      const price = turn.store.objects.find('price', id)
      return price ? [{ item, price, period: { start, end }, billed }] : []
    })
    const start = former.at(-1)?.period.end ?? item.current_period_start
    const billed = recall(turn, 'billed_usage', item.id) ?? '0'
    return [...former, { item, price: item.price, period: { start, end: until }, billed }]
  })
}

/** A new period begins: what was used in the one before is billed, or was dropped. */
export function forgetUsage(turn: Turn, item: string): void {
  remember(turn, 'segments', item, null)
  remember(turn, 'billed_usage', item, null)
}

/** Everything metered in a stretch, billed already or not, as an exact decimal; '0' for a licensed price. */
export function usageIn(turn: Turn, customer: string, { price, period }: Omit<Stretch, 'item'>): string {
  const meter = turn.store.objects.find('billing.meter', price.recurring?.meter ?? '')
  if (!meter || price.recurring?.usage_type !== 'metered') return '0'
  const values = turn.store.meterEvents.between(customer, meter.event_name, period.start, period.end)
  return aggregate(
    meter,
    values.map(({ value }) => value),
  )
}

/** What of a stretch is still to be billed. */
export function unbilledUsage(turn: Turn, customer: string, stretch: Omit<Stretch, 'item'>): string {
  const left = decimalSum([usageIn(turn, customer, stretch), `-${stretch.billed ?? '0'}`])
  return left.startsWith('-') ? '0' : left
}
