import { afterAll, beforeAll, expect, test } from 'bun:test'
import { openSandboxGateway } from '../support/sandbox-gateway.ts'

let under: Awaited<ReturnType<typeof openSandboxGateway>>
beforeAll(async () => {
  under = await openSandboxGateway()
})
afterAll(() => under.close())

/** A subscription with eleven things to be invoiced beside the plan. */
async function withMuchToCome(): Promise<{ readonly customer: string; readonly subscription: string }> {
  const { stripe, prices } = under
  const card = { payment_method: 'pm_card_visa', invoice_settings: { default_payment_method: 'pm_card_visa' } }
  const { id: customer } = await stripe.customers.create(card)
  const { id: subscription } = await stripe.subscriptions.create({ customer, items: [{ price: prices.basic }] })
  for (let amount = 1; amount <= 11; amount++)
    await stripe.invoiceItems.create({ customer, subscription, amount, currency: 'usd' })
  return { customer, subscription }
}

const amountsOf = (lines: readonly { readonly amount: number }[] = []) =>
  lines.map(({ amount }) => amount).toSorted((one, other) => one - other)

test('the next invoice is read with all of its lines, though Stripe shows ten at a time', async () => {
  const { subscription } = await withMuchToCome()
  const bill = await under.bills.upcoming(subscription)
  expect(amountsOf(bill?.lines)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 900])
  expect(bill?.total).toBe(966)
})

test('so is the preview of a change', async () => {
  const { customer, subscription } = await withMuchToCome()
  const { invoice } = await under.gateway.previewChange(customer, {
    kind: 'change',
    subscriptionId: subscription,
    planName: 'pro_monthly',
    priceId: under.prices.pro,
    meteredPriceIds: [],
    promotionCodeId: null,
    paymentMethodId: null,
    isQuoted: false,
    when: 'now',
    restarts: false,
    prorationDate: Math.floor(Date.now() / 1_000) * 1_000,
  })
  expect(amountsOf(invoice.lines)).toHaveLength(13)
  expect(invoice.lines.reduce((sum, { amount }) => sum + amount, 0)).toBe(invoice.subtotal)
})
