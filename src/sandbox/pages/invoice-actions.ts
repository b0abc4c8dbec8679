import { asksForBuyer } from '../checkout/pay.ts'
import { moneyText } from '../engine/currency.ts'
import { payInvoice } from '../engine/invoice-payment.ts'
import { namedMethod } from '../engine/payment-methods.ts'
import { asFailure } from '../http/answer.ts'
import { Failure, invalid } from '../http/failure.ts'
import { type FormFields, parseForm } from '../http/form.ts'
import { retrieve, type Turn } from '../turn.ts'
import type { Invoice } from '../wire.ts'
import { enteredCard } from './card-form.ts'
import { bankPage } from './checkout.ts'
import type { PagePorts } from './checkout-actions.ts'
import { invoicePage, isPayable } from './invoice.ts'

/** A customer pays an open invoice on its page, with the way to the bank where the card asks for it. */
export async function actOnInvoice(ports: PagePorts, id: string, body: string): Promise<Response> {
  const sent = parseForm(body)
  try {
    return await ports.change((turn) => act(turn, retrieve(turn, 'invoice', id, 'invoice'), sent))
  } catch (reason) {
    return invoicePage(ports.turn(), id, asFailure(reason).message)
  }
}

function act(turn: Turn, invoice: Invoice, sent: FormFields): Response {
  if (!isPayable(invoice)) throw invalid('There is nothing to pay on this invoice.')
  try {
    return sent.do === 'authenticate' ? fromBank(turn, invoice, sent) : payByCard(turn, invoice, sent)
  } catch (reason) {
    // What a declined attempt did stays, as after a declined call.
    if (!(reason instanceof Failure) || !reason.keepsEffects) throw reason
    return invoicePage(turn, invoice.id, reason.message)
  }
}

function payByCard(turn: Turn, invoice: Invoice, sent: FormFields): Response {
  const method = enteredCard(turn, sent)
  if (asksForBuyer(turn, method)) {
    return bankPage(moneyText(invoice.amount_remaining, invoice.currency), method, '')
  }
  payInvoice(turn, invoice, { method: method.id, offSession: false })
  return invoicePage(turn, invoice.id)
}

function fromBank(turn: Turn, invoice: Invoice, sent: FormFields): Response {
  if (sent.outcome !== 'succeed') throw invalid('Your bank did not confirm the payment. Please try another card.')
  const method = namedMethod(turn, typeof sent.method === 'string' ? sent.method : '')
  payInvoice(turn, invoice, { method: method.id, offSession: false, authenticated: true })
  return invoicePage(turn, invoice.id)
}
