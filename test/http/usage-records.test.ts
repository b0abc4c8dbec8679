import { expect, test } from 'bun:test'
import { complaints, problemCode, startHttp, tokenOf } from './support/http.ts'

const token = await tokenOf({ scope: 'usage:write' })
const RECORDS = '/payments/usage-records'

test('a filter or a page that makes no sense is refused', async () => {
  const http = startHttp()
  for (const [query, path] of [
    ['service_type=fax', '/service_type'],
    ['from=yesterday', '/from'],
    ['to=2026-02-30T00:00:00Z', '/to'],
    ['limit=101', '/limit'],
    ['cursor=a%20b', '/cursor'],
    ['cursor=2026-06-10.usage_x', '/cursor'],
    ['resource_id=', '/resource_id'],
    ['surprise=1', '/surprise'],
  ] as const) {
    const answer = await http.get(`${RECORDS}?${query}`, token)
    expect([problemCode(answer), complaints(answer)]).toEqual(['422 validation_failed', [path]])
  }
})

test('uses are shown newest first, in pages, as they were recorded', async () => {
  const http = startHttp()
  for (const id of ['CA1', 'CA2', 'CA3'])
    await http.post('/payments/record-usage', token, {
      service_type: 'voice_call',
      usage_amount: 90,
      usage_unit: 'seconds',
      resource_id: id,
      event_id: `event-${id}`,
    })
  const first = await http.get(`${RECORDS}?limit=2`, token)
  expect(first.status).toBe(200)
  expect(first.body).toMatchObject({ usage_records: [{ resource_id: 'CA3' }, { resource_id: 'CA2' }] })
  const second = await http.get(`${RECORDS}?limit=2&cursor=${first.body.next_cursor}`, token)
  expect(second.body).toEqual({
    usage_records: [
      {
        usage_record_id: expect.any(String),
        service_type: 'voice_call',
        usage_amount: 90,
        usage_unit: 'seconds',
        resource_id: 'CA1',
        event_id: 'event-CA1',
        corrects: null,
        cost: 8,
        currency: 'usd',
        overage: 1.5,
        billable_cost: 0,
        plan_name: null,
        occurred_at: '2026-06-10T12:00:00.000Z',
        recorded_at: '2026-06-10T12:00:00.000Z',
      },
    ],
    next_cursor: null,
  })
})

test('uses can be asked for by service, resource and time', async () => {
  const http = startHttp()
  const record = (body: object) => http.post('/payments/record-usage', token, body)
  await record({ service_type: 'sms', usage_amount: 1, usage_unit: 'messages', resource_id: 77 })
  await record({ service_type: 'voice_call', usage_amount: 1, usage_unit: 'minutes', resource_id: 77 })
  const services = async (query: string) => {
    const { body } = await http.get(`${RECORDS}?${query}`, token)
    return Array.isArray(body.usage_records) ? body.usage_records.map(({ service_type }) => service_type) : body
  }
  expect(await services('resource_id=77')).toEqual(['voice_call', 'sms'])
  expect(await services('service_type=sms')).toEqual(['sms'])
  expect(await services('from=2026-06-10T14:00:00%2B02:00&to=2026-06-10T12:00:00.001Z')).toHaveLength(2)
  expect(await services('to=2026-06-10T12:00:00Z')).toEqual([])
})

test('another user’s records are not there, whatever cursor is sent', async () => {
  const http = startHttp()
  await http.post('/payments/record-usage', token, { service_type: 'api_call', usage_amount: 1, usage_unit: 'calls' })
  const [id] = http.ports.store.usageOf('ann').map((record) => record.id)
  const bob = await tokenOf({ sub: 'bob' })
  expect((await http.get(RECORDS, bob)).body).toEqual({ usage_records: [], next_cursor: null })
  expect(problemCode(await http.get(`${RECORDS}?cursor=${id}`, bob))).toBe('422 validation_failed')
})
