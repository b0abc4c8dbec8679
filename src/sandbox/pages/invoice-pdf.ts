import { moneyText } from '../engine/currency.ts'
import type { Turn } from '../turn.ts'
import type { Invoice, InvoiceLine } from '../wire.ts'
import { dateText, entriesOf, issued, missing } from './invoice.ts'
import { type Cell, pdfOf, type Row, sheet, textSize, wrapped } from './pdf.ts'

/** What `invoice_pdf` serves. */
export function invoicePdf(turn: Turn, id: string): Response {
  const invoice = issued(turn, id)
  if (!invoice) return missing()
  const title = `Invoice ${invoice.number ?? invoice.id}`
  const rows = [...heading(invoice, title), ...invoice.lines.data.flatMap(lineRows), ...sums(turn, invoice)]
  return new Response(pdfOf(title, rows, 'SIMULATED – no money moved'), {
    headers: {
      'content-type': 'application/pdf',
      'content-disposition': `inline; filename="Invoice-${(invoice.number ?? invoice.id).replace(/[^\w-]/g, '_')}.pdf"`,
      'cache-control': 'no-store',
    },
  })
}

const columns = { description: sheet.left, period: 275, quantity: 460, amount: sheet.right, sums: 330 }
const rowOf = (cells: readonly Cell[], height = 14): Row => ({ cells, height })
const gap = rowOf([])
const columnNames: Row = {
  cells: [
    { text: 'Description', x: columns.description, bold: true },
    { text: 'Period', x: columns.period, bold: true },
    { text: 'Quantity', x: columns.quantity, right: true, bold: true },
    { text: 'Amount', x: columns.amount, right: true, bold: true },
  ],
  height: 20,
  rule: true,
  keep: 40,
}

function heading(invoice: Invoice, title: string): Row[] {
  const { finalized_at, paid_at, voided_at, marked_uncollectible_at } = invoice.status_transitions
  const facts: readonly (readonly [string, string | number | null])[] = [
    ['Status', invoice.status],
    ['Issued', invoice.effective_at ?? finalized_at ?? invoice.created],
    ['Due', invoice.due_date],
    ['Paid', paid_at],
    ['Voided', voided_at],
    ['Uncollectible', marked_uncollectible_at],
    ...(invoice.custom_fields ?? []).map(({ name, value }) => [name, value] as const),
  ]
  return [
    rowOf([{ text: title, x: sheet.left, bold: true, size: 18 }], 18),
    rowOf([{ text: invoice.account_name ?? '', x: sheet.left }], 18),
    gap,
    ...facts.flatMap(([name, fact]) => {
      if (fact === null) return []
      const text = typeof fact === 'number' ? dateText(fact) : fact
      return [
        rowOf([
          { text: name, x: sheet.left, bold: true },
          { text, x: 130 },
        ]),
      ]
    }),
    gap,
    rowOf([{ text: 'Billed to', x: sheet.left, bold: true }]),
    ...customerTexts(invoice).flatMap(paragraph),
    ...(invoice.description ? [gap, ...paragraph(invoice.description)] : []),
    gap,
    columnNames,
  ]
}

function customerTexts(invoice: Invoice): string[] {
  const { line1, line2, postal_code, city, state, country } = invoice.customer_address ?? {}
  const place = [postal_code, city, state, country].filter(Boolean).join(' ')
  const texts = [invoice.customer_name, invoice.customer_email, line1, line2, place]
  const known = texts.flatMap((text) => text || [])
  return known.length > 0 ? known : [invoice.customer ?? '']
}

const paragraph = (text: string): Row[] =>
  wrapped(text, sheet.right - sheet.left).map((each) => rowOf([{ text: each, x: sheet.left }]))

function lineRows(line: InvoiceLine): Row[] {
  const { start, end } = line.period
  const period = start === end ? dateText(start) : `${dateText(start)} – ${dateText(end)}`
  const quantity = line.quantity_decimal ?? line.quantity ?? ''
  const [first = '', ...more] = wrapped(line.description ?? '', columns.period - columns.description - textSize)
  const cells: Cell[] = [
    { text: first, x: columns.description },
    { text: period, x: columns.period },
    { text: String(quantity), x: columns.quantity, right: true },
    { text: moneyText(line.amount, line.currency), x: columns.amount, right: true },
  ]
  const rows = [rowOf(cells, 16), ...more.map((text) => rowOf([{ text, x: columns.description }], 12))]
  return rows.map((row) => ({ ...row, head: columnNames }))
}

function sums(turn: Turn, invoice: Invoice): Row[] {
  const rows = entriesOf(turn, invoice).flatMap(([name, amount]) => {
    const bold = name === 'Total' || name === 'Amount due'
    const [first = '', ...more] = wrapped(name, 130)
    const money: Cell = { text: moneyText(amount, invoice.currency), x: columns.amount, right: true, bold }
    const cells = [{ text: first, x: columns.sums, bold }, money]
    return [rowOf(cells, 16), ...more.map((text) => rowOf([{ text, x: columns.sums }], 12))]
  })
  const opening: Row = { cells: [], height: 8, rule: true, keep: 60 }
  return [opening, ...rows, ...(invoice.footer ? [gap, ...paragraph(invoice.footer)] : [])]
}
