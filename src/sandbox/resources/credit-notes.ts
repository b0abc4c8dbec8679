import { recordBalance } from '../engine/balance.ts'
import { intentOf, settlePaid } from '../engine/settlement.ts'
import { announce, change, create } from '../events/record.ts'
import { fields, metadata, text } from '../http/decode.ts'
import { invalid } from '../http/failure.ts'
import { listing, paging } from '../http/listing.ts'
import { route } from '../http/route.ts'
import { referenced, retrieve, type Turn } from '../turn.ts'
import type { CreditNote, Customer, Invoice } from '../wire.ts'
import { createRefund } from './charges.ts'
import { type Creation, draftNote, invoiceOf, noteCreation, refundsSent } from './credit-note-draft.ts'
import { mergeMetadata, sentOnly } from './patches.ts'

const path = '/v1/credit_notes'

export const creditNoteRoutes = [
  route('POST', path, fields(noteCreation), issue),
  route('GET', path, fields({ ...paging, customer: text, invoice: text }), (turn, sent) =>
    listing(turn, 'credit_note', path, sent, { where: { customer: sent.customer, parent: sent.invoice } }),
  ),
  route('GET', `${path}/preview`, fields(noteCreation), (turn, sent) => draftNote(turn, sent, invoiceOf(turn, sent))),
  route(
    'GET',
    `${path}/preview/lines`,
    fields({ ...noteCreation, ...paging }),
    (turn, sent) => draftNote(turn, sent, invoiceOf(turn, sent)).lines,
  ),
  route('GET', `${path}/:id`, fields({}), (turn, _sent, id) => retrieve(turn, 'credit_note', id)),
  route('POST', `${path}/:id`, fields({ memo: text, metadata }), (turn, sent, id) => {
    const before = retrieve(turn, 'credit_note', id)
    const patch = { ...sentOnly({ memo: sent.memo }), metadata: mergeMetadata(before.metadata, sent.metadata) }
    return change(turn, 'credit_note', before, patch, 'credit_note.updated')
  }),
  route('GET', `${path}/:id/lines`, fields(paging), (turn, _sent, id) => retrieve(turn, 'credit_note', id).lines),
  route('POST', `${path}/:id/void`, fields({}), voidNote),
]

function issue(turn: Turn, sent: Creation): CreditNote {
  const invoice = invoiceOf(turn, sent)
  const note = draftNote(turn, sent, invoice)
  const customer = referenced(turn, 'customer', note.customer, 'customer')
  const credited = invoice.status === 'paid' ? moveMoney(turn, sent, invoice, note, customer) : note
  const issued = create(turn, 'credit_note', credited, 'credit_note.created')
  if (invoice.status === 'open') lower(turn, invoice, note.amount)
  else {
    const total = invoice.post_payment_credit_notes_amount + note.amount
    change(turn, 'invoice', invoice, { post_payment_credit_notes_amount: total }, 'invoice.updated')
  }
  return issued
}

function moveMoney(turn: Turn, sent: Creation, invoice: Invoice, note: CreditNote, customer: Customer): CreditNote {
  const credit = sent.credit_amount ?? 0
  const reason = { currency: invoice.currency, type: 'credit_note', invoice: invoice.id, creditNote: note.id } as const
  const transaction = recordBalance(turn, customer, -credit, reason)
  if (transaction) change(turn, 'customer', customer, { balance: transaction.ending_balance }, 'customer.updated')
  return {
    ...note,
    customer_balance_transaction: transaction?.id ?? null,
    refunds: [
      ...refundsSent(turn, sent),
      ...(sent.refund_amount ? [refundFor(turn, invoice, sent.refund_amount)] : []),
    ],
  }
}

function refundFor(turn: Turn, invoice: Invoice, amount: number): CreditNote['refunds'][number] {
  const intent = intentOf(turn, invoice)
  if (!intent) throw invalid('This invoice was not paid by a payment that could be refunded.', 'refund_amount')
  const refund = createRefund(turn, { amount, payment_intent: intent.id })
  return { amount_refunded: amount, payment_record_refund: null, refund: refund.id, type: 'refund' }
}

/** An open invoice owes less, and nothing more to nobody when all of it is credited. */
function lower(turn: Turn, invoice: Invoice, amount: number): void {
  const remaining = invoice.amount_remaining - amount
  const patch: Partial<Invoice> = {
    amount_due: invoice.amount_due - amount,
    amount_remaining: remaining,
    pre_payment_credit_notes_amount: invoice.pre_payment_credit_notes_amount + amount,
  }
  const lowered = change(turn, 'invoice', invoice, patch, 'invoice.updated')
  const intent = intentOf(turn, invoice)
  if (intent && remaining > 0) change(turn, 'payment_intent', intent, { amount: remaining })
  if (remaining === 0) settlePaid(turn, lowered, null)
}

function voidNote(turn: Turn, _sent: object, id: string): CreditNote {
  const note = retrieve(turn, 'credit_note', id)
  const invoice = referenced(turn, 'invoice', note.invoice, 'invoice')
  if (note.status !== 'issued') throw invalid('This credit note is void already.')
  if (note.type !== 'pre_payment' || invoice.status !== 'open') {
    throw invalid('You can only void a credit note on an open invoice.')
  }
  lower(turn, invoice, -note.amount)
  const voided = change(turn, 'credit_note', note, { status: 'void', voided_at: turn.now(note.customer) })
  announce(turn, 'credit_note.voided', voided)
  return voided
}
