import { beforeEach, describe, expect, test } from 'bun:test'
import { type Billing, createBilling } from '../../src/billing.ts'
import { BillingError } from '../../src/domain/errors.ts'
import { type MemoryPorts, memoryPorts } from '../support/memory-ports.ts'
import { voiceMinutes } from '../support/requests.ts'

let ports: MemoryPorts
let billing: Billing
const ann = { user: 'ann', person: { email: null, name: null }, key: null }

beforeEach(() => {
  ports = memoryPorts()
  billing = createBilling(ports)
})

const subscribe = (planName: string) =>
  billing.subscribe({ ...ann, planName, priceId: null, paymentMethodId: 'pm_card_visa' })
const talk = (minutes: number) => billing.recordUsage(voiceMinutes(minutes))

describe('the next invoice', () => {
  test('is what Stripe foresees and what its meters have not been told yet', async () => {
    await subscribe('usage_based')
    await talk(12)
    const { upcoming_invoice: next } = await billing.upcomingInvoice('ann')
    expect(next).toMatchObject({
      date: '2026-07-10T12:00:00.000Z',
      currency: 'usd',
      lines: [
        { amount: 0, reported: true },
        {
          description: '12 minutes of voice_call, not yet reported to Stripe',
          quantity: 12,
          amount: 60,
          reported: false,
        },
      ],
      total: 60,
      amount_due: 60,
      unreported_usage: 60,
      estimated: true,
    })
  })

  test('does not count twice what Stripe knows', async () => {
    await subscribe('usage_based')
    await talk(12)
    const { upcoming } = ports.bills
    const priceId = ports.priceIds().get('usage_based.voice_call') ?? null
    const known = { description: 'Voice', quantity: 10, amount: 50, isProration: false, period: null, priceId }
    const bills = {
      ...ports.bills,
      upcoming: async (...asked: Parameters<typeof upcoming>) => {
        const bill = await upcoming(...asked)
        const { subtotal = 0, total = 0, amountDue = 0 } = bill ?? {}
        return (
          bill && { ...bill, lines: [known], subtotal: subtotal + 50, total: total + 50, amountDue: amountDue + 50 }
        )
      },
    }
    const { upcoming_invoice: next } = await createBilling({ ...ports, bills }).upcomingInvoice('ann')
    expect(next).toMatchObject({
      lines: [{ amount: 50 }, { quantity: 2, amount: 10 }],
      total: 60,
      unreported_usage: 10,
    })
  })

  test('holds nothing of a use that the plan does not charge', async () => {
    await subscribe('pro_monthly')
    await talk(600)
    expect((await billing.upcomingInvoice('ann')).upcoming_invoice).toMatchObject({
      lines: [{ amount: 3_900 }],
      total: 3_900,
      unreported_usage: 0,
      estimated: false,
    })
  })

  test('is none without a subscription, and before one ends, in words', async () => {
    const none = { upcoming_invoice: null, explanation: 'There is no subscription, so nothing will be invoiced.' }
    expect(await billing.upcomingInvoice('ann')).toEqual(none)
    await subscribe('pro_monthly')
    await billing.cancelSubscription({ ...ann, atPeriodEnd: true, reason: null, feedback: null })
    expect(await billing.upcomingInvoice('ann')).toEqual({
      upcoming_invoice: null,
      explanation: 'The subscription ends at 2026-07-10T12:00:00.000Z, so nothing more will be invoiced.',
    })
  })

  test('is of the last use where that is all that is to come', async () => {
    await subscribe('usage_based')
    await talk(1)
    await billing.cancelSubscription({ ...ann, atPeriodEnd: true, reason: null, feedback: null })
    expect((await billing.upcomingInvoice('ann')).upcoming_invoice).toMatchObject({
      date: '2026-07-10T12:00:00.000Z',
      lines: [{ amount: 5, reported: false }],
      total: 5,
    })
  })
})

describe('an entry of the billing history', () => {
  const pay = async () => {
    const asked = { amount: 500, currency: null, pack: null, description: 'Set-up', paymentMethodId: 'pm_card_visa' }
    return (await billing.createPaymentIntent({ ...ann, ...asked, metadata: {} })).result.payment_intent_id
  }
  const codeOf = (work: Promise<unknown>) => work.catch((error) => (error instanceof BillingError ? error.code : error))

  test('is shown with its lines and what was given back of it', async () => {
    const id = await pay()
    const asked = { operator: 'operator:a', paymentId: id, reason: null, takeBack: null, note: null, key: null }
    const { result } = await billing.refundPayment({ user: 'ann', amount: 200, ...asked })
    expect(await billing.paymentDetail('ann', id)).toMatchObject({
      id,
      kind: 'payment',
      amount: 500,
      refunded_amount: 200,
      total: 500,
      tax: null,
      lines: [{ amount: 500, quantity: 1, proration: false, period_start: null }],
      refunds: [{ id: result.refund_id, amount: 200, status: 'succeeded' }],
      disputes: [],
    })
    expect(await billing.paymentDetail('ann', result.refund_id)).toMatchObject({
      kind: 'refund',
      refund_of: id,
      lines: [],
    })
  })

  test('of somebody else is as one that does not exist', async () => {
    const id = await pay()
    expect(await codeOf(billing.paymentDetail('bob', id))).toBe('not_found')
    expect(await codeOf(billing.paymentDetail('ann', 'pi_none'))).toBe('not_found')
  })
})
