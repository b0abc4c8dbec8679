import { change } from '../events/record.ts'
import { invalid } from '../http/failure.ts'
import { freshId } from '../identifiers.ts'
import type { Turn } from '../turn.ts'
import type { PaymentIntent, PaymentMethod } from '../wire.ts'
import { plan } from './agenda.ts'
import { charge } from './charges.ts'
import { blankMethod, keepForCustomer } from './payment-methods.ts'
import type { Decline } from './test-cards.ts'

// Stripe's test accounts by their ends: those that fail, and those that take three minutes.
const failing = ['3202', '3205', '3456']
const slow = ['3204', '3205']
const slowSeconds = 180

/** A payment method of a bank account: what it pays is not known for some time. */
export function storeDebit(turn: Turn, iban: string): PaymentMethod {
  const number = iban.replaceAll(/\s/g, '').toUpperCase()
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{10,30}$/.test(number)) {
    throw invalid('The IBAN you provided is invalid.', 'sepa_debit[iban]', 'invalid_bank_account_iban')
  }
  const method: PaymentMethod = {
    ...blankMethod(turn.now()),
    id: freshId('pm'),
    sepa_debit: {
      bank_code: number.slice(4, 9),
      branch_code: '',
      country: number.slice(0, 2),
      fingerprint: new Bun.CryptoHasher('sha256').update(number).digest('hex').slice(0, 16),
      generated_from: { charge: null, setup_attempt: null },
      last4: number.slice(-4),
    },
    type: 'sepa_debit',
  }
  turn.store.objects.save('payment_method', method)
  turn.store.vault.keep(method.id, number)
  return method
}

/** Begins to collect from a bank account; whether the money comes is told later. */
export function startDebit(turn: Turn, intent: PaymentIntent, method: PaymentMethod): PaymentIntent {
  const patch: Partial<PaymentIntent> = {
    status: 'processing',
    payment_method: method.id,
    payment_method_types: ['sepa_debit'],
    last_payment_error: null,
    next_action: null,
  }
  const started = change(turn, 'payment_intent', intent, patch, 'payment_intent.processing')
  if (intent.setup_future_usage !== null) keepForCustomer(turn, method.id, intent.customer)
  const wait = slow.includes(endOf(turn, method)) ? slowSeconds : 0
  plan(turn, intent.customer, 'settle_debit', intent.id, turn.now(intent.customer) + wait)
  return started
}

const endOf = (turn: Turn, method: PaymentMethod) => (turn.store.vault.read(method.id) ?? '').slice(-4)

const refused: Decline = {
  code: 'card_declined',
  declineCode: 'generic_decline',
  message: "The customer's bank account could not be debited.",
}

/** The bank has answered: the money is there, or it is not. */
export function settleDebit(turn: Turn, id: string): PaymentIntent | undefined {
  const intent = turn.store.objects.find('payment_intent', id)
  const method = turn.store.objects.find('payment_method', intent?.payment_method ?? '')
  if (intent?.status !== 'processing' || !method) return undefined
  const fails = failing.includes(endOf(turn, method))
  const made = charge(turn, intent, method, fails ? refused : null)
  const patch: Partial<PaymentIntent> = fails
    ? {
        status: 'requires_payment_method',
        last_payment_error: {
          charge: made.id,
          code: 'payment_intent_payment_attempt_failed',
          message: refused.message,
          payment_method: method,
          type: 'card_error',
        },
        latest_charge: made.id,
        payment_method: null,
      }
    : { status: 'succeeded', amount_received: intent.amount, latest_charge: made.id }
  const type = fails ? 'payment_intent.payment_failed' : 'payment_intent.succeeded'
  return change(turn, 'payment_intent', intent, patch, type)
}
