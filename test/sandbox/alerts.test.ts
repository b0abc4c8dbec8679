import { expect, test } from 'bun:test'
import { minutesMeter, refusalOf, started } from './support.ts'

async function metered() {
  const { stripe } = await started()
  const meter = await minutesMeter(stripe)
  const [ann, bob] = [await stripe.customers.create(), await stripe.customers.create()]
  const use = (customer: string, value: number) =>
    stripe.billing.meterEvents.create({
      event_name: 'minutes',
      payload: { stripe_customer_id: customer, value: String(value) },
    })
  const alert = (customer?: string) =>
    stripe.billing.alerts.create({
      alert_type: 'usage_threshold',
      title: 'Many minutes',
      usage_threshold: {
        gte: 100,
        meter: meter.id,
        recurrence: 'one_time',
        ...(customer === undefined ? {} : { filters: [{ type: 'customer', customer }] }),
      },
    })
  const told = async () => {
    const { data } = await stripe.events.list({ type: 'billing.alert.triggered' })
    return data.map((event) => {
      const { customer, value } = event.data.object as { customer: string; value: number }
      return [customer, value]
    })
  }
  return { stripe, meter, ann: ann.id, bob: bob.id, use, alert, told }
}

test('an alert goes off once for each customer who reaches its threshold', async () => {
  const { ann, bob, use, alert, told } = await metered()
  await alert()
  await use(ann, 60)
  expect(await told()).toEqual([])
  await use(ann, 45)
  await use(ann, 500)
  await use(bob, 100)
  expect(await told()).toEqual([
    [bob, 100],
    [ann, 105],
  ])
})

test('an alert about one customer is silent about others', async () => {
  const { ann, bob, use, alert, told } = await metered()
  const made = await alert(ann)
  expect(made.usage_threshold?.filters).toEqual([{ type: 'customer', customer: ann }])
  await use(bob, 1000)
  await use(ann, 1000)
  expect(await told()).toEqual([[ann, 1000]])
})

test('an alert is silent while inactive, goes off again when activated, and is gone from lists when archived', async () => {
  const { stripe, ann, use, alert, told } = await metered()
  const { id } = await alert()
  expect((await stripe.billing.alerts.deactivate(id)).status).toBe('inactive')
  await use(ann, 200)
  expect(await told()).toEqual([])
  expect((await stripe.billing.alerts.activate(id)).status).toBe('active')
  await use(ann, 1)
  expect(await told()).toEqual([[ann, 201]])
  expect((await stripe.billing.alerts.list()).data.map((each) => each.id)).toEqual([id])
  expect((await stripe.billing.alerts.archive(id)).status).toBe('archived')
  expect((await stripe.billing.alerts.list()).data).toEqual([])
  expect((await refusalOf(stripe.billing.alerts.activate(id))).statusCode).toBe(400)
})

test('a customer on a test clock sets no alert off', async () => {
  const { stripe, use, alert, told } = await metered()
  await alert()
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: Math.floor(Date.now() / 1000) })
  await use((await stripe.customers.create({ test_clock: clock.id })).id, 1000)
  expect(await told()).toEqual([])
})
