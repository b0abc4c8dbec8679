import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { eventually, startTestServer, type TestServer, tokenOf } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ STRIPE_AUTOMATIC_TAX: 'true' })
})
afterAll(() => server.stop())

const post = (path: string, token: string, body: object) => server.call('POST', `/payments/${path}`, token, body)
const history = (token: string) => () => server.call('GET', '/payments/billing-history', token)
const PRO = { plan_name: 'pro_monthly', payment_method_id: 'pm_card_visa' }

describe('with automatic tax', () => {
  test('whoever has no address is told what to send, and then pays with tax', async () => {
    const ann = await tokenOf('ann')
    const refused = await post('create-subscription', ann, PRO)
    expect(refused).toMatchObject({ status: 422, body: { code: 'billing_address_required' } })
    expect(refused.body.detail).toContain('POST /payments/billing-details')
    const said = await post('billing-details', ann, {
      name: 'Ann Beispiel',
      address: { line1: 'Musterstraße 1', city: 'Berlin', postal_code: '10115', country: 'DE' },
    })
    expect(said).toMatchObject({ status: 200, body: { address: { country: 'DE' }, tax_id: null } })
    expect((await server.call('GET', '/payments/billing-details', ann)).body).toEqual(said.body)
    expect(await post('create-subscription', ann, PRO)).toMatchObject({ status: 201, body: { status: 'active' } })
    const paid = await eventually(history(ann), ({ payments }) => payments.length === 1)
    expect(paid.body.payments).toMatchObject([{ amount: 4641, tax: 741, amount_excluding_tax: 3900 }])
  })

  test('a business abroad that says its tax id owes the tax itself', async () => {
    const firm = await tokenOf('firm')
    const said = await post('billing-details', firm, {
      name: 'Beispiel GmbH',
      address: { line1: 'Musterstraße 1', city: 'Berlin', postal_code: '10115', country: 'DE' },
      tax_id: { type: 'eu_vat', value: 'DE123456789' },
    })
    expect(said).toMatchObject({ status: 200, body: { tax_id: { type: 'eu_vat' } } })
    await post('create-subscription', firm, PRO)
    const paid = await eventually(history(firm), ({ payments }) => payments.length === 1)
    expect(paid.body.payments).toMatchObject([{ amount: 3900, tax: 0, amount_excluding_tax: 3900 }])
  })

  test('a change of plan is previewed and invoiced with tax', async () => {
    const bob = await tokenOf('bob')
    await post('billing-details', bob, { address: { country: 'GB' } })
    await post('create-subscription', bob, { ...PRO, plan_name: 'basic_monthly' })
    const change = { plan_name: 'enterprise_monthly' }
    const preview = await post('preview-plan-change', bob, change)
    expect(preview.status).toBe(200)
    const changed = await post('change-plan', bob, change)
    expect(changed.status).toBe(200)
    const both = await eventually(history(bob), ({ payments }) => payments.length === 2)
    const [upgrade] = both.body.payments
    expect(upgrade.tax).toBe(Math.round((upgrade.amount_excluding_tax * 20) / 100))
    expect(upgrade.amount).toBe(upgrade.amount_excluding_tax + upgrade.tax)
  })

  test('the hosted page asks for the country, and adds the tax', async () => {
    const kim = await tokenOf('kim')
    const page = await post('checkout-session', kim, {
      plan_name: 'basic_monthly',
      success_url: `${server.url}/yes`,
      cancel_url: `${server.url}/no`,
    })
    expect(page.status).toBe(201)
    const fields = { test_card: '4242424242424242', country: 'fr' }
    const paid = await fetch(page.body.url, {
      method: 'POST',
      body: new URLSearchParams(fields),
      redirect: 'manual',
    })
    expect(paid.status).toBe(303)
    const seen = await eventually(history(kim), ({ payments }) => payments.length === 1)
    expect(seen.body.payments).toMatchObject([{ amount: 1080, tax: 180, amount_excluding_tax: 900 }])
  })
})
