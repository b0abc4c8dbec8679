import { describe, expect, test } from 'bun:test'
import { until } from '../support/until.ts'
import { complaints, type Http, problemCode, startHttp, tokenOf } from './support/http.ts'

const operator = await tokenOf({ sub: 'alice', scope: 'operator' })
const ann = await tokenOf({ scope: 'usage:write' })
const GRANTS = '/admin/users/ann/grants'
const CORRECTIONS = '/admin/users/ann/usage-corrections'
const GOODWILL = { service_type: 'voice_call', amount: 30, reason: 'Bad line' }

const subscribe = (http: Http, planName: string) =>
  http.post('/payments/create-subscription', ann, { plan_name: planName, payment_method_id: 'pm_card_visa' })
const call = (http: Http, minutes: number, resource: string) =>
  http.post('/payments/record-usage', ann, {
    service_type: 'voice_call',
    usage_amount: minutes,
    usage_unit: 'minutes',
    resource_id: resource,
  })

describe('a grant', () => {
  test('that makes no sense is refused', async () => {
    const http = startHttp()
    for (const [changes, path] of [
      [{ amount: 0 }, '/amount'],
      [{ amount: 0.0000001 }, '/amount'],
      [{ amount: 1_000_001 }, '/amount'],
      [{ service_type: 'fax' }, '/service_type'],
      [{ reason: '' }, '/reason'],
      [{ expires_at: '2026-06-10T12:00:00Z' }, '/expires_at'],
      [{ expires_at: 'soon' }, '/expires_at'],
      [{ user_id: 'ann' }, '/user_id'],
    ] as const) {
      const answer = await http.post(GRANTS, operator, { ...GOODWILL, ...changes })
      expect([problemCode(answer), complaints(answer)]).toEqual(['422 validation_failed', [path]])
    }
  })

  test('is given once under a key, drawn on before overage, and shown', async () => {
    const http = startHttp()
    await subscribe(http, 'basic_monthly')
    const keyed = { 'idempotency-key': 'k' }
    const first = await http.post(GRANTS, operator, GOODWILL, keyed)
    expect(first.status).toBe(201)
    const again = await http.post(GRANTS, operator, GOODWILL, keyed)
    expect([again.body, again.headers.get('idempotent-replayed')]).toEqual([first.body, 'true'])
    expect((await call(http, 120, 'CA1')).body).toMatchObject({ overage: 0, remaining: 10, limit_reached: false })
    expect((await http.get(GRANTS, operator)).body).toEqual({
      grants: [{ ...first.body, amount: 30, remaining: 10, unit: 'minutes', expires_at: null }],
    })
  })
})

describe('a correction', () => {
  test('shrinks what is over the allowance first, and gives the rest back', async () => {
    const http = startHttp()
    await subscribe(http, 'basic_monthly')
    const { body } = await call(http, 110, 'CA1')
    const wanted = {
      usage_record_id: body.usage_record_id,
      usage_amount: 15,
      usage_unit: 'minutes',
      reason: 'Dead line',
    }
    expect((await http.post(CORRECTIONS, operator, wanted)).body).toMatchObject({
      corrects: body.usage_record_id,
      usage_amount: -15,
      cost: -75,
      overage: -10,
      billable_cost: 0,
    })
    const status = await http.get('/payments/subscription-status', ann)
    expect(status.body).toMatchObject({ current_usage: { voice_call: { amount: 95, remaining: 5, overage: 0 } } })
    const records = await http.get('/payments/usage-records', ann)
    expect(records.body).toMatchObject({
      usage_records: [
        { usage_amount: -15, cost: -75, overage: -10, corrects: body.usage_record_id, resource_id: 'CA1' },
        { usage_amount: 110, corrects: null },
      ],
    })
    const more = await http.post(CORRECTIONS, operator, { ...wanted, usage_amount: 96 })
    expect([problemCode(more), complaints(more)]).toEqual(['422 validation_failed', ['/usage_amount']])
  })

  test('of another user’s record is as of one that does not exist', async () => {
    const http = startHttp()
    const { body } = await call(http, 1, 'CA1')
    const wanted = { usage_record_id: body.usage_record_id, usage_amount: 1, usage_unit: 'minutes', reason: 'x' }
    expect(problemCode(await http.post('/admin/users/bob/usage-corrections', operator, wanted))).toBe('404 not_found')
  })
})

describe('usage that Stripe does not bill', () => {
  test('is listed with the money at stake', async () => {
    const http = startHttp()
    await subscribe(http, 'usage_based')
    await call(http, 12, 'CA1')
    await http.post('/payments/record-usage', ann, { service_type: 'sms', usage_amount: 3, usage_unit: 'messages' })
    expect((await http.get('/admin/unbilled-usage', operator)).body).toEqual({
      reports: [],
      amount_at_stake: 0,
      currency: 'usd',
      other_currencies: [],
      next_cursor: null,
    })
    for (const kept of http.ports.store.reportsOf('ann'))
      Object.assign(kept, { state: kept.report.service === 'sms' ? 'unbilled' : 'rejected', reason: 'In words.' })
    const { body } = await http.get('/admin/unbilled-usage', operator)
    expect(body).toMatchObject({
      reports: [
        {
          user_id: 'ann',
          service_type: 'voice_call',
          amount: 12,
          unit: 'minutes',
          amount_at_stake: 60,
          state: 'rejected',
        },
        { service_type: 'sms', amount: 3, amount_at_stake: 3, state: 'unbilled', reason: 'In words.' },
      ],
      amount_at_stake: 63,
    })
    const first = await http.get('/admin/unbilled-usage?limit=1', operator)
    expect(first.body).toMatchObject({ amount_at_stake: 60 })
    const rest = await http.get(`/admin/unbilled-usage?limit=1&cursor=${first.body.next_cursor}`, operator)
    expect(rest.body).toMatchObject({ amount_at_stake: 3, next_cursor: null })
    expect(problemCode(await http.get('/admin/unbilled-usage?cursor=x', operator))).toBe('422 validation_failed')
  })
})

