import { Failure } from '../http/failure.ts'
import type { Customer, Invoice, InvoiceLine } from '../wire.ts'
import { net } from './discounts.ts'
import { percentOf } from './money.ts'

/** Percent by country; everywhere else nothing is owed. Real rates depend on far more: this is for seeing tax at all. */
const RATES: Readonly<Record<string, number>> = {
  AT: 20,
  AU: 10,
  BE: 21,
  CA: 5,
  CH: 8.1,
  DE: 19,
  DK: 25,
  ES: 21,
  FI: 25.5,
  FR: 20,
  GB: 20,
  IE: 23,
  IN: 18,
  IT: 22,
  JP: 10,
  NL: 21,
  NO: 25,
  PL: 23,
  PT: 23,
  SE: 25,
  SG: 9,
}

/** Tax is worked out from the customer's address, so there must be one. */
export function requireLocation(customer: Customer, enabled: boolean): void {
  if (!enabled || customer.address?.country) return
  throw new Failure(400, {
    type: 'invalid_request_error',
    code: 'customer_tax_location_invalid',
    message:
      "The customer's location isn't recognized. Set a valid customer address in order to automatically calculate tax.",
    param: 'customer[address]',
  })
}

export const automaticTax = (enabled: boolean): Invoice['automatic_tax'] =>
  enabled
    ? { disabled_reason: null, enabled, liability: { type: 'self' }, provider: 'stripe', status: 'complete' }
    : { disabled_reason: null, enabled, liability: null, provider: null, status: null }

/** Each line with what is owed on what its discounts leave of it. A business elsewhere owes it itself (`reverse`). */
export function taxedByPlace(customer: Customer, lines: readonly InvoiceLine[]): InvoiceLine[] {
  const country = customer.address?.country ?? ''
  const owed = customer.tax_exempt === 'none' || customer.tax_exempt === null ? (RATES[country] ?? 0) : 0
  return lines.map((line) => ({ ...line, taxes: [taxOn(line, customer, country, owed)] }))
}

function taxOn(line: InvoiceLine, customer: Customer, country: string, percent: number) {
  const base = net(line)
  const amount = Math.sign(base) * percentOf(Math.abs(base), percent)
  return {
    amount: amount === 0 ? 0 : amount,
    tax_behavior: 'exclusive' as const,
    tax_rate_details: { tax_rate: `txr_automatic_${country.toLowerCase()}` },
    taxability_reason: reasonFor(customer, percent),
    taxable_amount: base,
    type: 'tax_rate_details' as const,
  }
}

function reasonFor({ tax_exempt: exempt }: Customer, percent: number) {
  if (exempt === 'reverse') return 'reverse_charge' as const
  if (exempt === 'exempt') return 'customer_exempt' as const
  return percent === 0 ? ('not_collecting' as const) : ('standard_rated' as const)
}

/** The taxes of the lines together, one entry a rate. */
export function totalTaxes(lines: readonly InvoiceLine[]): NonNullable<Invoice['total_taxes']> {
  const totals = new Map<string, NonNullable<Invoice['total_taxes']>[number]>()
  for (const tax of lines.flatMap(({ taxes }) => taxes ?? [])) {
    const key = `${tax.tax_rate_details?.tax_rate} ${tax.taxability_reason}`
    const known = totals.get(key)
    const base = (known?.taxable_amount ?? 0) + (tax.taxable_amount ?? 0)
    totals.set(key, { ...tax, amount: (known?.amount ?? 0) + tax.amount, taxable_amount: base })
  }
  return [...totals.values()]
}
