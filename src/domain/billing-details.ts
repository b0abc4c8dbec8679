/** Who is billed. Tax is worked out from the address, and from the tax id of a business. */
export interface BillingDetails {
  readonly name: string | null
  readonly address: BillingAddress | null
  readonly taxId: TaxId | null
}

export interface BillingAddress {
  readonly line1: string | null
  readonly line2: string | null
  readonly city: string | null
  readonly state: string | null
  readonly postalCode: string | null
  /** ISO 3166, two letters. */
  readonly country: string | null
}

export interface TaxId {
  /** Stripe's word: `eu_vat`, `gb_vat`, `us_ein`. */
  readonly type: string
  readonly value: string
}

export const NO_DETAILS: BillingDetails = { name: null, address: null, taxId: null }

export function shownBillingDetails({ name, address, taxId }: BillingDetails) {
  return {
    name,
    address: address && {
      line1: address.line1,
      line2: address.line2,
      city: address.city,
      state: address.state,
      postal_code: address.postalCode,
      country: address.country,
    },
    tax_id: taxId && { type: taxId.type, value: taxId.value },
  }
}
