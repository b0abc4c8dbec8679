import { describe, expect, test } from 'bun:test'
import { complaints, type Http, problemCode, startHttp, tokenOf } from './support/http.ts'

const BATCH = '/payments/record-usage/batch'
const SMS = { service_type: 'sms', usage_amount: 1, usage_unit: 'messages' }
const own = await tokenOf({ scope: 'usage:write' })
const metering = await tokenOf({ sub: 'speech-app', scope: 'metering' })

interface Result {
  readonly status: number
  readonly usage_record_id?: string
  readonly problem?: { readonly code: string; readonly detail: string; readonly errors?: readonly { path: string }[] }
}

async function record(http: Http, records: readonly unknown[], token = own, more = {}, headers = {}) {
  const answer = await http.post(BATCH, token, { records, ...more }, headers)
  expect(answer.status).toBe(200)
  // What stands there is what the schema says; each test looks at the part that it is about.
  return answer.body.results as readonly Result[]
}

const outcomes = (results: readonly Result[]) =>
  results.map(({ status, problem }) => (problem ? `${status} ${problem.code}` : status))

describe('a batch as a whole is refused', () => {
  const refused = async (body: unknown) => {
    const answer = await startHttp().post(BATCH, own, body)
    return [problemCode(answer), complaints(answer)]
  }

  test('when it holds no list of 1 to 1,000 records', async () => {
    for (const records of [undefined, null, {}, 'x', [], Array(1_001).fill(SMS)])
      expect(await refused({ records })).toEqual(['422 validation_failed', ['/records']])
  })

  test('when it holds something besides', async () => {
    expect(await refused({ records: [SMS], enforce: true })).toEqual(['422 validation_failed', ['/enforce']])
  })

  test('when it cannot be read, or is larger than a megabyte', async () => {
    expect(await refused('{')).toEqual(['400 invalid_json', []])
    expect(await refused(`{"records":["${'x'.repeat(1024 * 1024)}"]}`)).toEqual(['413 payload_too_large', []])
  })

  test('but not when it is merely larger than other bodies may be', async () => {
    const records = Array.from({ length: 1_000 }, (_, index) => ({
      ...SMS,
      event_id: `${index}`.padStart(128, 'x'),
      resource_id: 'y'.repeat(128),
    }))
    const results = await record(startHttp(), records)
    expect(new Set(outcomes(results))).toEqual(new Set([201]))
  })

  test('when its key could be mangled', async () => {
    const answer = await startHttp().post(BATCH, own, { records: [SMS] }, { 'idempotency-key': 'a b' })
    expect([problemCode(answer), complaints(answer)]).toEqual(['422 validation_failed', ['/idempotency-key']])
  })
})

describe('one record of a batch', () => {
  test('that is wrong harms none beside it, and is told what is wrong', async () => {
    const http = startHttp()
    const results = await record(http, [
      { ...SMS, event_id: 'e1' },
      { ...SMS, usage_amount: -1 },
      null,
      'sms',
      { ...SMS, surprise: 1 },
      { ...SMS, usage_unit: 'minutes' },
      { ...SMS, occurred_at: '2026-02-30T00:00:00Z' },
      { ...SMS, occurred_at: '2020-01-01T00:00:00Z' },
      { ...SMS, event_id: 'e2' },
    ])
    const invalid = '422 validation_failed'
    expect(outcomes(results)).toEqual([201, invalid, invalid, invalid, invalid, invalid, invalid, invalid, 201])
    expect(results.map(({ problem }) => problem?.errors?.map(({ path }) => path).join())).toEqual([
      undefined,
      '/usage_amount',
      '',
      '',
      '/surprise',
      '/usage_unit',
      '/occurred_at',
      '/occurred_at',
      undefined,
    ])
    expect(http.ports.store.usageOf('ann')).toHaveLength(2)
  })

  test('is known by its own identity, also within the batch', async () => {
    const http = startHttp()
    const first = await record(http, [
      { ...SMS, event_id: 'e1' },
      { ...SMS, event_id: 'e1' },
      { ...SMS, event_id: 'e1', usage_amount: 2 },
    ])
    expect(outcomes(first)).toEqual([201, 200, '409 usage_conflict'])
    expect(first[1]?.usage_record_id).toBe(first[0]?.usage_record_id ?? '')
    expect(outcomes(await record(http, [{ ...SMS, event_id: 'e1' }]))).toEqual([200])
  })

  test('is decided after those before it: the last that fits is taken, the next is not', async () => {
    const http = startHttp()
    await http.post('/payments/create-subscription', own, {
      plan_name: 'basic_monthly',
      payment_method_id: 'pm_card_visa',
    })
    const scenario = { service_type: 'custom_scenario', usage_amount: 2, usage_unit: 'scenarios', enforce: true }
    const results = await record(http, [scenario, scenario, { ...scenario, usage_amount: 1 }])
    expect(outcomes(results)).toEqual([201, '409 limit_reached', 201])
  })

  test('answers what it would have answered alone', async () => {
    const [alone] = [await startHttp().post('/payments/record-usage', own, SMS)]
    const [result] = await record(startHttp(), [SMS])
    const { usage_record_id: _, ...rest } = result ?? { status: 0 }
    const { usage_record_id: __, ...expected } = alone?.body ?? {}
    expect<object>(rest).toEqual({ status: 201, ...expected })
  })
})

describe('the user of a record', () => {
  test('stands beside it, or once for all that name none', async () => {
    const http = startHttp()
    const results = await record(http, [SMS, { ...SMS, user_id: 'bob' }], metering, { user_id: 'ann' })
    expect(outcomes(results)).toEqual([201, 201])
    expect(['ann', 'bob'].map((user) => http.ports.store.usageOf(user).length)).toEqual([1, 1])
  })

  test('must be named by whoever acts for users, for each record by itself', async () => {
    const results = await record(startHttp(), [SMS, { ...SMS, user_id: 'bob' }, { ...SMS, user_id: 'a b' }], metering)
    expect(outcomes(results)).toEqual(['422 validation_failed', 201, '422 validation_failed'])
    expect(results[0]?.problem?.errors?.[0]?.path).toBe('/user_id')
  })

  test('is not somebody else with a user’s own token', async () => {
    const http = startHttp()
    expect(
      outcomes(
        await record(http, [
          { ...SMS, user_id: 'bob' },
          { ...SMS, user_id: 'ann' },
        ]),
      ),
    ).toEqual(['403 forbidden', 201])
    expect(http.ports.store.usageOf('bob')).toHaveLength(0)
  })
})

describe('under an idempotency key', () => {
  const keyed = { 'idempotency-key': 'k' }

  test('every record has a key of its own, and is answered again as it was', async () => {
    const http = startHttp()
    const first = await record(http, [SMS, SMS], own, {}, keyed)
    expect(await record(http, [SMS, SMS], own, {}, keyed)).toEqual(first)
    expect(http.ports.store.usageOf('ann')).toHaveLength(2)
  })

  test('another record at the same place is refused alone', async () => {
    const http = startHttp()
    await record(http, [SMS, SMS], own, {}, keyed)
    const results = await record(http, [{ ...SMS, usage_amount: 2 }, SMS, SMS], own, {}, keyed)
    expect(outcomes(results)).toEqual(['409 idempotency_key_reused', 201, 201])
  })
})
