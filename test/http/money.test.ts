import { describe, expect, test } from 'bun:test'
import { createBilling } from '../../src/billing.ts'
import { memoryPorts } from '../support/memory-ports.ts'
import { complaints, problemCode, startHttp, tokenOf } from './support/http.ts'

const ann = await tokenOf()
const operator = await tokenOf({ sub: 'alice', scope: 'operator' })
const REFUNDS = '/admin/users/ann/refunds'

async function pay(http: ReturnType<typeof startHttp>): Promise<string> {
  const wanted = { amount: 500, payment_method_id: 'pm_card_visa' }
  return String((await http.post('/payments/create-payment-intent', ann, wanted)).body.payment_intent_id)
}

describe('a refund', () => {
  test('is made once under its key, and stands with its payment', async () => {
    const http = startHttp()
    const id = await pay(http)
    const body = { payment_id: id, amount: 200, reason: 'duplicate', take_back: false, note: 'Paid twice' }
    const first = await http.post(REFUNDS, operator, body, { 'idempotency-key': 'r1' })
    expect(first).toMatchObject({ status: 201, body: { amount: 200, currency: 'usd', take_back: false } })
    const again = await http.post(REFUNDS, operator, body, { 'idempotency-key': 'r1' })
    expect([again.body, again.headers.get('idempotent-replayed')]).toEqual([first.body, 'true'])
    const other = await http.post(REFUNDS, operator, { ...body, amount: 100 }, { 'idempotency-key': 'r1' })
    expect(problemCode(other)).toBe('409 idempotency_key_reused')
    expect((await http.get(`/payments/billing-history/${id}`, ann)).body).toMatchObject({
      refunded_amount: 200,
      refunds: [{ amount: 200 }],
    })
  })

  test.each([
    [{}, '/payment_id'],
    [{ payment_id: 'pi_1', amount: 0 }, '/amount'],
    [{ payment_id: 'pi_1', amount: 1.5 }, '/amount'],
    [{ payment_id: 'pi_1', reason: 'because' }, '/reason'],
    [{ payment_id: 'pi_1', take_back: 'yes' }, '/take_back'],
    [{ payment_id: 'pi 1' }, '/payment_id'],
  ])('%p is refused by its field', async (body, path) => {
    const answer = await startHttp().post(REFUNDS, operator, body)
    expect([problemCode(answer), complaints(answer)]).toEqual(['422 validation_failed', [path]])
  })

  test('of nothing that is there is not found', async () => {
    expect(problemCode(await startHttp().post(REFUNDS, operator, { payment_id: 'in_none' }))).toBe('404 not_found')
  })
})

describe('a spending limit', () => {
  const put = (http: ReturnType<typeof startHttp>, body: unknown) =>
    http.send('PUT', '/payments/spending-limit', { token: ann, body })

  test('is set, shown and withdrawn', async () => {
    const http = startHttp()
    const limited = { limit: 500, spent: 0, currency: 'usd', set_aside: null, own_limit: 500, allowed_limit: null }
    expect(await put(http, { amount: 500 })).toMatchObject({ status: 200, body: limited })
    await put(http, { amount: null })
    const { body } = await http.get('/payments/entitlements', ann)
    expect(body.spending).toEqual({ limit: null, spent: 0, currency: 'usd', set_aside: null })
  })

  test.each([{}, { amount: -1 }, { amount: 0.5 }, { amount: '5' }, { amount: 100_000_000 }])(
    '%p is refused by its field',
    async (body) => {
      const answer = await put(startHttp(), body)
      expect([problemCode(answer), complaints(answer)]).toEqual(['422 validation_failed', ['/amount']])
    },
  )

  test('that is none is told what would be one', async () => {
    const { body } = await put(startHttp(), { amount: -1 })
    expect(body.detail).toBe('amount must be a whole number of minor units from 0 to 99999999, or null.')
  })
})

test('somebody else’s entry of the history is as one that does not exist', async () => {
  const http = startHttp()
  const id = await pay(http)
  const [theirs, none] = await Promise.all(
    [id, 'pi_none'].map(async (entry) =>
      http.get(`/payments/billing-history/${entry}`, await tokenOf({ sub: 'mallory' })),
    ),
  )
  expect([theirs?.status, theirs?.body.detail]).toEqual([404, none?.body.detail])
})

test('what Stripe said of a payment that it would not take is for the log alone', async () => {
  const ports = memoryPorts()
  const outcome = {
    type: 'refused',
    path: '',
    message: 'Stripe will not take this.',
    reason: 'Acct 1 is closed.',
  } as const
  const gateway = { ...ports.gateway, pay: async () => ({ paymentIntent: null, outcome, clientSecret: null }) }
  const { createPaymentIntent } = createBilling({ ...ports, gateway })
  const http = startHttp({ billing: { createPaymentIntent } })
  const answer = await http.post('/payments/create-payment-intent', ann, { amount: 500 })
  expect([answer.status, answer.body.detail]).toEqual([422, 'Stripe will not take this.'])
  expect(http.refusals).toEqual(['Acct 1 is closed.'])
})
