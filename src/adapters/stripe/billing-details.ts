import { Stripe } from 'stripe'
import type { BillingDetails } from '../../domain/billing-details.ts'
import { stripeKey } from '../../domain/intent.ts'
import type { Gateway } from '../../ports/gateway.ts'
import { reached, reachedOrMissing, reachedOrRefused, unavailable } from './refusals.ts'

/** Who is billed, as it stands at Stripe; tax is worked out from the address. */
export function billingDetailsGateway(stripe: Stripe): Pick<Gateway, 'setBillingDetails'> {
  return {
    async setBillingDetails(customerId, intent) {
      const { name, address, taxId } = intent.wish
      const idempotencyKey = stripeKey(intent, 'billing-details')
      const named = name === null ? {} : { name }
      await reached(stripe.customers.update(customerId, { ...named, ...addressOf(address) }, { idempotencyKey }))
      const refusal = taxId === undefined ? null : await replaceTaxId(stripe, customerId, taxId)
      return { details: await billingDetails(stripe, customerId), refusal }
    },
  }
}

/** Null when Stripe does not know the customer any more. */
export async function billingDetails(stripe: Stripe, customerId: string): Promise<BillingDetails | null> {
  const customer = await reachedOrMissing(stripe.customers.retrieve(customerId))
  if (customer === null || customer.deleted) return null
  const { data } = await reached(stripe.customers.listTaxIds(customerId, { limit: 1 }))
  const { address } = customer
  return {
    name: customer.name ?? null,
    address: toAddress(address ?? null),
    taxId: data[0] === undefined ? null : { type: data[0].type, value: data[0].value },
  }
}

function toAddress(address: Stripe.Address | null): BillingDetails['address'] {
  if (address === null) return null
  const { line1, line2, city, state, postal_code: postalCode, country } = address
  return { line1, line2, city, state, postalCode, country }
}

function addressOf(address: BillingDetails['address']): Stripe.CustomerUpdateParams {
  if (address === null) return {}
  const { line1, line2, city, state, postalCode, country } = address
  // Left out, Stripe would keep the street of the address before.
  const text = (value: string | null) => value ?? ''
  return {
    address: {
      line1: text(line1),
      line2: text(line2),
      city: text(city),
      state: text(state),
      postal_code: text(postalCode),
      country: text(country),
    },
  }
}

/** There is one at most; null takes it away. */
async function replaceTaxId(stripe: Stripe, customerId: string, taxId: BillingDetails['taxId']) {
  const { data } = await reached(stripe.customers.listTaxIds(customerId, { limit: 100 }))
  const isSame = data.some(({ type, value }) => type === taxId?.type && value === taxId.value)
  if (taxId !== null && !isSame) {
    try {
      const type = taxId.type as Stripe.CustomerCreateTaxIdParams.Type
      await stripe.customers.createTaxId(customerId, { type, value: taxId.value })
    } catch (error) {
      if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw unavailable(error)
      const path = error.param === 'type' ? '/tax_id/type' : '/tax_id/value'
      return { path, message: 'is not a tax id of this kind that Stripe takes' }
    }
  }
  for (const { id, type, value } of data)
    if (type !== taxId?.type || value !== taxId.value)
      await reachedOrRefused(stripe.customers.deleteTaxId(customerId, id))
  return null
}
