import { Failure } from '../http/failure.ts'
import type { Turn } from '../turn.ts'
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

/** Each line with what is owed on what its discounts leave of it. */
export function taxedByPlace(turn: Turn, customer: Customer, lines: readonly InvoiceLine[]): InvoiceLine[] {
  const duty = dutyOf(turn, customer)
  return lines.map((line) => ({ ...line, taxes: [taxOn(line, duty)] }))
}

interface Duty {
  readonly country: string
  readonly percent: number
  readonly reason: 'customer_exempt' | 'not_collecting' | 'reverse_charge' | 'standard_rated'
}

function dutyOf(turn: Turn, customer: Customer): Duty {
  const country = customer.address?.country ?? ''
  if (customer.tax_exempt === 'exempt') return { country, percent: 0, reason: 'customer_exempt' }
  if (customer.tax_exempt === 'reverse' || isBusiness(turn, customer)) {
    return { country, percent: 0, reason: 'reverse_charge' }
  }
  const percent = RATES[country] ?? 0
  return { country, percent, reason: percent === 0 ? 'not_collecting' : 'standard_rated' }
}

/** A business of the EU or the UK that buys from abroad, as from this account, owes the tax itself. */
function isBusiness(turn: Turn, { id, address }: Customer): boolean {
  const ids = turn.store.objects.select('tax_id', { customer: id })
  return ids.some(({ type, country }) => (type === 'eu_vat' || type === 'gb_vat') && country === address?.country)
}

function taxOn(line: InvoiceLine, { country, percent, reason }: Duty) {
  const base = net(line)
  const amount = Math.sign(base) * percentOf(Math.abs(base), percent)
  return {
    amount: amount === 0 ? 0 : amount,
    tax_behavior: 'exclusive' as const,
    tax_rate_details: { tax_rate: `txr_automatic_${country.toLowerCase()}` },
    taxability_reason: reason,
    taxable_amount: base,
    type: 'tax_rate_details' as const,
  }
}

/** The taxes of the lines together, one entry a rate. */
export function totalTaxes(lines: readonly Pick<InvoiceLine, 'taxes'>[]): NonNullable<Invoice['total_taxes']> {
  const totals = new Map<string, NonNullable<Invoice['total_taxes']>[number]>()
  for (const tax of lines.flatMap(({ taxes }) => taxes ?? [])) {
    const key = `${tax.tax_rate_details?.tax_rate} ${tax.taxability_reason}`
    const known = totals.get(key)
    const base = (known?.taxable_amount ?? 0) + (tax.taxable_amount ?? 0)
    totals.set(key, { ...tax, amount: (known?.amount ?? 0) + tax.amount, taxable_amount: base })
  }
  return [...totals.values()]
}
