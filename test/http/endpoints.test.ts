import { describe, expect, test } from 'bun:test'
import { BillingError, type ErrorCode } from '../../src/domain/errors.ts'
import { problemCode, startHttp, tokenOf } from './support/http.ts'

const token = await tokenOf({ scope: 'usage:write' })
const service = await tokenOf({ sub: 'speech-app', scope: 'service' })
const PRO = { plan_name: 'pro_monthly', payment_method_id: 'pm_card_visa' }

describe('the plans', () => {
  test('are the four of the guide, with features, rates and prices', async () => {
    const { status, body } = await startHttp().get('/payments/subscription-plans', token)
    expect(status).toBe(200)
    expect(body).toMatchObject({
      publishable_key: 'pk_test_1',
      plans: [
        { plan_name: 'basic_monthly' },
        {
          plan_name: 'pro_monthly',
          price: { amount: 3900, currency: 'usd', interval: 'month' },
          price_id: 'price_pro_monthly',
          features: { voice_minutes: 500, sms_messages: 2000, advanced_analytics: true },
          rates: { voice_call: { unit_amount_decimal: '5', unit: 'minutes' } },
        },
        { plan_name: 'enterprise_monthly', features: { voice_minutes: null, white_label: true } },
        { plan_name: 'usage_based' },
      ],
    })
  })
})

describe('a subscription', () => {
  test('is made, shown and cancelled', async () => {
    const http = startHttp()
    const made = await http.post('/payments/create-subscription', token, PRO)
    expect(made.status).toBe(201)
    expect(made.body).toMatchObject({
      plan_name: 'pro_monthly',
      status: 'active',
      client_secret: null,
      trial_end: null,
    })

    const shown = await http.get('/payments/subscription-status', token)
    expect(shown.status).toBe(200)
    expect(shown.body).toMatchObject({
      has_subscription: true,
      plan_name: 'pro_monthly',
      status: 'active',
      access: { allowed: true },
      features: { voice_minutes: 500 },
    })

    const cancelled = await http.post('/payments/cancel-subscription', token, {
      reason: 'too_expensive',
      feedback: 'Bye.',
    })
    expect(cancelled.status).toBe(200)
    expect(cancelled.body.cancel_at).toBe(cancelled.body.current_period_end)
  })

  test('is refused as the use case refuses it', async () => {
    const http = startHttp()
    const ask = async (body: object) => problemCode(await http.post('/payments/create-subscription', token, body))
    expect(await ask({ ...PRO, price_id: 'price_basic_monthly' })).toBe('422 price_mismatch')
    expect(await ask({ ...PRO, payment_method_id: 'pm_card_chargeDeclined' })).toBe('402 card_declined')
    await http.post('/payments/create-subscription', token, PRO)
    expect(await ask(PRO)).toBe('409 subscription_exists')
    expect(problemCode(await http.post('/payments/cancel-subscription', await tokenOf({ sub: 'bob' }), {}))).toBe(
      '404 no_subscription',
    )
  })

  test('with a card that wants a confirmation answers with its client secret', async () => {
    const answer = await startHttp().post('/payments/create-subscription', token, {
      ...PRO,
      payment_method_id: 'pm_card_authenticationRequired',
    })
    expect([answer.status, answer.body.status, typeof answer.body.client_secret]).toEqual([201, 'incomplete', 'string'])
  })
})

describe('a payment', () => {
  test('is started, and its history is shown in pages', async () => {
    const http = startHttp()
    const made = await http.post('/payments/create-payment-intent', token, {
      amount: 500,
      currency: 'usd',
      description: 'Set-up',
      metadata: { scenario: '5' },
    })
    expect(made.status).toBe(201)
    expect(made.body).toMatchObject({ amount: 500, currency: 'usd', client_secret: expect.any(String) })
    expect((await http.get('/payments/billing-history?limit=100', token)).body).toEqual({
      payments: [],
      next_cursor: null,
    })
  })

  test('history asks for twenty entries unless told otherwise', async () => {
    const asked: unknown[] = []
    const http = startHttp({
      billing: {
        billingHistory: async (request) => {
          asked.push(request)
          return { payments: [], next_cursor: null }
        },
      },
    })
    await http.get('/payments/billing-history', token)
    await http.get('/payments/billing-history?limit=7&cursor=abc', token)
    await http.get('/payments/billing-history?user_id=bob', service)
    expect(asked).toEqual([
      { user: 'ann', limit: 20, cursor: null },
      { user: 'ann', limit: 7, cursor: 'abc' },
      { user: 'bob', limit: 20, cursor: null },
    ])
  })
})

