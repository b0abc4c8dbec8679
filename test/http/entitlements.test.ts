import { expect, test } from 'bun:test'
import { complaints, problemCode, startHttp, tokenOf } from './support/http.ts'

const CHECK = '/payments/entitlements/check'
const own = await tokenOf()
const metering = await tokenOf({ sub: 'speech-app', scope: 'metering' })
const PRO = { plan_name: 'pro_monthly', payment_method_id: 'pm_card_visa' }

test('a question that is none is refused', async () => {
  const http = startHttp()
  for (const [query, path] of [
    ['', '/service_type'],
    ['service_type=sms&feature=white_label', '/service_type'],
    ['service_type=fax', '/service_type'],
    ['feature=teleport', '/feature'],
    ['feature=white_label&amount=1', '/amount'],
    ['service_type=sms&amount=0x10', '/amount'],
    ['service_type=sms&amount=0', '/amount'],
    ['service_type=sms&amount=-1', '/amount'],
  ] as const) {
    const answer = await http.get(`${CHECK}?${query}`, own)
    expect([problemCode(answer), complaints(answer)]).toEqual(['422 validation_failed', [path]])
  }
})

test('a metering token may ask for any user', async () => {
  const http = startHttp()
  await http.post('/payments/create-subscription', own, PRO)
  const answer = await http.get(`${CHECK}?service_type=voice_call&amount=500&user_id=ann`, metering)
  expect(answer.body).toEqual({
    allowed: true,
    remaining: 500,
    reason: 'allowed',
    resets_at: '2026-07-10T12:00:00.000Z',
  })
  expect((await http.get(`${CHECK}?feature=white_label&user_id=ann`, metering)).body).toMatchObject({
    allowed: false,
    reason: 'not_in_plan',
  })
})

test('the whole picture stands at one address', async () => {
  const http = startHttp()
  await http.post('/payments/create-subscription', own, PRO)
  expect((await http.get('/payments/entitlements', own)).body).toMatchObject({
    plan_name: 'pro_monthly',
    features: { voice_minutes: 500 },
    services: { voice_call: { allowed: true, included: 500, used: 0, remaining: 500, policy: 'block' } },
  })
})
