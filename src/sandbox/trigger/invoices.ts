import type { Caller } from './caller.ts'
import { clockAt, customerWith, draft, openInvoice, type Recipes, subscribe } from './recipe.ts'

const day = 86_400
const byMail = { collection_method: 'send_invoice', days_until_due: 30 }

const paid = async (at: Caller) => at.post(`invoices/${(await draft(at)).id}/pay`)
const paying = async (at: Caller, card: string) => {
  const { id } = await draft(at, card)
  return at.refused(`invoices/${id}/pay`, {})
}
const item = async (at: Caller) => {
  const customer = await customerWith(at, 'pm_card_visa')
  return at.post('invoiceitems', { customer: customer.id, amount: 2000, currency: 'usd' })
}
const creditNote = async (at: Caller) =>
  at.post('credit_notes', { invoice: (await openInvoice(at, null, byMail)).id, amount: 500 })

async function overdue(at: Caller) {
  const { clock, now } = await clockAt(at)
  const customer = await customerWith(at, 'pm_card_visa', { test_clock: clock.id })
  const invoice = await at.post('invoices', { customer: customer.id, ...byMail, days_until_due: 1 })
  await at.post('invoiceitems', { customer: customer.id, invoice: invoice.id, amount: 2000, currency: 'usd' })
  await at.post(`invoices/${invoice.id}/finalize`)
  return at.advance(clock.id, now + 2 * day)
}

async function upcoming(at: Caller) {
  const { clock } = await clockAt(at)
  const made = await subscribe(at, await customerWith(at, 'pm_card_visa', { test_clock: clock.id }))
  return at.advance(clock.id, (made.items.data[0]?.current_period_end ?? 0) - day)
}

export const invoiceRecipes: Recipes = {
  'credit_note.created': creditNote,
  'credit_note.updated': async (at) => at.post(`credit_notes/${(await creditNote(at)).id}`, { memo: 'Triggered' }),
  'credit_note.voided': async (at) => at.post(`credit_notes/${(await creditNote(at)).id}/void`),
  'invoice.created': (at) => draft(at),
  'invoice.deleted': async (at) => at.remove(`invoices/${(await draft(at)).id}`),
  'invoice.finalized': (at) => openInvoice(at),
  'invoice.marked_uncollectible': async (at) => at.post(`invoices/${(await openInvoice(at)).id}/mark_uncollectible`),
  'invoice.overdue': overdue,
  'invoice.paid': paid,
  'invoice.payment_action_required': (at) => paying(at, 'pm_card_authenticationRequired'),
  'invoice.payment_failed': (at) => paying(at, 'pm_card_chargeCustomerFail'),
  'invoice.payment_succeeded': paid,
  'invoice.sent': async (at) => at.post(`invoices/${(await draft(at, null, byMail)).id}/send`),
  'invoice.upcoming': upcoming,
  'invoice.updated': async (at) => at.post(`invoices/${(await draft(at)).id}`, { description: 'Triggered' }),
  'invoice.voided': async (at) => at.post(`invoices/${(await openInvoice(at)).id}/void`),
  'invoice_payment.paid': paid,
  'invoiceitem.created': item,
  'invoiceitem.deleted': async (at) => at.remove(`invoiceitems/${(await item(at)).id}`),
}
