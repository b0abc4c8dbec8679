import { expect, test } from 'bun:test'
import { announcedBy, trigger, triggers } from '../../src/sandbox/trigger/trigger.ts'
import { clientOf, started, startedSandbox } from './support.ts'

// The names that `stripe trigger` of Stripe's own command line knows, as far as they are about billing and payments.
const stripes = `
  billing_portal.configuration.created billing_portal.configuration.updated billing_portal.session.created
  charge.captured charge.dispute.closed charge.dispute.created charge.dispute.updated charge.failed charge.refund.updated
  charge.refunded charge.succeeded checkout.session.async_payment_failed checkout.session.async_payment_succeeded
  checkout.session.completed checkout.session.expired coupon.created coupon.deleted coupon.updated credit_note.created
  credit_note.updated credit_note.voided customer.created customer.deleted customer.discount.created
  customer.discount.deleted customer.discount.updated customer.updated customer.subscription.created
  customer.subscription.deleted customer.subscription.paused customer.subscription.trial_will_end
  customer.subscription.updated invoice.created invoice.deleted invoice.finalized invoice.marked_uncollectible
  invoice.paid invoice.payment_action_required invoice.payment_failed invoice.payment_succeeded invoice.sent
  invoice.updated invoice.voided invoiceitem.created invoiceitem.deleted payment_intent.amount_capturable_updated
  payment_intent.canceled payment_intent.created payment_intent.payment_failed payment_intent.processing
  payment_intent.requires_action payment_intent.succeeded payment_link.created payment_link.updated
  payment_method.attached payment_method.detached payment_method.updated plan.created plan.deleted plan.updated
  price.created price.updated product.created product.deleted product.updated promotion_code.created
  promotion_code.updated setup_intent.canceled setup_intent.created setup_intent.requires_action
  setup_intent.setup_failed setup_intent.succeeded subscription.payment_failed subscription.payment_succeeded
  subscription_schedule.aborted subscription_schedule.canceled subscription_schedule.completed
  subscription_schedule.created subscription_schedule.expiring subscription_schedule.released
  subscription_schedule.updated tax_rate.created tax_rate.updated test_helpers.test_clock.advancing
  test_helpers.test_clock.created test_helpers.test_clock.deleted test_helpers.test_clock.ready`

test("every name that Stripe's command line knows is known", () => {
  const missing = stripes.split(/\s+/).filter((name) => name !== '' && !triggers.includes(name))
  expect(missing).toEqual([])
})

test('every trigger leads to an event of its type, and does so again at the same simulator', async () => {
  const sandbox = await startedSandbox()
  for (const type of [...triggers, ...triggers.slice(0, 5)]) {
    const events = await trigger(sandbox.url, type)
    expect(events.map((event) => event.type)).toContain(announcedBy(type))
  }
}, 120_000)

test('the events told of are those that came about, in their order', async () => {
  const { sandbox, stripe } = await started()
  await stripe.customers.create({ name: 'Ann' })
  const events = await trigger(sandbox.url, 'customer.subscription.created')
  const listed = await stripe.events.list({ limit: 100 })
  expect(listed.data.map(({ id }) => id).slice(0, events.length)).toEqual(events.map(({ id }) => id).reverse())
  expect(events.map(({ type }) => type)).toContain('invoice.paid')
})

test('a trigger says where nobody listens, and what it does not know', async () => {
  const sandbox = await startedSandbox()
  const { url } = sandbox
  await expect(trigger(url, 'invoice.pleased')).rejects.toThrow('There is no recipe for invoice.pleased.')
  await sandbox.stop()
  await expect(trigger(url, 'invoice.paid')).rejects.toThrow(`No simulator listens at ${url}.`)
})

test('waiting for an event after one of a customer whose clock is ahead finds the later one', async () => {
  const { sandbox } = await started()
  const ahead = (await trigger(sandbox.url, 'invoice.overdue')).at(-1)
  await clientOf(sandbox).customers.create({ name: 'Bob' })
  const response = await fetch(`${sandbox.url}/_sim/expect?type=customer.created&after=${ahead?.id}&timeout_ms=500`)
  expect(response.status).toBe(200)
})
