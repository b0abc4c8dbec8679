import { describe, expect, test } from 'bun:test'
import { complaints, problemCode, startHttp, tokenOf } from './support/http.ts'

const RECORD = '/payments/record-usage'
const USE = { service_type: 'transcription', usage_amount: 45, usage_unit: 'minutes', resource_id: 999 }
const http = startHttp()
const token = await tokenOf({ scope: 'usage:write' })
const record = (body: unknown, headers: Record<string, string> = {}) => http.post(RECORD, token, body, headers)

describe('a body that cannot be read', () => {
  const broken: Record<string, string | Uint8Array> = {
    'is empty': '',
    'is cut off': '{"a":',
    'is half a brace': '{',
    'has something behind it': '{} x',
    'has a byte order mark': '\ufeff{}',
    'is UTF-16': new Uint8Array([0xff, 0xfe, 0x7b, 0, 0x7d, 0]),
    'is not UTF-8': new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
    'has a number that JSON does not know': '{"usage_amount":NaN}',
    'has single quotes': "{'a':1}",
    'is nested without end': '['.repeat(100_000),
  }
  for (const [what, body] of Object.entries(broken))
    test(`because it ${what} is a 400`, async () => {
      expect(problemCode(await record(body))).toBe('400 invalid_json')
    })
})

describe('a body that is no object', () => {
  for (const body of ['null', '[]', '"x"', '5', 'true', `${'['.repeat(10_000)}${']'.repeat(10_000)}`])
    test(`such as ${body.slice(0, 10)} is a 422`, async () => {
      expect(problemCode(await record(body))).toBe('422 validation_failed')
    })
})

test('a body that is nested more deeply than any request is a 422, and takes no longer for it', async () => {
  const nested = (depth: number) => `{"a":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}`
  for (const depth of [20, 20_000]) {
    const answer = await record(nested(depth))
    expect([problemCode(answer), complaints(answer)]).toEqual(['422 validation_failed', ['']])
  }
  expect(complaints(await record(nested(3)))).toContain('/a')
})

describe('a body of another type', () => {
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    'application/json; charset=utf-16',
    'application/jsonp',
    'application/json, text/plain',
    'text/json',
    '',
  ])
    test(`"${type}" is a 415`, async () => {
      expect(problemCode(await record(JSON.stringify(USE), { 'content-type': type }))).toBe(
        '415 unsupported_media_type',
      )
    })

  test('compressed is a 415', async () => {
    expect(problemCode(await record(JSON.stringify(USE), { 'content-encoding': 'gzip' }))).toBe(
      '415 unsupported_media_type',
    )
  })

  test('without a type is a 415', async () => {
    const request = new Request(`http://localhost${RECORD}`, {
      method: 'POST',
      body: new TextEncoder().encode('{}'),
      headers: { authorization: `Bearer ${token}` },
    })
    expect((await http.app.handle(request)).status).toBe(415)
  })

  test('that is not there at all is enough where nothing has to be said', async () => {
    const operator = await tokenOf({ sub: 'alice', scope: 'operator' })
    expect((await http.post('/admin/drift', operator)).status).toBe(202)
    expect(problemCode(await http.post('/admin/webhooks/evt_none/replay', operator))).toBe('404 not_found')
    const nothing = await http.post(RECORD, token)
    expect([problemCode(nothing), complaints(nothing)]).toEqual([
      '422 validation_failed',
      ['/service_type', '/usage_amount', '/usage_unit'],
    ])
    await http.ports.driftCheck.stop()
  })

  test('JSON in UTF-8 is JSON, however it is written', async () => {
    for (const type of [
      'application/json',
      'Application/JSON',
      'application/json;charset=utf-8',
      'application/json; charset="UTF-8"',
      'application/json; profile=x',
    ])
      expect((await record(USE, { 'content-type': type })).status).toBeOneOf([200, 201])
  })
})

describe('a body that is too large', () => {
  const tooMuch = JSON.stringify({ ...USE, event_id: 'x'.repeat(256 * 1024) })

  test('is a 413 by what it announces, before it has been sent', async () => {
    const headers = { 'content-length': String(256 * 1024 + 1) }
    expect(problemCode(await record(new ReadableStream({ pull: () => Bun.sleep(60_000) }), headers))).toBe(
      '413 payload_too_large',
    )
  })

  test('is a 413 by what it is', async () => {
    expect(problemCode(await record(tooMuch))).toBe('413 payload_too_large')
    expect(problemCode(await record(tooMuch, { 'content-length': '10' }))).toBe('413 payload_too_large')
  })

  test('is not read to its end', async () => {
    let pulled = 0
    const endless = new ReadableStream({
      pull(controller) {
        pulled += 1
        controller.enqueue(new Uint8Array(64 * 1024))
      },
    })
    expect(problemCode(await record(endless))).toBe('413 payload_too_large')
    expect(pulled).toBeLessThan(10)
  })
})

