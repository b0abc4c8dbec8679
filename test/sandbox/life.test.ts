import { expect, test } from 'bun:test'
import { started } from './support.ts'
import { day, invoicesOf, itemOf, pass, planOf } from './timing.ts'

const hour = 3_600

test('a whole life: trial, paid, renewed, failed, dunned, saved, upgraded, downgraded, cancelled, begun again', async () => {
  const { sandbox, stripe } = await started()
  const [basic, pro] = [await planOf(stripe, 'Basic', 1000), await planOf(stripe, 'Pro', 3000)]
  const customer = await stripe.customers.create({ email: 'ann@example.com' })
  const setCard = async (card: string) => {
    const { id } = await stripe.paymentMethods.attach(card, { customer: customer.id })
    await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: id } })
  }
  const made = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: basic }],
    trial_period_days: 14,
    expand: ['pending_setup_intent'],
  })
  expect(made).toMatchObject({ status: 'trialing', pending_setup_intent: { status: 'requires_payment_method' } })
  const status = async () => (await stripe.subscriptions.retrieve(made.id)).status
  const last = async () => (await invoicesOf(stripe, made.id)).at(-1)
  await setCard('pm_card_visa')
  await pass(sandbox, '11d')
  const { data: reminders } = await stripe.events.list({ type: 'customer.subscription.trial_will_end' })
  expect(reminders).toHaveLength(1)

  await pass(sandbox, 3 * day + 2 * hour)
  expect([await status(), (await last())?.status, (await last())?.total]).toEqual(['active', 'paid', 1000])
  await pass(sandbox, '31d')
  expect([await status(), (await last())?.billing_reason]).toEqual(['active', 'subscription_cycle'])

  await setCard('pm_card_chargeCustomerFail')
  await pass(sandbox, '31d')
  expect([await status(), (await last())?.status]).toEqual(['past_due', 'open'])
  await pass(sandbox, '3d')
  expect((await last())?.attempt_count).toBe(2)
  await setCard('pm_card_visa')
  await stripe.invoices.pay((await last())?.id ?? '')
  expect(await status()).toBe('active')

  const { id } = itemOf(made)
  const up = await stripe.subscriptions.update(made.id, {
    items: [{ id, price: pro }],
    proration_behavior: 'always_invoice',
  })
  expect([itemOf(up).price.id, (await last())?.status]).toEqual([pro, 'paid'])

  const schedule = await stripe.subscriptionSchedules.create({ from_subscription: made.id })
  const [phase] = schedule.phases
  await stripe.subscriptionSchedules.update(schedule.id, {
    phases: [
      { items: [{ price: pro }], start_date: phase?.start_date ?? 0, end_date: phase?.end_date ?? 0 },
      { items: [{ price: basic }], duration: { interval: 'month', interval_count: 1 } },
    ],
  })
  await pass(sandbox, '31d')
  const down = await stripe.subscriptions.retrieve(made.id)
  expect([itemOf(down).price.id, (await last())?.total]).toEqual([basic, 1000])
  await stripe.subscriptionSchedules.release(schedule.id)

  await stripe.subscriptions.update(made.id, { cancel_at_period_end: true })
  await pass(sandbox, '32d')
  expect(await status()).toBe('canceled')
  const again = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: basic }] })
  expect(again.status).toBe('active')
})
