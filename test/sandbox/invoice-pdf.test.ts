import { expect, test } from 'bun:test'
import type Stripe from 'stripe'
import { textWidth, winAnsi, wrapped } from '../../src/sandbox/pages/pdf.ts'
import { started } from './support.ts'

interface Document {
  readonly file: string
  readonly objects: readonly string[]
  readonly pages: readonly string[]
}

/** Reads the file as a reader would: from its end, by the offsets of the cross-reference table. */
async function documentAt(url: string | null | undefined): Promise<Document> {
  const response = await fetch(url ?? '')
  expect(response.headers.get('content-type')).toBe('application/pdf')
  const file = Buffer.from(await response.arrayBuffer()).toString('latin1')
  expect(file).toStartWith('%PDF-1.4\n')
  expect(file).toEndWith('%%EOF\n')
  const table = file.slice(Number(file.match(/startxref\n(\d+)\n/)?.[1]))
  const count = Number(table.match(/^xref\n0 (\d+)\n0000000000 65535 f \n/)?.[1])
  const offsets = [...table.matchAll(/(\d{10}) 00000 n \n/g)].map(([, offset]) => Number(offset))
  expect(offsets).toHaveLength(count - 1)
  expect(table).toContain(`/Size ${count} `)
  const objects = offsets.map((offset, index) => {
    expect(file.slice(offset)).toStartWith(`${index + 1} 0 obj\n`)
    return file.slice(offset, file.indexOf('\nendobj\n', offset))
  })
  const pages = objects.filter((object) => object.includes('/Type /Page '))
  expect(objects[1]).toContain(`/Count ${pages.length} `)
  const contents = pages.map((object) => {
    const content = objects[Number(object.match(/\/Contents (\d+) 0 R/)?.[1]) - 1] ?? ''
    const [, length, text = ''] = content.match(/\/Length (\d+) >>\nstream\n([\s\S]*)\nendstream$/) ?? []
    expect(text).toHaveLength(Number(length))
    return text
  })
  return { file, objects, pages: contents }
}

interface Line {
  readonly amount: number
  readonly description: string
}

async function invoiceWith(stripe: Stripe, lines: readonly Line[], currency = 'usd', coupon?: string) {
  const customer = await stripe.customers.create({ name: 'Zoë (Ltd) \\ Łódź', email: 'zoe@example.com' })
  const draft = await stripe.invoices.create({
    customer: customer.id,
    currency,
    collection_method: 'send_invoice',
    days_until_due: 10,
    ...(coupon ? { discounts: [{ coupon }] } : {}),
  })
  for (const line of lines) {
    await stripe.invoiceItems.create({ customer: customer.id, invoice: draft.id, currency, ...line })
  }
  return stripe.invoices.finalizeInvoice(draft.id)
}

test('an invoice is a PDF with its lines, discounts and totals, linked from its page', async () => {
  const { stripe } = await started()
  const { id } = await stripe.coupons.create({ percent_off: 10, duration: 'once', name: 'Welcome' })
  const lines = [
    { amount: 123456, description: 'Café – 5 € (net) \\ 日' },
    { amount: -5, description: 'Correction' },
  ]
  const invoice = await invoiceWith(stripe, lines, 'eur', id)
  const { objects, pages } = await documentAt(invoice.invoice_pdf)
  expect(objects[1]).toContain('/MediaBox [0 0 595 842]')
  expect(objects[2]).toContain('/BaseFont /Helvetica /Encoding /WinAnsiEncoding')
  expect(pages).toHaveLength(1)
  const money = (amount: number) => `(\\200${(amount / 100).toLocaleString('en', { minimumFractionDigits: 2 })})`
  const texts = [
    `(Invoice ${invoice.number})`,
    '(open)',
    '(Zo\\353 \\(Ltd\\) \\\\ ?\\363dz)',
    '(Caf\\351 \\226 5 \\200 \\(net\\) \\\\ ?)',
    '(-\\2000.05)',
    '(Discount \\(Welcome\\))',
    money(123456),
    money(invoice.total),
    money(invoice.amount_due),
    '(SIMULATED \\226 no money moved)',
    '(Page 1 of 1)',
    `(${new Date((invoice.due_date ?? 0) * 1000).toISOString().slice(0, 10)})`,
  ]
  for (const text of texts) expect(pages[0]).toContain(text)
  const hosted = await (await fetch(invoice.hosted_invoice_url ?? '')).text()
  expect(hosted).toContain(`href="/invoices/${invoice.id}/pdf"`)
  expect((await fetch((invoice.invoice_pdf ?? '').replace(invoice.id, 'in_none'))).status).toBe(404)
})

test('many lines take several pages, none lost, the column names on each', async () => {
  const { stripe } = await started()
  const lines = Array.from({ length: 90 }, (_, index) => ({ amount: 100 + index, description: `Entry ${index}.` }))
  const { pages } = await documentAt((await invoiceWith(stripe, lines, 'jpy')).invoice_pdf)
  expect(pages.length).toBeGreaterThan(1)
  for (const { description } of lines) expect(pages.join('\n')).toContain(`(${description})`)
  for (const [index, text] of pages.entries()) {
    expect(text).toContain(`(Page ${index + 1} of ${pages.length})`)
    expect(text).toContain('(Description)')
  }
  expect(pages[0]).toContain('(\\245189)')
  const heights = pages.flatMap((text) => [...text.matchAll(/ (\d+) Td/g)].map(([, height]) => Number(height)))
  expect(heights.every((height) => height >= 40 && height < 842)).toBe(true)
})

test('amounts end at the same place, and text stays within its width', async () => {
  const { stripe } = await started()
  const { pages } = await documentAt((await invoiceWith(stripe, [{ amount: 99900, description: 'A' }])).invoice_pdf)
  const found = [...(pages[0] ?? '').matchAll(/F(\d) 9 Tf ([\d.]+) \d+ Td \((-?\$[\d.]+)\)/g)]
  expect(found.length).toBeGreaterThan(3)
  for (const [, font, start, text = ''] of found) {
    expect(Number(start) + textWidth(text, 9, font === '2')).toBeCloseTo(545, 1)
  }
  expect(textWidth('$10.00', 10)).toBeCloseTo(30.58)
  const parts = wrapped(`one two ${'x'.repeat(200)} three`, 100)
  expect(parts.join('').replaceAll(' ', '')).toBe(`onetwo${'x'.repeat(200)}three`)
  expect(parts.every((part) => textWidth(part) <= 100)).toBe(true)
  expect(winAnsi('ő\n€')).toEqual([111, 32, 128])
})