describe('recording usage refuses', () => {
  const cases: readonly (readonly [string, object])[] = [
    ...[-1, -0, 0, '5', '0x10', ' 5 ', null, true, [5], {}, 1e300, 0.00000001].map(
      (usage_amount) => ['/usage_amount', { usage_amount }] as const,
    ),
    ...['messages', 'furlongs', '', null].map((usage_unit) => ['/usage_unit', { usage_unit }] as const),
    ...['teleport', '__proto__', 'constructor', '', null, 5].map(
      (service_type) => ['/service_type', { service_type }] as const,
    ),
    ...[
      'yesterday',
      '2026-06-10',
      '2026-06-10T12:00:00',
      '2026-06-10T12:00:00+0200',
      '2024-02-30T00:00:00Z',
      '2026-06-10T25:00:00Z',
      '2026-13-01T00:00:00Z',
      '2026-06-10T12:00:00Z[UTC]',
      '2026-06-10 12:00:00Z',
      '',
      1781092800,
      null,
      '2026-05-01T00:00:00Z',
      '2026-06-10T13:00:00Z',
      // Of its own resource: what was recorded before is answered whatever time it is told with.
    ].map((occurred_at) => ['/occurred_at', { occurred_at, resource_id: 1_000 }] as const),
    ...['', 'x'.repeat(129), 'a\u0000b', '\ud800', 'x\udc00', 1.5, 2 ** 53, null, true, ['x']].map(
      (resource_id) => ['/resource_id', { resource_id }] as const,
    ),
    ...['', 'x'.repeat(129), '\u0000', '\ud800', 5, null].map((event_id) => ['/event_id', { event_id }] as const),
    ...['true', 1, null].map((enforce) => ['/enforce', { enforce }] as const),
    ['/surprise', { surprise: 1 }],
    ['/plan', { plan: 'enterprise_monthly' }],
  ]
  for (const [path, wrong] of cases)
    test(`${JSON.stringify(wrong).slice(0, 60)}`, async () => {
      const answer = await record({ ...USE, ...wrong })
      expect([problemCode(answer), complaints(answer)]).toEqual(['422 validation_failed', [path]])
    })

  test('a prototype in disguise, and keeps its own', async () => {
    const answer = await record(
      '{"service_type":"sms","usage_amount":1,"usage_unit":"messages","__proto__":{"enforce":true},"constructor":{}}',
    )
    expect(complaints(answer)).toContain('/__proto__')
    expect(Object.hasOwn(Object.prototype, 'enforce')).toBe(false)
  })

  test('everything that is missing at once', async () => {
    expect([...complaints(await record({}))].sort()).toEqual(['/service_type', '/usage_amount', '/usage_unit'])
  })

  test('a query', async () => {
    expect(complaints(await http.post(`${RECORD}?user=bob`, token, USE))).toEqual(['/user'])
  })
})

describe('recording usage takes', () => {
  test.each([
    [{ occurred_at: '2026-06-10T12:00:00Z' }],
    [{ occurred_at: '2026-06-10T14:00:00.123456+02:00' }],
    [{ usage_amount: 77 / 60 }],
    [{ usage_amount: 0.000001 }],
    [{ usage_amount: 1_000_000 }],
    [{ resource_id: '😀'.repeat(64) }],
    [{ resource_id: -5 }],
    [{ resource_id: Number.MAX_SAFE_INTEGER }],
  ])('%j', async (right) => {
    expect((await record({ ...USE, event_id: crypto.randomUUID(), ...right })).status).toBe(201)
  })

  test('a number and its text for the same resource', async () => {
    const [first, second] = [await record({ ...USE, resource_id: 123 }), await record({ ...USE, resource_id: '123' })]
    expect([first.status, second.status]).toEqual([201, 200])
    expect(second.body.usage_record_id).toBe(first.body.usage_record_id)
  })
})

