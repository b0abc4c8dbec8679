import { describe, expect, test } from 'bun:test'
import { complaints, problemCode, startHttp, tokenOf } from './support/http.ts'

const SUBSCRIBE = '/payments/create-subscription'
const RECORD = '/payments/record-usage'
const PRO = { plan_name: 'pro_monthly', payment_method_id: 'pm_card_visa' }
const USE = { service_type: 'sms', usage_amount: 1, usage_unit: 'messages' }
const token = await tokenOf({ scope: 'usage:write' })
const keyed = (key: string) => ({ 'idempotency-key': key })

describe('under an idempotency key', () => {
  test('the same request answers the first answer, marked as such', async () => {
    const http = startHttp()
    const first = await http.post(SUBSCRIBE, token, PRO, keyed('k1'))
    const second = await http.post(SUBSCRIBE, token, PRO, keyed('k1'))
    expect([first.status, first.headers.get('idempotent-replayed')]).toEqual([201, null])
    expect([second.status, second.headers.get('idempotent-replayed')]).toEqual([201, 'true'])
    expect(second.body.subscription_id).toBe(first.body.subscription_id)
  })

  test('the same decline answers the first decline, marked as such', async () => {
    const http = startHttp()
    const declined = { ...PRO, payment_method_id: 'pm_card_chargeDeclined' }
    await http.post(SUBSCRIBE, token, declined, keyed('k1'))
    const again = await http.post(SUBSCRIBE, token, declined, keyed('k1'))
    expect(problemCode(again)).toBe('402 card_declined')
    expect(again.headers.get('idempotent-replayed')).toBe('true')
  })

  test('another request is refused', async () => {
    const http = startHttp()
    await http.post(RECORD, token, USE, keyed('k1'))
    const other = await http.post(RECORD, token, { ...USE, usage_amount: 2 }, keyed('k1'))
    expect(problemCode(other)).toBe('409 idempotency_key_reused')
    expect(other.headers.get('idempotent-replayed')).toBeNull()
  })

  test('callers do not get in each other’s way, and one user’s tokens are one caller', async () => {
    const http = startHttp()
    const service = await tokenOf({ sub: 'ann', scope: 'service' })
    const metering = await tokenOf({ sub: 'ann', scope: 'metering' })
    const bob = await tokenOf({ sub: 'bob', scope: 'usage:write' })
    const replays: (string | null)[] = []
    for (const caller of [token, bob, service, metering]) {
      const body = caller === service || caller === metering ? { ...USE, user_id: 'ann' } : USE
      const answer = await http.post(RECORD, caller, body, keyed('k1'))
      replays.push(answer.headers.get('idempotent-replayed'))
    }
    expect(replays).toEqual([null, null, null, null])
    const renewed = await tokenOf({ scope: 'usage:write', email: 'ann@example.com' })
    expect((await http.post(RECORD, renewed, USE, keyed('k1'))).headers.get('idempotent-replayed')).toBe('true')
  })
})

describe('an idempotency key', () => {
  for (const [what, key] of Object.entries({
    'of 256 characters': 'x'.repeat(256),
    'that is empty': '',
    'with a space': 'a b',
    'with letters beyond ASCII': 'ä',
    'with a tab': 'a\tb',
    'sent twice': 'a, b',
  }))
    test(`${what} is refused`, async () => {
      const answer = await startHttp().post(RECORD, token, USE, keyed(key))
      expect([problemCode(answer), complaints(answer)]).toEqual(['422 validation_failed', ['/idempotency-key']])
    })

  test('of 1 to 255 visible signs is taken', async () => {
    for (const key of ['x', 'x'.repeat(255), '!"#$%&()*+,-./:;<=>?@[]^_`{|}~'])
      expect((await startHttp().post(RECORD, token, USE, keyed(key))).status).toBe(201)
  })
})
