import { beforeEach, describe, expect, test } from 'bun:test'
import { type Billing, createBilling } from '../../src/billing.ts'
import type { BillingError } from '../../src/domain/errors.ts'
import type { BillingDetailsRequest } from '../../src/usecases/billing-details.ts'
import { type MemoryPorts, memoryPorts } from '../support/memory-ports.ts'

let ports: MemoryPorts
let billing: Billing
beforeEach(() => {
  ports = memoryPorts()
  billing = createBilling(ports)
})

const berlin = { line1: 'Musterstraße 1', line2: null, city: 'Berlin', state: null, postalCode: '10115', country: 'DE' }
const wanted: BillingDetailsRequest = {
  user: 'ann',
  person: { email: null, name: null },
  key: null,
  name: 'Beispiel GmbH',
  address: berlin,
  taxId: { type: 'eu_vat', value: 'DE123456789' },
}
const say = (changes: Partial<BillingDetailsRequest> = {}) => billing.setBillingDetails({ ...wanted, ...changes })

describe('who is billed', () => {
  test('is nobody in particular before anything was said, and no customer is made by asking', async () => {
    expect(await billing.billingDetails('ann')).toEqual({ name: null, address: null, tax_id: null })
    expect(ports.stripe.customers.size).toBe(0)
  })

  test('is said to Stripe, for a customer that is made on the occasion', async () => {
    const shown = {
      name: 'Beispiel GmbH',
      address: {
        line1: 'Musterstraße 1',
        line2: null,
        city: 'Berlin',
        state: null,
        postal_code: '10115',
        country: 'DE',
      },
      tax_id: { type: 'eu_vat', value: 'DE123456789' },
    }
    expect((await say()).result).toEqual(shown)
    expect(await billing.billingDetails('ann')).toEqual(shown)
    expect(ports.stripe.customers.size).toBe(1)
  })

  test.each(['UK', 'ZZ', 'EU'])('is not in %p, which is no country, and nothing is said to Stripe', async (country) => {
    const refused = await say({ address: { ...berlin, country } }).catch((error: BillingError) => error)
    expect(refused).toMatchObject({ code: 'validation_failed', fields: [{ path: '/address/country' }] })
    expect(ports.stripe.customers.size).toBe(0)
  })

  test('stays as it is where nothing is said, and null takes the tax id away', async () => {
    await say()
    const { taxId: _, ...withoutTaxId } = wanted
    const moved = { ...withoutTaxId, name: null, address: { ...berlin, city: 'Köln' } }
    expect((await billing.setBillingDetails(moved)).result).toMatchObject({
      name: 'Beispiel GmbH',
      address: { city: 'Köln' },
      tax_id: { value: 'DE123456789' },
    })
    expect((await say({ taxId: null })).result.tax_id).toBeNull()
  })

  test('with a tax id that Stripe will not take is refused by its field', async () => {
    const error = await say({ taxId: { type: 'eu_vat', value: 'wrong' } }).catch((refusal: BillingError) => refusal)
    expect(error).toMatchObject({ code: 'validation_failed', fields: [{ path: '/tax_id/value' }] })
  })
})
