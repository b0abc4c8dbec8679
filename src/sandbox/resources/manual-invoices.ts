import { plan } from '../engine/agenda.ts'
import { markUncollectible, sendToCustomer } from '../engine/collection.ts'
import { draftInvoice, finalizeInvoice, relined } from '../engine/invoices.ts'
import { unbilled } from '../engine/pending-items.ts'
import { redeem } from '../engine/redemption.ts'
import { forgive, settlePaid } from '../engine/settlement.ts'
import { automaticTax, requireLocation } from '../engine/tax.ts'
import { announce, change } from '../events/record.ts'
import {
  clearable,
  fields,
  flag,
  ignored,
  integer,
  metadata,
  need,
  notSimulated,
  oneOf,
  type Parameters,
  text,
} from '../http/decode.ts'
import { invalid } from '../http/failure.ts'
import { referenced, retrieve, type Turn } from '../turn.ts'
import type { Customer, Invoice } from '../wire.ts'
import { customFields } from './customer-details.ts'
import { mergeMetadata, sentOnly } from './patches.ts'
import { discountWishes } from './subscription-parameters.ts'
import { namedRates, taxRateWishes } from './tax-rates.ts'

const common = {
  account_tax_ids: ignored,
  auto_advance: flag,
  automatic_tax: fields({ enabled: flag, liability: ignored }),
  automatically_finalizes_at: integer,
  collection_method: oneOf('charge_automatically', 'send_invoice'),
  custom_fields: customFields,
  days_until_due: integer,
  default_payment_method: clearable(text),
  default_tax_rates: taxRateWishes,
  description: clearable(text),
  discounts: discountWishes,
  due_date: integer,
  effective_at: clearable(integer),
  footer: clearable(text),
  metadata,
  payment_settings: ignored,
  rendering: ignored,
  statement_descriptor: text,
}
export const invoiceCreation = {
  ...common,
  currency: text,
  customer: text,
  from_invoice: notSimulated,
  pending_invoice_items_behavior: oneOf('exclude', 'include'),
  subscription: text,
}
export const invoiceUpdate = common
type Creation = Parameters<typeof invoiceCreation>
type Update = Parameters<typeof invoiceUpdate>

const day = 86_400

/** An invoice made by hand: a draft that nothing moves on until it is told to. */
export function createInvoice(turn: Turn, sent: Creation): Invoice {
  const customer = referenced(turn, 'customer', need(sent.customer, 'customer'), 'customer')
  const subscription =
    sent.subscription === undefined ? null : referenced(turn, 'subscription', sent.subscription, 'subscription')
  const currency = (sent.currency ?? subscription?.currency ?? customer.currency ?? 'usd').toLowerCase()
  const waiting = unbilled(turn, customer.id).filter((item) => item.currency === currency)
  const pending = sent.pending_invoice_items_behavior === 'include' || subscription ? waiting : []
  const discounts = sent.discounts ? { discounts: redeem(turn, sent.discounts, { customer }) } : {}
  const isTaxed = sent.automatic_tax?.enabled === true
  const extra: Partial<Invoice> = {
    auto_advance: sent.auto_advance ?? false,
    collection_method: sent.collection_method ?? 'charge_automatically',
    currency,
    metadata: mergeMetadata({}, sent.metadata),
    ...patchOf(turn, sent, customer.id),
  }
  const draft = draftInvoice(turn, { customer, subscription, reason: 'manual', pending, isTaxed, extra, ...discounts })
  planFinalization(turn, draft)
  return draft
}

// Left to itself a draft that may advance is finalized after an hour.
function planFinalization(turn: Turn, draft: Invoice): void {
  if (draft.auto_advance !== true) return void turn.store.dueWork.drop('finalize_invoice', draft.id)
  const at = draft.automatically_finalizes_at ?? turn.now(draft.customer) + 3_600
  plan(turn, draft.customer, 'finalize_invoice', draft.id, at)
}

function patchOf(turn: Turn, sent: Update, customer: string | null): Partial<Invoice> {
  const { description, footer, statement_descriptor, default_payment_method, due_date, days_until_due } = sent
  const due = due_date ?? (days_until_due === undefined ? undefined : turn.now(customer) + days_until_due * day)
  const { collection_method, auto_advance, automatically_finalizes_at } = sent
  return {
    ...sentOnly({ description, footer, statement_descriptor, default_payment_method }),
    ...sentOnly({ custom_fields: sent.custom_fields, effective_at: sent.effective_at }),
    ...taxPatch(turn, sent, customer),
    ...sentOnly({ collection_method, auto_advance, automatically_finalizes_at, due_date: due }),
    ...(sent.default_tax_rates === undefined
      ? {}
      : { default_tax_rates: namedRates(turn, sent.default_tax_rates, 'default_tax_rates') }),
  }
}

