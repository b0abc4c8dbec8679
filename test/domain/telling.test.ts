import { describe, expect, test } from 'bun:test'
import type { Account } from '../../src/domain/account.ts'
import type { Intent } from '../../src/domain/intent.ts'
import type { Payment } from '../../src/domain/payment.ts'
import type { Subscription } from '../../src/domain/subscription.ts'
import { judge, type Told, type ToldInvoice } from '../../src/domain/telling.ts'
import type { StripeEvent } from '../../src/domain/webhook-event.ts'
import { memoryStore } from '../support/memory-store.ts'
import { activeSince, PAID_INVOICE } from '../support/sample-account.ts'

const SECOND = 1_000
const SEEN = Date.UTC(2026, 5, 10)

const active = activeSince(SEEN, { currentPeriodEnd: SEEN + 3_600 * SECOND, seenAt: SEEN })
const { planName: _, statusSince: __, seenAt: ___, ...observed } = active
const ending = { ...observed, cancelAt: observed.currentPeriodEnd }

const invoice: Payment = { ...PAID_INVOICE, status: 'open', invoiceNumber: 'A-1', createdAt: SEEN }

async function account(values: Partial<Account> = {}): Promise<Account> {
  return { ...(await memoryStore().ledger.account('ann', {})), customerId: 'cus_1', ...values }
}

function made(createdAt: number): StripeEvent {
  return {
    id: 'evt_1',
    type: 'customer.subscription.updated',
    objectType: 'subscription',
    objectId: 'sub_1',
    customerId: 'cus_1',
    paymentIntentId: null,
    livemode: false,
    account: null,
    apiVersion: null,
    createdAt,
  }
}

const tells = (subscription: typeof observed): Told => ({
  observations: [{ type: 'subscription', subscription }],
  invoice: null,
})
const tellsInvoice = (payment: Payment, values: Partial<ToldInvoice> = {}): Told => ({
  observations: [{ type: 'entry', payment }],
  invoice: { subscriptionId: null, isPaid: payment.status === 'paid', hasFailed: false, createdAt: SEEN, ...values },
})

describe('what an event shows is believed', () => {
  test('when it was made strictly later than all that was seen', async () => {
    const judged = judge(await account({ subscriptions: [active] }), made(SEEN + SECOND), tells(ending))
    expect(judged).toEqual({ news: [{ type: 'subscription', subscription: ending, seenAt: SEEN + SECOND }] })
  })

  test('when nothing of the object was ever seen', async () => {
    expect(judge(await account(), made(SEEN), tells(observed))).toMatchObject({ news: [{ seenAt: SEEN }] })
  })

  test('without a change when it is known, however old it is', async () => {
    const known = await account({ subscriptions: [active] })
    expect(judge(known, made(SEEN - 1_000 * SECOND), tells(observed))).toEqual({ news: [] })
  })

  test('of a subscription that has ended, to change nothing any more', async () => {
    const ended = await account({ subscriptions: [{ ...active, status: 'canceled', endedAt: SEEN }] })
    expect(judge(ended, made(SEEN + SECOND), tells(observed))).toEqual({ news: [] })
  })

  test('of a paid invoice with what is known to have been given back', async () => {
    const known = await account({ payments: [{ ...invoice, refundedAmount: 500, seenAt: SEEN }] })
    const judged = judge(known, made(SEEN + SECOND), tellsInvoice({ ...invoice, status: 'paid' }))
    expect(judged).toMatchObject({ news: [{ payment: { status: 'paid', refundedAmount: 500 } }] })
  })
})

describe('Stripe is looked at', () => {
  const because = async (known: Partial<Account>, event: StripeEvent, told: Told | null) => {
    const judged = judge(await account(known), event, told)
    return 'lookBecause' in judged ? judged.lookBecause : null
  }

  test('for an event of the same second as one that was seen, and for older ones', async () => {
    for (const createdAt of [SEEN, SEEN - SECOND])
      expect(await because({ subscriptions: [active] }, made(createdAt), tells(ending))).toMatch(/may be newer/)
  })

  test('when it is not known as of when the object was seen', async () => {
    const { seenAt: _, ...undated } = active
    expect(await because({ subscriptions: [undated] }, made(SEEN + SECOND), tells(ending))).toMatch(/may be newer/)
  })

  test('while a call of ours is under way', async () => {
    const open = { openIntents: [{} as Intent], subscriptions: [active] }
    expect(await because(open, made(SEEN + SECOND), tells(ending))).toMatch(/call of ours/)
  })

  test('when the event does not show all of it', async () => {
    expect(await because({ subscriptions: [active] }, made(SEEN + SECOND), null)).toMatch(/does not show/)
  })

  test('when a paid invoice is new: what was given back of it stands elsewhere', async () => {
    expect(await because({}, made(SEEN), tellsInvoice({ ...invoice, status: 'paid' }))).toMatch(/given back/)
    expect(await because({}, made(SEEN), tellsInvoice(invoice))).toBeNull()
  })

  test('when an invoice and its subscription as it is known do not fit together', async () => {
    const of = (values: Partial<ToldInvoice>) => tellsInvoice(invoice, { subscriptionId: 'sub_1', ...values })
    const pastDue: Subscription = { ...active, status: 'past_due' }
    expect(await because({}, made(SEEN), of({}))).toMatch(/subscription/)
    expect(await because({ subscriptions: [active] }, made(SEEN), of({}))).toBeNull()
    expect(await because({ subscriptions: [active] }, made(SEEN), of({ hasFailed: true }))).toMatch(/subscription/)
    expect(await because({ subscriptions: [pastDue] }, made(SEEN), of({ hasFailed: true }))).toBeNull()
    expect(await because({ subscriptions: [pastDue] }, made(SEEN), of({ isPaid: true }))).toMatch(/subscription/)
    const next = of({ createdAt: active.currentPeriodEnd })
    expect(await because({ subscriptions: [active] }, made(SEEN), next)).toMatch(/subscription/)
  })

  test('when there are so many subscriptions that one may be known and have ended', async () => {
    const many = Array.from({ length: 12 }, (_, index) => ({ ...active, id: `sub_${index + 100}` }))
    expect(await because({ subscriptions: many }, made(SEEN), tells(observed))).toMatch(/too many/)
  })
})