describe('usage', () => {
  test('is recorded with the costs of the guide, and summed up', async () => {
    const http = startHttp()
    await http.post('/payments/create-subscription', token, PRO)
    const transcript = await http.post('/payments/record-usage', token, {
      service_type: 'transcription',
      usage_amount: 45,
      usage_unit: 'minutes',
      resource_id: 123,
    })
    expect([transcript.status, transcript.body.cost, transcript.body.billing_period]).toEqual([201, 90, '2026-06'])
    const call = await http.post('/payments/record-usage', service, {
      user_id: 'ann',
      service_type: 'voice_call',
      usage_amount: 23,
      usage_unit: 'minutes',
      resource_id: 'CA1',
    })
    expect([call.status, call.body.cost, call.body.remaining]).toEqual([201, 115, 477])

    const summary = await http.get('/payments/usage-summary?group_by=day', token)
    expect(summary.body).toMatchObject({
      period: 'current',
      services: { transcription: { amount: 45, cost: 90 }, voice_call: { amount: 23, cost: 115, remaining: 477 } },
      total_cost: 205,
      days: [{ day: '2026-06-10' }],
    })
    const month = await http.get('/payments/usage-summary?period=2026-06', token)
    expect(month.body).toMatchObject({
      period: '2026-06',
      services: { voice_call: { included: null, remaining: null } },
    })
    expect(month.body).not.toHaveProperty('days')
  })

  test('that was recorded before answers the first record, and a contradiction is refused', async () => {
    const http = startHttp()
    const use = { service_type: 'sms', usage_amount: 1, usage_unit: 'messages', event_id: 'SM1' }
    expect((await http.post('/payments/record-usage', token, use)).status).toBe(201)
    expect((await http.post('/payments/record-usage', token, use)).status).toBe(200)
    expect(problemCode(await http.post('/payments/record-usage', token, { ...use, usage_amount: 2 }))).toBe(
      '409 usage_conflict',
    )
  })

  test('that must fit and does not is refused', async () => {
    const http = startHttp()
    await http.post('/payments/create-subscription', token, { ...PRO, plan_name: 'basic_monthly' })
    const use = { service_type: 'custom_scenario', usage_amount: 4, usage_unit: 'scenarios', enforce: true }
    expect(problemCode(await http.post('/payments/record-usage', token, use))).toBe('409 limit_reached')
  })
})

describe('what the use cases refuse', () => {
  const statuses: Readonly<Record<ErrorCode, number>> = {
    invalid_json: 400,
    invalid_signature: 400,
    invalid_event: 400,
    no_access: 409,
    promotion_code_invalid: 422,
    billing_address_required: 422,
    trial_used: 409,
    not_trialing: 409,
    unauthenticated: 401,
    card_declined: 402,
    payment_method_required: 402,
    forbidden: 403,
    not_found: 404,
    no_subscription: 404,
    plan_unchanged: 409,
    payment_overdue: 402,
    nothing_to_resume: 409,
    subscription_exists: 409,
    idempotency_key_reused: 409,
    in_progress: 409,
    usage_conflict: 409,
    limit_reached: 409,
    payload_too_large: 413,
    unsupported_media_type: 415,
    validation_failed: 422,
    price_mismatch: 422,
    rate_limited: 429,
    stripe_unavailable: 503,
    storage_unavailable: 503,
  }
  const refusing = (error: Error) =>
    startHttp({
      billing: {
        subscriptionStatus: async () => {
          throw error
        },
      },
    })

  for (const [code, status] of Object.entries(statuses))
    test(`${code} is a ${status} that says when to try again, if that makes sense`, async () => {
      // The table above names every code of the union.
      const http = refusing(new BillingError(code as ErrorCode, 'In words.'))
      const answer = await http.get('/payments/subscription-status', token)
      expect(problemCode(answer)).toBe(`${status} ${code}`)
      expect(answer.body.detail).toBe('In words.')
      expect(answer.headers.has('retry-after')).toBe(status === 503 || status === 429 || code === 'in_progress')
      // What is told in general words must be found with its cause in the log.
      expect(http.failures).toHaveLength(status === 503 ? 1 : 0)
    })

  test('knows best when to try again', async () => {
    const http = refusing(new BillingError('storage_unavailable', 'Wait.', { retryAfterSeconds: 1.2 }))
    expect((await http.get('/payments/subscription-status', token)).headers.get('retry-after')).toBe('2')
  })

  test('anything else is logged, and told by a number only', async () => {
    const error = new Error('SQLITE_CORRUPT: select * from secrets')
    const http = refusing(error)
    const answer = await http.get('/payments/subscription-status', token)
    expect(problemCode(answer)).toBe('500 internal_error')
    expect(answer.text).not.toContain('SQLITE')
    expect(answer.text).not.toContain('.ts')
    expect(http.failures).toEqual([error])
  })
})