function taxPatch(turn: Turn, { automatic_tax: wish }: Update, customer: string | null): Partial<Invoice> {
  if (wish?.enabled === undefined) return {}
  requireLocation(referenced(turn, 'customer', customer ?? '', 'customer'), wish.enabled)
  return { automatic_tax: automaticTax(wish.enabled) }
}

export function updateInvoice(turn: Turn, sent: Update, id: string): Invoice {
  const before = retrieve(turn, 'invoice', id, 'invoice')
  const loose = new Set(['auto_advance', 'default_payment_method', 'metadata', 'payment_settings', 'collection_method'])
  if (before.status !== 'draft' && Object.keys(sent).some((name) => !loose.has(name))) {
    throw invalid("Finalized invoices can't be updated in this way", undefined, 'invoice_not_editable')
  }
  const patch = { ...patchOf(turn, sent, before.customer), metadata: mergeMetadata(before.metadata, sent.metadata) }
  const after = change(turn, 'invoice', before, patch, 'invoice.updated')
  if (after.status === 'draft') planFinalization(turn, after)
  const others = [sent.discounts, sent.default_tax_rates, sent.automatic_tax]
  return others.every((sum) => sum === undefined) ? after : reckoned(turn, after, sent)
}

/** Other discounts or tax rates make other totals. */
function reckoned(turn: Turn, invoice: Invoice, sent: Update): Invoice {
  const customer = customerOf(turn, invoice)
  const changed =
    sent.discounts === undefined
      ? invoice
      : change(turn, 'invoice', invoice, {
          discounts: redeem(turn, sent.discounts ?? [], { customer, invoice: invoice.id }),
        })
  return relined(turn, changed, changed.lines.data, customer, null)
}

export const customerOf = (turn: Turn, invoice: Invoice): Customer =>
  referenced(turn, 'customer', invoice.customer ?? '', 'customer')

function requireDraft(invoice: Invoice): void {
  if (invoice.status === 'draft') return
  throw invalid(
    "This invoice is already finalized, you can't re-finalize a non-draft invoice.",
    undefined,
    'invoice_not_editable',
  )
}

/** Finalizes a draft; one that owes nothing is paid with that. */
export function finalize(turn: Turn, sent: { readonly auto_advance?: boolean | undefined }, id: string): Invoice {
  const draft = retrieve(turn, 'invoice', id, 'invoice')
  requireDraft(draft)
  const wanted = sent.auto_advance === undefined ? draft : { ...draft, auto_advance: sent.auto_advance }
  const due = wanted.collection_method === 'send_invoice' && wanted.due_date === null
  const dated = due ? { ...wanted, due_date: turn.now(draft.customer) + 30 * day } : wanted
  const invoice = finalizeInvoice(turn, dated, customerOf(turn, draft))
  if (invoice.amount_due === 0) return settlePaid(turn, invoice, null)
  if (invoice.auto_advance && invoice.collection_method === 'charge_automatically') {
    plan(turn, invoice.customer, 'collect_invoice', invoice.id, turn.now(invoice.customer) + 3_600)
  }
  if (invoice.due_date !== null) plan(turn, invoice.customer, 'mark_invoice_overdue', invoice.id, invoice.due_date)
  return invoice
}

export function send(turn: Turn, _sent: object, id: string): Invoice {
  const before = retrieve(turn, 'invoice', id, 'invoice')
  if (before.collection_method !== 'send_invoice') {
    throw invalid('You can only manually send an invoice if its collection method is `send_invoice`.')
  }
  const invoice = before.status === 'draft' ? finalize(turn, {}, id) : before
  return invoice.status === 'open' ? sendToCustomer(turn, invoice) : invoice
}

export function giveUp(turn: Turn, _sent: object, id: string): Invoice {
  const invoice = retrieve(turn, 'invoice', id, 'invoice')
  if (invoice.status !== 'open') {
    throw invalid(`You can only mark an open invoice as uncollectible; this one is ${invoice.status}.`)
  }
  const given = markUncollectible(turn, invoice)
  forgive(turn, given)
  return given
}

/** Deletes a draft made by hand; what it had taken in goes with it. */
export function deleteInvoice(turn: Turn, _sent: object, id: string): object {
  const invoice = retrieve(turn, 'invoice', id, 'invoice')
  if (invoice.status !== 'draft' || invoice.billing_reason !== 'manual') {
    throw invalid('You can only delete draft one-off invoices.', undefined, 'invoice_not_editable')
  }
  for (const item of turn.store.objects.select('invoiceitem', { lookup: id })) {
    turn.store.objects.remove('invoiceitem', item.id)
    announce(turn, 'invoiceitem.deleted', item)
  }
  turn.store.objects.remove('invoice', id)
  turn.store.dueWork.drop('finalize_invoice', id)
  announce(turn, 'invoice.deleted', invoice)
  return { id, object: 'invoice', deleted: true }
}