describe('other requests refuse', () => {
  const own = tokenOf()
  const cases: readonly (readonly [string, object, string])[] = [
    ['create-subscription', {}, '/plan_name'],
    ['create-subscription', { plan_name: 'basic_monthly', promotion_code: '' }, '/promotion_code'],
    ['create-subscription', { plan_name: 'basic_monthly', trial: 'yes' }, '/trial'],
    ['create-subscription', { plan_name: '' }, '/plan_name'],
    ['create-subscription', { plan_name: '\ud800' }, '/plan_name'],
    ['create-subscription', { plan_name: 'no_such_plan' }, '/plan_name'],
    ['create-subscription', { plan_name: 'basic_monthly', payment_method_id: 'pm_1/../x' }, '/payment_method_id'],
    ['create-subscription', { plan_name: 'basic_monthly', price_id: '' }, '/price_id'],
    ['cancel-subscription', { at_period_end: 'false' }, '/at_period_end'],
    ['cancel-subscription', { reason: 'boredom' }, '/reason'],
    ['cancel-subscription', { feedback: 'x'.repeat(501) }, '/feedback'],
    ...[0, -1, 1.5, 100_000_000, '500', null, 1e21].map(
      (amount) => ['create-payment-intent', { amount }, '/amount'] as const,
    ),
    ...['USD', 'us', 'usdx', '', 5].map(
      (currency) => ['create-payment-intent', { amount: 500, currency }, '/currency'] as const,
    ),
    ['create-payment-intent', { amount: 500, metadata: { user_id: 'bob' } }, '/metadata/user_id'],
    ['create-payment-intent', { amount: 500, metadata: { intent_id: 'x' } }, '/metadata/intent_id'],
    ['create-payment-intent', { amount: 500, metadata: { 'a b': 'x' } }, '/metadata/a b'],
    ['create-payment-intent', { amount: 500, metadata: { a: 5 } }, '/metadata/a'],
    ['create-payment-intent', { amount: 500, metadata: { a: 'x'.repeat(501) } }, '/metadata/a'],
    ['create-payment-intent', { amount: 500, metadata: { ['a'.repeat(41)]: 'x' } }, `/metadata/${'a'.repeat(41)}`],
    [
      'create-payment-intent',
      { amount: 500, metadata: Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`k${n}`, 'x'])) },
      '/metadata',
    ],
    ['create-payment-intent', { amount: 500, metadata: [] }, '/metadata'],
    ['billing-details', { tax_id: { type: 'VAT', value: '1' } }, '/tax_id/type'],
    ['billing-details', { tax_id: { type: 'eu_vat' } }, '/tax_id/value'],
    ['billing-details', { tax_id: 'DE1' }, '/tax_id'],
  ]
  for (const [name, body, path] of cases)
    test(`${name} ${JSON.stringify(body).slice(0, 70)}`, async () => {
      const answer = await http.post(`/payments/${name}`, await own, body)
      expect([problemCode(answer), complaints(answer)]).toEqual(['422 validation_failed', [path]])
    })

  test('metadata that would be a prototype', async () => {
    const answer = await http.post(
      '/payments/create-payment-intent',
      await own,
      '{"amount":500,"metadata":{"__proto__":"x"}}',
    )
    expect(complaints(answer)).toEqual(['/metadata/__proto__'])
  })

  const queries: readonly (readonly [string, string])[] = [
    ...['0', '-1', '101', '1e1', '0x10', '5.0', '', '+5', ' 5', 'Infinity'].map(
      (limit) => [`billing-history?limit=${encodeURIComponent(limit)}`, '/limit'] as const,
    ),
    ['billing-history?limit=%E0%A4%A', '/limit'],
    ['billing-history?cursor=', '/cursor'],
    ['billing-history?page=2', '/page'],
    ...['2026-13', '2026-00', '2026-1', '0000-01', 'last', '2026-06-10', ''].map(
      (period) => [`usage-summary?period=${period}`, '/period'] as const,
    ),
    ['usage-summary?group_by=month', '/group_by'],
    ['subscription-status?verbose=1', '/verbose'],
    ['subscription-plans?currency=usd', '/currency'],
  ]
  for (const [query, path] of queries)
    test(query, async () => {
      const answer = await http.get(`/payments/${query}`, await own)
      expect([problemCode(answer), complaints(answer)]).toEqual(['422 validation_failed', [path]])
    })
})

test('no refusal repeats what was sent', async () => {
  const canary = 'canary-4711'
  const wrong = {
    service_type: canary,
    usage_amount: canary,
    usage_unit: canary,
    resource_id: [canary],
    occurred_at: canary,
    user_id: { canary },
  }
  for (const body of [wrong, { ...wrong, user_id: undefined }, `{"${canary}`, `"${canary}"`])
    expect((await record(body)).text).not.toContain(canary)
  expect(http.failures).toEqual([])
})

test('no refusal repeats a field name at any length', async () => {
  const answer = await record({ ...USE, ['n'.repeat(100_000)]: 1 })
  expect(problemCode(answer)).toBe('422 validation_failed')
  expect(answer.text.length).toBeLessThan(1_000)
})
