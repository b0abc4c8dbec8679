import { expect, test } from 'bun:test'
import { eventTypes, raw, readyToSubscribe, started } from './support.ts'
import { pass } from './timing.ts'

const send = (url: string, fields: Record<string, string>) =>
  fetch(url, { method: 'POST', body: new URLSearchParams(fields) })

/** A subscription whose renewal failed, and the page of the invoice that is open because of that. */
async function behind() {
  const { sandbox, stripe } = await started()
  const { customer, price } = await readyToSubscribe(stripe)
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] })
  await raw(sandbox, 'POST', '/_sim/faults', `target=payments&code=insufficient_funds&customer=${customer.id}`)
  await pass(sandbox, '1mo')
  await pass(sandbox, '2h')
  const failed = await stripe.subscriptions.retrieve(subscription.id, { expand: ['latest_invoice'] })
  expect(failed.status).toBe('past_due')
  const invoice = failed.latest_invoice as { id: string; hosted_invoice_url: string }
  return { stripe, subscription, invoice, url: invoice.hosted_invoice_url }
}

test('an open invoice is paid on its page, which brings its subscription back', async () => {
  const { stripe, subscription, invoice, url } = await behind()
  const page = await (await fetch(url)).text()
  expect(page).toContain('Pay $39.00')
  const declined = await send(url, { test_card: '4000000000000002' })
  expect(declined.status).toBe(402)
  expect(await declined.text()).toContain('role="alert">Your card was declined.')
  const paid = await send(url, { do: 'pay', number: '4242 4242 4242 4242', expiry: '12/34', cvc: '123' })
  expect(paid.status).toBe(200)
  expect(await paid.text()).not.toContain('<form')
  expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({ status: 'paid', amount_paid: 3900 })
  expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('active')
  expect(await eventTypes(stripe)).toContain('invoice.paid')
  const again = await send(url, { test_card: '4242424242424242' })
  expect(again.status).toBe(402)
  expect(await again.text()).toContain('There is nothing to pay on this invoice.')
})

test('a card that asks for 3-D Secure leads by the bank', async () => {
  const { stripe, invoice, url } = await behind()
  const bank = await (await send(url, { test_card: '4000002760003184' })).text()
  const method = bank.match(/name="method" value="(pm_\w+)"/)?.[1] ?? ''
  expect(bank).toContain('Your bank asks you to confirm $39.00')
  const refused = await send(url, { do: 'authenticate', outcome: 'fail', method })
  expect(refused.status).toBe(402)
  const [, again] = (await (await send(url, { test_card: '4000002760003184' })).text()).match(/value="(pm_\w+)"/) ?? []
  await send(url, { do: 'authenticate', outcome: 'succeed', method: again ?? '' })
  expect((await stripe.invoices.retrieve(invoice.id)).status).toBe('paid')
})

test('the page shows what is taken off, added and said', async () => {
  const { stripe } = await started()
  const { customer, price } = await readyToSubscribe(stripe)
  await stripe.customers.update(customer.id, {
    invoice_settings: { custom_fields: [{ name: 'Order', value: '47<11' }], footer: 'Thank you' },
  })
  const coupon = await stripe.coupons.create({ percent_off: 50, duration: 'once', name: 'Friends' })
  const vat = await stripe.taxRates.create({ display_name: 'VAT', percentage: 10, inclusive: false })
  const made = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
    discounts: [{ coupon: coupon.id }],
    default_tax_rates: [vat.id],
    expand: ['latest_invoice'],
  })
  const { hosted_invoice_url: url } = made.latest_invoice as { hosted_invoice_url: string }
  const page = await (await fetch(url)).text()
  for (const text of ['Discount (Friends)', '-$19.50', 'Tax', '$1.95', '$21.45', 'Order: 47&lt;11', 'Thank you']) {
    expect(page).toContain(text)
  }
})
