import type { Caller } from './caller.ts'
import { customerWith, type Recipes } from './recipe.ts'

const eventName = () => `triggered_${crypto.randomUUID().slice(0, 8)}`

const meter = (at: Caller, event_name = eventName()) =>
  at.post('billing/meters', { display_name: 'Triggered meter', event_name, default_aggregation: { formula: 'sum' } })

const deactivated = async (at: Caller) => at.post(`billing/meters/${(await meter(at)).id}/deactivate`)

/** Usage for a customer who does not exist, or for a meter that does not: told later to thin destinations. */
const stray = (at: Caller, event_name: string) =>
  at.post('billing/meter_events', { event_name, payload: { stripe_customer_id: 'cus_triggered', value: '1' } })

async function grant(at: Caller) {
  const customer = await customerWith(at, 'pm_card_visa')
  return at.post('billing/credit_grants', {
    customer: customer.id,
    name: 'Triggered',
    category: 'paid',
    amount: { type: 'monetary', monetary: { currency: 'usd', value: 1000 } },
    applicability_config: { scope: { price_type: 'metered' } },
  })
}

/** A threshold that the first usage reaches. */
async function alerted(at: Caller) {
  const name = eventName()
  const { id } = await meter(at, name)
  const customer = await customerWith(at, 'pm_card_visa')
  await at.post('billing/alerts', {
    alert_type: 'usage_threshold',
    title: 'Triggered alert',
    usage_threshold: { gte: 10, meter: id, recurrence: 'one_time' },
  })
  return at.post('billing/meter_events', {
    event_name: name,
    payload: { stripe_customer_id: customer.id, value: '10' },
  })
}

export const meteringRecipes: Recipes = {
  'billing.alert.triggered': alerted,
  'billing.credit_balance_transaction.created': grant,
  'billing.credit_grant.created': grant,
  'billing.credit_grant.updated': async (at) =>
    at.post(`billing/credit_grants/${(await grant(at)).id}`, { metadata: { triggered: 'yes' } }),
  'billing.meter.created': (at) => meter(at),
  'billing.meter.deactivated': deactivated,
  'billing.meter.reactivated': async (at) => at.post(`billing/meters/${(await deactivated(at)).id}/reactivate`),
  'billing.meter.updated': async (at) =>
    at.post(`billing/meters/${(await meter(at)).id}`, { display_name: 'Triggered again' }),
  'v1.billing.meter.error_report_triggered': async (at) => {
    const name = eventName()
    await meter(at, name)
    return stray(at, name)
  },
  'v1.billing.meter.no_meter_found': (at) => stray(at, eventName()),
}
