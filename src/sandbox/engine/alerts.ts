import { recordEvent } from '../events/record.ts'
import { present } from '../present.ts'
import type { StoredAlert } from '../surface-kinds.ts'
import type { Turn } from '../turn.ts'
import type { Meter } from '../wire.ts'
import { recall, remember } from './memory.ts'
import { aggregate } from './metering.ts'

/**
 * Tells of the alerts of a meter whose threshold a customer has now reached with all that was ever counted: once for each
 * customer, until the alert is activated again. As at Stripe, customers on a test clock set none off.
 */
export function soundAlerts(turn: Turn, meter: Meter, customerId: string): void {
  const alerts = turn.store.objects.select('billing.alert', { parent: meter.id })
  const waiting = alerts.filter((alert) => alert.status === 'active' && isAbout(alert, customerId))
  if (waiting.length === 0 || turn.store.objects.find('customer', customerId)?.test_clock) return
  const values = turn.store.meterEvents.between(customerId, meter.event_name, 0, Number.MAX_SAFE_INTEGER)
  const texts = values.map(({ value }) => value)
  const value = Number(aggregate(meter, texts))
  for (const alert of waiting) if (value >= (alert.usage_threshold?.gte ?? 0)) sound(turn, alert, customerId, value)
}

function isAbout(alert: StoredAlert, customer: string): boolean {
  const filters = alert.usage_threshold?.filters ?? []
  return filters.length === 0 || filters.some((filter) => filter.customer === customer)
}

function sound(turn: Turn, alert: StoredAlert, customer: string, value: number): void {
  const told = recall(turn, 'alerted', alert.id) ?? []
  if (told.includes(customer)) return
  remember(turn, 'alerted', alert.id, [...told, customer])
  recordEvent(turn, 'billing.alert.triggered', {
    object: 'billing.alert_triggered',
    alert: present(turn, alert),
    created: turn.now(customer),
    customer,
    livemode: false,
    value,
  })
}
