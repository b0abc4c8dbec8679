import { expect, test } from 'bun:test'
import type Stripe from 'stripe'
import { eventTypes, raw, readyToSubscribe, refusalOf, started } from './support.ts'

const pay = (stripe: Stripe, payment_method: string) =>
  stripe.paymentIntents.create({
    amount: 2000,
    currency: 'usd',
    payment_method,
    confirm: true,
    return_url: 'http://a.b',
  })

async function disputed(stripe: Stripe, card = 'pm_card_createDispute'): Promise<Stripe.Dispute> {
  const intent = await pay(stripe, card)
  expect(intent.status).toBe('succeeded')
  const [dispute] = (await stripe.disputes.list({ payment_intent: intent.id })).data
  if (!dispute) throw new Error('no dispute')
  return dispute
}

test('a card made for it is disputed after its payment', async () => {
  const { stripe } = await started()
  const dispute = await disputed(stripe)
  expect(dispute).toMatchObject({ object: 'dispute', status: 'needs_response', reason: 'fraudulent', amount: 2000 })
  expect((await stripe.charges.retrieve(String(dispute.charge))).disputed).toBe(true)
  const types = await eventTypes(stripe)
  expect(types).toContain('charge.dispute.created')
  expect(types).toContain('charge.dispute.funds_withdrawn')
})

test('a payment is disputed twice, or with what Visa offers against it', async () => {
  const { stripe } = await started()
  const several = await pay(stripe, 'pm_card_createMultipleDisputes')
  const { data } = await stripe.disputes.list({ payment_intent: several.id })
  expect(data.map(({ amount, status }) => [amount, status])).toEqual([
    [1000, 'needs_response'],
    [1000, 'needs_response'],
  ])
  const eligible = await disputed(stripe, 'pm_card_createCe3EligibleDispute')
  expect(eligible).toMatchObject({
    reason: 'fraudulent',
    enhanced_eligibility_types: ['visa_compelling_evidence_3'],
  })
  const compliance = await disputed(stripe, 'pm_card_createComplianceDispute')
  expect(compliance).toMatchObject({ reason: 'noncompliant', enhanced_eligibility_types: ['visa_compliance'] })
})

test('an issuer warns of fraud, also of the payment of a subscription', async () => {
  const { stripe } = await started()
  const { customer, price } = await readyToSubscribe(stripe, 'pm_card_createIssuerFraudRecord')
  await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] })
  expect((await eventTypes(stripe)).at(-1)).toBe('radar.early_fraud_warning.created')
  const [warning] = (await stripe.radar.earlyFraudWarnings.list()).data
  expect(warning).toMatchObject({ object: 'radar.early_fraud_warning', actionable: true, fraud_type: 'misc' })
  const found = await stripe.radar.earlyFraudWarnings.retrieve(warning?.id ?? '', { expand: ['charge'] })
  expect(found.charge).toMatchObject({ object: 'charge', amount: 3900, disputed: false })
  const missing = await refusalOf(stripe.radar.earlyFraudWarnings.retrieve('issfr_x'))
  expect(missing.message).toBe("No such early fraud warning: 'issfr_x'")
})

test('evidence wins or loses by its text', async () => {
  const { stripe } = await started()
  const won = await stripe.disputes.update((await disputed(stripe)).id, {
    evidence: { uncategorized_text: 'winning_evidence' },
  })
  expect(won.status).toBe('won')
  expect(await eventTypes(stripe)).toContain('charge.dispute.funds_reinstated')
  const other = await disputed(stripe, 'pm_card_createDisputeProductNotReceived')
  const staged = await stripe.disputes.update(other.id, { evidence: { uncategorized_text: 'wait' }, submit: false })
  expect(staged.status).toBe('needs_response')
  const sent = await stripe.disputes.update(other.id, { evidence: { receipt: 'file_x' } })
  expect(sent).toMatchObject({ status: 'under_review', evidence_details: { submission_count: 1, has_evidence: true } })
  const lost = await stripe.disputes.update(other.id, { evidence: { uncategorized_text: 'losing_evidence' } })
  expect(lost.status).toBe('lost')
  expect((await refusalOf(stripe.disputes.close(lost.id))).statusCode).toBe(400)
})

test('an inquiry takes no money and is closed as a warning', async () => {
  const { stripe } = await started()
  const inquiry = await disputed(stripe, 'pm_card_createDisputeInquiry')
  expect(inquiry.status).toBe('warning_needs_response')
  expect((await stripe.disputes.close(inquiry.id)).status).toBe('warning_closed')
  expect(await eventTypes(stripe)).not.toContain('charge.dispute.funds_withdrawn')
})

test('a refund may be pending at first, or come back', async () => {
  const { sandbox, stripe } = await started()
  const slow = await stripe.refunds.create({ payment_intent: (await pay(stripe, 'pm_card_pendingRefund')).id })
  expect(slow.status).toBe('pending')
  const failing = await stripe.refunds.create({ payment_intent: (await pay(stripe, 'pm_card_refundFail')).id })
  expect(failing.status).toBe('succeeded')
  await raw(sandbox, 'POST', '/_sim/clock', 'advance=60')
  expect((await stripe.refunds.retrieve(slow.id)).status).toBe('succeeded')
  expect((await stripe.refunds.retrieve(failing.id)).status).toBe('failed')
  expect((await stripe.charges.retrieve(String(failing.charge))).amount_refunded).toBe(0)
  const types = await eventTypes(stripe)
  expect(types).toContain('refund.failed')
  expect(types).toContain('charge.refund.updated')
})

test('charges are made without an intent, captured later and changed', async () => {
  const { stripe } = await started()
  const held = await stripe.charges.create({ amount: 900, currency: 'usd', source: 'tok_visa', capture: false })
  expect(held).toMatchObject({ captured: false, paid: true, payment_intent: null })
  expect((await stripe.charges.capture(held.id, { amount: 500 })).amount_captured).toBe(500)
  expect((await stripe.charges.update(held.id, { description: 'a' })).description).toBe('a')
  expect((await refusalOf(stripe.charges.capture(held.id))).code).toBe('charge_already_captured')
  const declined = stripe.charges.create({ amount: 900, currency: 'usd', source: 'tok_chargeDeclined' })
  expect((await refusalOf(declined)).code).toBe('card_declined')
  expect((await stripe.charges.list()).data.map(({ status }) => status)).toEqual(['failed', 'succeeded'])
})

test('what was charged back is not given back as well, but for an inquiry and when the dispute is won', async () => {
  const { stripe } = await started()
  const open = await disputed(stripe)
  const refund = ({ charge }: Stripe.Dispute) => stripe.refunds.create({ charge: String(charge) })
  expect(await refusalOf(refund(open))).toMatchObject({ code: 'charge_disputed', statusCode: 400 })
  await stripe.disputes.update(open.id, { evidence: { uncategorized_text: 'winning_evidence' } })
  expect((await refund(open)).status).toBe('succeeded')
  const lost = await disputed(stripe)
  await stripe.disputes.close(lost.id)
  expect(await refusalOf(refund(lost))).toMatchObject({ code: 'charge_disputed' })
  expect((await refund(await disputed(stripe, 'pm_card_createDisputeInquiry'))).status).toBe('succeeded')
})
