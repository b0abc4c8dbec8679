import { moneyText } from '../engine/money.ts'
import type { Turn } from '../turn.ts'
import type { Invoice } from '../wire.ts'
import { html, page } from './layout.ts'

/** What `hosted_invoice_url` and `invoice_pdf` show: the invoice as a page that prints well. */
export function invoicePage(turn: Turn, id: string): Response {
  const invoice = turn.store.objects.find('invoice', id)
  if (!invoice || invoice.status === 'draft') return page('Not found', html`<h1>No such invoice</h1>`, 404)
  const rows = invoice.lines.data.map(
    (line) => html`<tr><td>${line.description ?? ''}</td><td>${moneyText(line.amount, line.currency)}</td></tr>`,
  )
  return page(
    `Invoice ${invoice.number ?? invoice.id}`,
    html`<h1>Invoice ${invoice.number ?? invoice.id}</h1>
<p>${invoice.customer_name ?? invoice.customer_email ?? invoice.customer ?? ''}<br>
${dateText(invoice.created)} · <strong>${invoice.status ?? ''}</strong></p>
<table><thead><tr><th>Description</th><th>Amount</th></tr></thead><tbody>${rows}</tbody>
<tfoot>${totals(invoice)}</tfoot></table>
<p><small>From the Stripe simulator. No money has moved.</small></p>`,
  )
}

function totals(invoice: Invoice) {
  const entries: readonly (readonly [string, number])[] = [
    ['Total', invoice.total],
    ['Paid', invoice.amount_paid],
    ['Remaining', invoice.amount_remaining],
  ]
  return entries.map(([name, amount]) => html`<tr><th>${name}</th><th>${moneyText(amount, invoice.currency)}</th></tr>`)
}

const dateText = (at: number) => new Date(at * 1000).toISOString().slice(0, 10)
