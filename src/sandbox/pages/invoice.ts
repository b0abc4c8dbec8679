import { moneyText } from '../engine/currency.ts'
import type { Turn } from '../turn.ts'
import type { Invoice } from '../wire.ts'
import { cardFields } from './card-form.ts'
import { type Html, html, page } from './layout.ts'

/** What `hosted_invoice_url` shows: the invoice as a page that prints well, with a form to pay it while it is open. */
export function invoicePage(turn: Turn, id: string, alert?: string): Response {
  const invoice = issued(turn, id)
  if (!invoice) return missing()
  const rows = invoice.lines.data.map(
    (line) => html`<tr><td>${line.description ?? ''}</td><td>${moneyText(line.amount, line.currency)}</td></tr>`,
  )
  return page(
    `Invoice ${invoice.number ?? invoice.id}`,
    html`<h1>Invoice ${invoice.number ?? invoice.id}</h1>
${alert === undefined ? [] : [html`<p class="alert" role="alert">${alert}</p>`]}
<p>${invoice.customer_name ?? invoice.customer_email ?? invoice.customer ?? ''}<br>
${factsOf(invoice)}</p>
<table><thead><tr><th>Description</th><th>Amount</th></tr></thead><tbody>${rows}</tbody>
<tfoot>${totals(turn, invoice)}</tfoot></table>
${invoice.footer ? [html`<p>${invoice.footer}</p>`] : []}
<p><a href="/invoices/${invoice.id}/pdf">Download as PDF</a></p>
${paymentForm(invoice)}
<p><small>From the Stripe simulator. No money moves here.</small></p>`,
    alert === undefined ? 200 : 402,
  )
}

function factsOf(invoice: Invoice): readonly Html[] {
  const due = invoice.status === 'open' && invoice.due_date !== null ? ` · due on ${dateText(invoice.due_date)}` : ''
  const fields = (invoice.custom_fields ?? []).map(({ name, value }) => html`<br>${name}: ${value}`)
  return [html`${dateText(invoice.created)} · <strong>${invoice.status ?? ''}</strong>${due}`, ...fields]
}

export const isPayable = ({ status, amount_remaining }: Invoice) =>
  (status === 'open' || status === 'uncollectible') && amount_remaining > 0

function paymentForm(invoice: Invoice): readonly Html[] {
  if (!isPayable(invoice)) return []
  const button = `Pay ${moneyText(invoice.amount_remaining, invoice.currency)}`
  return [html`<form method="post">${cardFields(button)}</form>`]
}

/** An invoice that a customer may see. */
export function issued(turn: Turn, id: string): Invoice | undefined {
  const invoice = turn.store.objects.find('invoice', id)
  return invoice?.status === 'draft' ? undefined : invoice
}

export const missing = () => page('Not found', html`<h1>No such invoice</h1>`, 404)

function totals(turn: Turn, invoice: Invoice) {
  return entriesOf(turn, invoice).map(
    ([name, amount]) => html`<tr><th>${name}</th><th>${moneyText(amount, invoice.currency)}</th></tr>`,
  )
}

/** From what the lines come to, to what is left to pay. */
export function entriesOf(turn: Turn, invoice: Invoice): readonly (readonly [string, number])[] {
  const discounts = (invoice.total_discount_amounts ?? []).map(
    ({ amount, discount }) => [discountName(turn, discount), -amount] as const,
  )
  const taxes = (invoice.total_taxes ?? []).map(
    ({ amount, tax_behavior }) => [tax_behavior === 'inclusive' ? 'Tax (included)' : 'Tax', amount] as const,
  )
  const balance = invoice.ending_balance === null ? 0 : invoice.starting_balance - invoice.ending_balance
  const credited = invoice.pre_payment_credit_notes_amount
  return [
    ['Subtotal', invoice.subtotal],
    ...discounts,
    ...taxes,
    ['Total', invoice.total],
    ...(balance === 0 ? [] : [['Applied balance', balance] as const]),
    ...(credited === 0 ? [] : [['Credit notes', -credited] as const]),
    ['Amount paid', invoice.amount_paid],
    ['Amount due', invoice.amount_remaining],
  ]
}

function discountName(turn: Turn, id: string): string {
  const coupon = turn.store.objects.find('discount', id)?.source.coupon
  const name = coupon ? turn.store.objects.find('coupon', coupon)?.name : undefined
  return name ? `Discount (${name})` : 'Discount'
}

export const dateText = (at: number) => new Date(at * 1000).toISOString().slice(0, 10)
