import type { TaxRate } from '../surface-kinds.ts'
import type { Turn } from '../turn.ts'
import type { Customer, InvoiceLine, Subscription } from '../wire.ts'
import { recall } from './memory.ts'
import { percentOf, share } from './money.ts'

type Taxes = NonNullable<InvoiceLine['taxes']>
type Exemption = Pick<Customer, 'tax_exempt'> | null

/** The rates that were put on a line, on the item that it bills, or else on its whole invoice. */
export function ratesOfLine(
  turn: Turn,
  line: InvoiceLine,
  subscription: Subscription | null,
  ofInvoice: readonly TaxRate[],
): readonly TaxRate[] {
  const { subscription_item_details: item, invoice_item_details: added } = line.parent ?? {}
  const pending = turn.store.objects.find('invoiceitem', item?.invoice_item ?? added?.invoice_item ?? '')
  const billed =
    subscription?.items.data.find(({ id }) => id === item?.subscription_item) ??
    turn.store.objects.find('subscription_item', item?.subscription_item ?? '')
  const own = recall(turn, 'tax_rates', line.id) ?? pending?.tax_rates ?? billed?.tax_rates ?? []
  return own.length > 0 ? own : ofInvoice
}

/** What an amount owes by rates set by hand: inclusive ones are taken out of it, the others come on top of the rest. */
export function taxesOn(amount: number, rates: readonly TaxRate[], customer: Exemption): Taxes {
  const included = rates.filter(({ inclusive }) => inclusive)
  const whole = included.reduce((sum, rate) => sum + parts(rate), parts({ percentage: 100 }))
  const within = (rate: TaxRate) => share(String(amount), parts(rate), whole)
  const base = amount - included.reduce((sum, rate) => sum + within(rate), 0)
  return rates.map((rate) => {
    const owed = rate.inclusive ? within(rate) : Math.sign(base) * percentOf(Math.abs(base), rate.percentage)
    const exempt = customer?.tax_exempt === 'exempt' || customer?.tax_exempt === 'reverse'
    return {
      amount: exempt || owed === 0 ? 0 : owed,
      tax_behavior: rate.inclusive ? ('inclusive' as const) : ('exclusive' as const),
      tax_rate_details: { tax_rate: rate.id },
      taxability_reason: reasonFor(customer),
      taxable_amount: base,
      type: 'tax_rate_details' as const,
    }
  })
}

// A percentage has four decimals at most.
const parts = ({ percentage }: Pick<TaxRate, 'percentage'>) => Math.round(percentage * 10_000)

function reasonFor(customer: Exemption): Taxes[number]['taxability_reason'] {
  if (customer?.tax_exempt === 'exempt') return 'customer_exempt'
  return customer?.tax_exempt === 'reverse' ? 'reverse_charge' : 'not_available'
}

const sumOf = (taxes: Taxes, behavior: 'exclusive' | 'inclusive') =>
  taxes.reduce((sum, tax) => sum + (tax.tax_behavior === behavior ? tax.amount : 0), 0)

/** What comes on top of an amount. */
export const addedTax = (taxes: Taxes | null | undefined) => sumOf(taxes ?? [], 'exclusive')
/** What an amount holds already. */
export const includedTax = (taxes: Taxes | null | undefined) => sumOf(taxes ?? [], 'inclusive')
