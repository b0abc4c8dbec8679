import { announce, change } from '../events/record.ts'
import { Failure, noSuch } from '../http/failure.ts'
import { freshId } from '../identifiers.ts'
import type { Turn } from '../turn.ts'
import type { Customer, PaymentMethod } from '../wire.ts'
import { cardOfNumber, numberOfToken } from './cards.ts'
import type { Decline, TestCard } from './test-cards.ts'

export interface CardDetails {
  readonly number: string
  readonly expMonth: number
  readonly expYear: number
}

/** Makes a payment method of a card. The number goes to the vault: the object shows its last four digits only. */
export function storeCard(turn: Turn, details: CardDetails, extra: Partial<PaymentMethod> = {}): PaymentMethod {
  const card = cardOfNumber(details.number)
  if (!card) throw incorrectNumber()
  const method: PaymentMethod = { ...blankMethod(turn.now()), card: cardHash(card, details), ...extra }
  turn.store.objects.save('payment_method', method)
  turn.store.vault.keep(method.id, details.number)
  return method
}

/**
 * The payment method a parameter names. A test token such as pm_card_visa stands for a new card at every use, as at
 * Stripe: two customers never share one.
 */
export function namedMethod(turn: Turn, id: string, status: 400 | 404 = 400): PaymentMethod {
  const number = numberOfToken(id)
  if (number) return storeCard(turn, { number, expMonth: 12, expYear: new Date().getUTCFullYear() + 4 })
  const method = turn.store.objects.find('payment_method', id.startsWith('tok_') ? behindToken(turn, id) : id)
  if (!method) throw noSuch('payment_method', id, 'payment_method', status)
  return method
}

/** The card that a token stands for; a token is used once. */
function behindToken(turn: Turn, token: string): string {
  const kept = turn.store.vault.read(token)
  if (kept === undefined) throw noSuch('token', token, 'source', 400)
  const { method } = JSON.parse(kept) as { readonly method: string }
  if (turn.store.objects.find('payment_method', method)?.customer === null) return method
  throw new Failure(400, {
    type: 'invalid_request_error',
    code: 'token_already_used',
    message: `You cannot use a Stripe token more than once: ${token}.`,
  })
}

/** The payment method for a customer's use: it must be attached to that customer, or to nobody yet. */
export function usableMethod(turn: Turn, id: string, customer: string | null): PaymentMethod {
  const method = namedMethod(turn, id)
  if (method.customer !== null && method.customer !== customer) throw notTheCustomers(id, 'payment_method')
  return method
}

/** A method that must already hang on the customer (default_payment_method of whatever kind). */
export function attachedMethod(turn: Turn, id: string, customer: string, param: string): PaymentMethod {
  const method = turn.store.objects.find('payment_method', id)
  if (!method || method.customer !== customer) throw notTheCustomers(id, param)
  return method
}

function notTheCustomers(id: string, param: string): Failure {
  return new Failure(400, {
    type: 'invalid_request_error',
    code: 'resource_missing',
    message: `The customer does not have a payment method with the ID ${id}. The payment method must be attached to the customer.`,
    param,
  })
}

/** What pays for a customer where nothing nearer says otherwise; the older kind of card comes last. */
export const defaultMethodOf = (customer: Customer): string | null =>
  customer.invoice_settings.default_payment_method ?? customer.default_source

export function attach(turn: Turn, method: PaymentMethod, customer: string): PaymentMethod {
  if (method.customer === customer) return method
  if (method.customer !== null) {
    throw new Failure(400, {
      type: 'invalid_request_error',
      message: 'The payment method you provided has already been attached to a customer.',
    })
  }
  const card = method.type === 'card' ? cardOf(turn, method) : undefined
  if (card?.refusedAtAttach && card.decline) throw new Failure(402, attachRefusal(card.decline))
  return change(turn, 'payment_method', method, { customer }, 'payment_method.attached')
}

/** Like attach, for a method that has just proved itself in a payment or setup. */
export function keepForCustomer(turn: Turn, methodId: string, customer: string | null): void {
  const method = turn.store.objects.find('payment_method', methodId)
  if (!method || customer === null || method.customer === customer) return
  change(turn, 'payment_method', method, { customer }, 'payment_method.attached')
}

/** After detaching, nothing may go on naming the method as its default. */
export function detach(turn: Turn, method: PaymentMethod): PaymentMethod {
  const owner = method.customer === null ? undefined : turn.store.objects.find('customer', method.customer)
  const detached = { ...method, customer: null }
  turn.store.objects.save('payment_method', detached)
  // As at Stripe, only what it was before tells whose it had been.
  announce(turn, 'payment_method.detached', detached, method)
  if (owner && owner.invoice_settings.default_payment_method === method.id) {
    const invoice_settings = { ...owner.invoice_settings, default_payment_method: null }
    change(turn, 'customer', owner, { invoice_settings }, 'customer.updated')
  }
  for (const subscription of turn.store.objects.select('subscription', { customer: owner?.id ?? '' })) {
    if (subscription.default_payment_method !== method.id) continue
    change(turn, 'subscription', subscription, { default_payment_method: null }, 'customer.subscription.updated')
  }
  return detached
}

export function cardOf(turn: Turn, method: PaymentMethod): TestCard {
  const card = cardOfNumber(turn.store.vault.read(method.id) ?? '')
  if (!card) throw new Error(`no card number is kept for ${method.id}`)
  return card
}

// Words, codes and the empty `param` as recorded from Stripe for an attach of 4000000000000002.
const attachRefusal = (decline: Decline) =>
  ({
    type: 'card_error',
    code: decline.code,
    decline_code: decline.declineCode,
    advice_code: 'try_again_later',
    network_decline_code: decline.networkCode ?? '01',
    param: '',
    message: decline.message,
  }) as const

const incorrectNumber = () =>
  new Failure(402, {
    type: 'card_error',
    code: 'incorrect_number',
    param: 'number',
    message: 'Your card number is incorrect.',
  })

export const blankMethod = (created: number): PaymentMethod => ({
  id: freshId('pm'),
  object: 'payment_method',
  allow_redisplay: 'unspecified',
  billing_details: { address: emptyAddress, email: null, name: null, phone: null, tax_id: null },
  created,
  customer: null,
  customer_account: null,
  livemode: false,
  metadata: {},
  type: 'card',
})

export const emptyAddress = { city: null, country: null, line1: null, line2: null, postal_code: null, state: null }

function cardHash(card: TestCard, details: CardDetails): NonNullable<PaymentMethod['card']> {
  return {
    brand: card.brand,
    checks: {
      address_line1_check: card.screening.line1 ?? null,
      address_postal_code_check: card.screening.postalCode ?? null,
      cvc_check: card.screening.cvc ?? 'pass',
    },
    country: card.country,
    display_brand: card.brand,
    exp_month: details.expMonth,
    exp_year: details.expYear,
    fingerprint: new Bun.CryptoHasher('sha256').update(details.number).digest('hex').slice(0, 16),
    funding: card.funding,
    generated_from: null,
    last4: details.number.slice(-4),
    networks: { available: [card.brand], preferred: null },
    regulated_status: 'unregulated',
    three_d_secure_usage: { supported: true },
    wallet: null,
  }
}