describe('the audit log', () => {
  test('tells who did what for whom, newest first, in pages', async () => {
    const http = startHttp()
    for (const user of ['ann', 'bob', 'eve']) await http.post(`/admin/users/${user}/grants`, operator, GOODWILL)
    const first = await http.get('/admin/audit-log?limit=2', operator)
    expect(first.body).toMatchObject({
      entries: [{ actor: 'operator:alice', action: 'grant-given', user_id: 'eve' }, { user_id: 'bob' }],
    })
    const second = await http.get(`/admin/audit-log?limit=2&cursor=${first.body.next_cursor}`, operator)
    expect(second.body).toMatchObject({ entries: [{ user_id: 'ann' }], next_cursor: null })
    expect(problemCode(await http.get('/admin/audit-log?cursor=x', operator))).toBe('422 validation_failed')
  })
})

describe('the inbox', () => {
  const received = async (http: Http) => {
    for (const id of ['evt_1', 'evt_2']) {
      const sent = { type: 'invoice.paid', objectType: 'invoice', objectId: `in_${id}`, customerId: 'cus_1' }
      const about = { paymentIntentId: null, livemode: false, account: null, apiVersion: null, createdAt: 0 }
      await http.ports.inbox.receive({ id, ...sent, ...about }, new TextEncoder().encode(`{"id":"${id}"}`), 0)
    }
    await http.ports.inbox.fail('evt_1', 'nobody understands it', null)
  }

  test('lists events with what came of them, and picks some', async () => {
    const http = startHttp()
    await received(http)
    const first = await http.get('/admin/webhooks?limit=1', operator)
    expect(first.body).toMatchObject({ events: [{ id: 'evt_2', state: 'received', outcome: null }] })
    const rest = await http.get(`/admin/webhooks?limit=1&cursor=${first.body.next_cursor}`, operator)
    expect(rest.body).toMatchObject({ events: [{ id: 'evt_1' }], next_cursor: null })
    const dead = await http.get('/admin/webhooks?state=dead&customer=cus_1&object=in_evt_1&type=invoice.paid', operator)
    expect(dead.body.events).toMatchObject([{ id: 'evt_1', outcome: 'nobody understands it', attempts: 1 }])
  })

  test('refuses filters that make no sense', async () => {
    const http = startHttp()
    for (const query of ['state=lost', 'type=A', 'customer=%20', 'since=1', 'cursor=x'])
      expect(problemCode(await http.get(`/admin/webhooks?${query}`, operator))).toBe('422 validation_failed')
  })

  test('shows an event with what Stripe sent, and puts it back to be applied', async () => {
    const http = startHttp()
    await received(http)
    expect((await http.get('/admin/webhooks/evt_1', operator)).body).toMatchObject({
      state: 'dead',
      body: { id: 'evt_1' },
    })
    const replayed = await http.post('/admin/webhooks/evt_1/replay', operator, { reason: 'mended' })
    expect(replayed.body).toMatchObject({ state: 'received', attempts: 0 })
    expect(http.events.stored).toBe(1)
    expect((await http.get('/admin/audit-log', operator)).body.entries).toMatchObject([
      { actor: 'operator:alice', action: 'event-replayed', user_id: null, detail: 'Event evt_1: mended' },
    ])
    for (const answer of [
      await http.get('/admin/webhooks/evt_9', operator),
      await http.post('/admin/webhooks/evt_9/replay', operator, {}),
    ])
      expect(problemCode(answer)).toBe('404 not_found')
  })
})

describe('the comparison with Stripe', () => {
  test('is begun, runs in the background, and its report is there afterwards', async () => {
    const http = startHttp()
    await subscribe(http, 'basic_monthly')
    expect((await http.get('/admin/drift', operator)).body).toEqual({ running: null, failure: null, report: null })
    http.ports.stripe.customers.set('cus_foreign', '')
    const begun = await http.post('/admin/drift', operator, {})
    expect([begun.status, begun.body.repair]).toEqual([202, false])
    const { body } = await until(
      () => http.get('/admin/drift', operator),
      (answer) => answer.body.report !== null,
    )
    expect(body.report).toMatchObject({ total: 0, foreign: { customers: 1, named: ['cus_foreign'] } })
  })

  test('is asked for in no other words', async () => {
    expect(problemCode(await startHttp().post('/admin/drift', operator, { repair: 'yes' }))).toBe(
      '422 validation_failed',
    )
  })
})
