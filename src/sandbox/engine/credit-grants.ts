import { announce } from '../events/record.ts'
import { freshId } from '../identifiers.ts'
import type { CreditGrant, CreditTransaction } from '../surface-kinds.ts'
import type { Turn } from '../turn.ts'
import type { Invoice, InvoiceLine } from '../wire.ts'
import { net } from './discounts.ts'

export type Movement =
  | { readonly credit: 'credits_granted' }
  | { readonly debit: 'credits_expired' | 'credits_voided' }
  | { readonly debit: 'credits_applied'; readonly invoice: string; readonly line: string }
  | { readonly credit: 'credits_application_invoice_voided'; readonly invoice: string; readonly line: string }

/** Writes a movement of a grant into its book. */
export function book(turn: Turn, grant: CreditGrant, movement: Movement, value: number): CreditTransaction {
  const amount = { monetary: { currency: currencyOf(grant), value }, type: 'monetary' as const }
  const now = turn.now(grant.customer)
  const place = 'line' in movement ? { invoice: movement.invoice, invoice_line_item: movement.line } : null
  const granted = 'credit' in movement
  const made: CreditTransaction = {
    id: freshId('cbtxn'),
    object: 'billing.credit_balance_transaction',
    created: now,
    credit: granted ? { amount, credits_application_invoice_voided: place, type: movement.credit } : null,
    credit_grant: grant.id,
    debit: granted ? null : { amount, credits_applied: place, type: movement.debit },
    effective_at: granted && place === null ? (grant.effective_at ?? now) : now,
    livemode: false,
    test_clock: grant.test_clock,
    type: granted ? 'credit' : 'debit',
  }
  turn.store.objects.save('billing.credit_balance_transaction', made)
  announce(turn, 'billing.credit_balance_transaction.created', made)
  return made
}

export const currencyOf = (grant: CreditGrant) => grant.amount.monetary?.currency ?? ''

/** What is left of a grant by its book: granted, less applied, expired and voided. */
export function leftOf(turn: Turn, grant: CreditGrant): number {
  return turn.store.objects
    .select('billing.credit_balance_transaction', { parent: grant.id })
    .reduce(
      (sum, { credit, debit }) => sum + (credit?.amount.monetary?.value ?? 0) - (debit?.amount.monetary?.value ?? 0),
      0,
    )
}

export function isUsable(turn: Turn, grant: CreditGrant): boolean {
  const now = turn.now(grant.customer)
  const begun = (grant.effective_at ?? 0) <= now
  return grant.voided_at === null && begun && (grant.expires_at === null || grant.expires_at > now)
}

/**
 * Lets credits pay for the usage on an invoice that is being finalized: after discounts, in Stripe's order of grants
 * (priority, the sooner to expire, gifts before what was paid for, the older).
 */
export function applyCredits(turn: Turn, invoice: Invoice, isUsage: (line: InvoiceLine) => boolean): Invoice {
  if (invoice.customer === null) return invoice
  const grants = turn.store.objects
    .select('billing.credit_grant', { customer: invoice.customer })
    .filter((grant) => isUsable(turn, grant) && currencyOf(grant) === invoice.currency)
    .sort(byStripesOrder)
  if (grants.length === 0) return invoice
  const data = invoice.lines.data.map((line) => (isUsage(line) ? credited(turn, invoice, line, grants) : line))
  const amounts = data.flatMap((line) => line.pretax_credit_amounts ?? [])
  const sum = amounts.reduce((total, { amount }) => total + amount, 0)
  if (sum === 0) return invoice
  const total = invoice.total - sum
  const lines = { ...invoice.lines, data }
  return { ...invoice, lines, total, total_excluding_tax: total, total_pretax_credit_amounts: amounts }
}

function byStripesOrder(left: CreditGrant, right: CreditGrant): number {
  const keys = (grant: CreditGrant) => [
    grant.priority ?? 50,
    grant.expires_at ?? Number.MAX_SAFE_INTEGER,
    grant.category === 'promotional' ? 0 : 1,
    grant.effective_at ?? 0,
    grant.created,
  ]
  const [ours, theirs] = [keys(left), keys(right)]
  const index = ours.findIndex((key, place) => key !== theirs[place])
  return index < 0 ? 0 : (ours[index] ?? 0) - (theirs[index] ?? 0)
}

function credited(turn: Turn, invoice: Invoice, line: InvoiceLine, grants: readonly CreditGrant[]): InvoiceLine {
  const amounts: NonNullable<InvoiceLine['pretax_credit_amounts']> = []
  let owed = net(line)
  for (const grant of grants) {
    const value = covers(grant, line) ? Math.min(owed, leftOf(turn, grant)) : 0
    if (value <= 0) continue
    const made = book(turn, grant, { debit: 'credits_applied', invoice: invoice.id, line: line.id }, value)
    amounts.push({ amount: value, credit_balance_transaction: made.id, type: 'credit_balance_transaction' })
    owed -= value
  }
  return amounts.length === 0 ? line : { ...line, pretax_credit_amounts: amounts }
}

/** Gives back what a voided invoice had taken. */
export function returnCredits(turn: Turn, invoice: Invoice): void {
  for (const line of invoice.lines.data) {
    for (const { amount, credit_balance_transaction: id } of line.pretax_credit_amounts ?? []) {
      const taken = turn.store.objects.find('billing.credit_balance_transaction', id ?? '')
      const grant = taken && turn.store.objects.find('billing.credit_grant', taken.credit_grant)
      if (!grant) continue
      book(turn, grant, { credit: 'credits_application_invoice_voided', invoice: invoice.id, line: line.id }, amount)
    }
  }
}

function covers({ applicability_config: { scope } }: CreditGrant, line: InvoiceLine): boolean {
  if (!scope.prices) return scope.price_type === 'metered'
  return scope.prices.some(({ id }) => id === line.pricing?.price_details?.price)
}
