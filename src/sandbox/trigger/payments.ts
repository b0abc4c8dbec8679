import type { Caller, Parameters } from './caller.ts'
import { clockAt, customerWith, payment, paymentOf, type Recipes } from './recipe.ts'

const declined = (at: Caller) => at.refused('payment_intents', paymentOf('pm_card_chargeDeclined'))
const held = (at: Caller) => payment(at, 'pm_card_visa', { capture_method: 'manual' })
const paid = (at: Caller) => payment(at, 'pm_card_visa')
const captured = async (at: Caller) => at.post(`payment_intents/${(await held(at)).id}/capture`)
const refunded = async (at: Caller, card = 'pm_card_visa', more: Parameters = {}) =>
  at.post('refunds', { payment_intent: (await payment(at, card, more)).id })
/** The bank sends it back a while later: a test clock brings that about at once. */
const sentBack = async (at: Caller) => {
  const { clock, now } = await clockAt(at)
  const customer = await customerWith(at, 'pm_card_refundFail', { test_clock: clock.id })
  await refunded(at, 'pm_card_refundFail', { customer: customer.id })
  return at.advance(clock.id, now + 3_600)
}
const refundNoted = async (at: Caller) =>
  at.post(`refunds/${(await refunded(at)).id}`, { metadata: { triggered: 'yes' } })

const disputed = (at: Caller) => payment(at, 'pm_card_createDispute')
const evidence = async (at: Caller, text: string) => {
  const { id } = await disputed(at)
  const list = await at.get(`disputes?payment_intent=${id}`)
  const [dispute] = (list as unknown as { data: { id: string }[] }).data
  return at.post(`disputes/${dispute?.id}`, { evidence: { uncategorized_text: text }, submit: text !== '' })
}

// A bank account: whether it pays is known later.
const debit = async (at: Caller) => {
  const method = await at.post('payment_methods', {
    type: 'sepa_debit',
    sepa_debit: { iban: 'AT611904300234573201' },
    billing_details: { name: 'Triggered', email: 'triggered@example.com' },
  })
  return at.post('payment_intents', {
    amount: 2000,
    currency: 'eur',
    payment_method: method.id,
    allowed_payment_method_types: ['sepa_debit'],
    confirm: true,
  })
}

const setupOf = (card: string) => ({
  confirm: true,
  payment_method: card,
  automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
})
const setup = (at: Caller) => at.post('setup_intents')

export const paymentRecipes: Recipes = {
  'charge.captured': captured,
  'charge.dispute.closed': (at) => evidence(at, 'losing_evidence'),
  'charge.dispute.created': disputed,
  'charge.dispute.funds_reinstated': (at) => evidence(at, 'winning_evidence'),
  'charge.dispute.funds_withdrawn': disputed,
  'charge.dispute.updated': (at) => evidence(at, 'a letter of the buyer'),
  'charge.failed': declined,
  'charge.refund.updated': refundNoted,
  'charge.refunded': (at) => refunded(at),
  'charge.succeeded': paid,
  'charge.updated': async (at) =>
    at.post(`charges/${(await paid(at)).latest_charge}`, { metadata: { triggered: 'yes' } }),
  'payment_intent.amount_capturable_updated': held,
  'payment_intent.canceled': async (at) => at.post(`payment_intents/${(await held(at)).id}/cancel`),
  'payment_intent.created': (at) => at.post('payment_intents', { amount: 2000, currency: 'usd' }),
  'payment_intent.payment_failed': declined,
  'payment_intent.processing': debit,
  'payment_intent.requires_action': (at) => payment(at, 'pm_card_authenticationRequired'),
  'payment_intent.succeeded': paid,
  'radar.early_fraud_warning.created': (at) => payment(at, 'pm_card_createIssuerFraudRecord'),
  'refund.created': (at) => refunded(at),
  'refund.failed': sentBack,
  'refund.updated': refundNoted,
  'setup_intent.canceled': async (at) => at.post(`setup_intents/${(await setup(at)).id}/cancel`),
  'setup_intent.created': setup,
  'setup_intent.requires_action': (at) => at.post('setup_intents', setupOf('pm_card_authenticationRequired')),
  'setup_intent.setup_failed': (at) => at.refused('setup_intents', setupOf('pm_card_chargeDeclined')),
  'setup_intent.succeeded': (at) => at.post('setup_intents', setupOf('pm_card_visa')),
}
