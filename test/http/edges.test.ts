import { describe, expect, test } from 'bun:test'
import { until } from '../support/until.ts'
import { problemCode, startHttp, tokenOf } from './support/http.ts'

const STATUS = '/payments/subscription-status'

describe('a request id', () => {
  const http = startHttp()

  test('is on every answer, and its own for each', async () => {
    const answers = [
      await http.get('/healthz'),
      await http.get('/nowhere'),
      await http.get(STATUS),
      await http.send('DELETE', '/healthz'),
    ]
    const ids = answers.map(({ headers }) => headers.get('x-request-id'))
    expect(new Set(ids).size).toBe(4)
    expect(ids.every((id) => id?.startsWith('request_'))).toBe(true)
  })

  test('is the caller’s if it looks like one', async () => {
    const sent = async (id: string) =>
      (await http.send('GET', '/healthz', { headers: { 'x-request-id': id } })).headers.get('x-request-id')
    expect(await sent('abcDEF_-12345678')).toBe('abcDEF_-12345678')
    for (const id of ['short', 'x'.repeat(65), 'with space 1', 'ä'.repeat(8), '<script>x', 'a;b=cdefgh', ''])
      expect(await sent(id)).toStartWith('request_')
  })

  test('cannot carry a header of its own', () => {
    expect(() => new Headers({ 'x-request-id': 'abcdefgh\r\nx-evil: 1' })).toThrow()
  })
})

describe('an answer', () => {
  test('may not be sniffed, framed, cached or told to others', async () => {
    const http = startHttp()
    for (const path of ['/healthz', '/nowhere', STATUS, '/payments/subscription-plans']) {
      const { headers } = await http.get(path, await tokenOf())
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
      expect(headers.get('referrer-policy')).toBe('no-referrer')
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('strict-transport-security')).toBeNull()
    }
  })

  test('in production asks for TLS', async () => {
    const { headers } = await startHttp({ isProduction: true }).get('/healthz')
    expect(headers.get('strict-transport-security')).toBe('max-age=31536000')
  })
})

describe('a path', () => {
  const http = startHttp()

  test('that leads nowhere is a 404, with or without a token', async () => {
    const token = await tokenOf()
    for (const path of [
      '/',
      '/payments',
      '/payments/unknown',
      '/Payments/subscription-plans',
      '//payments/subscription-plans',
      '/payments/..%2fhealthz',
      '/%00',
      '/%E0%A4%A',
      `/${'x'.repeat(5_000)}`,
    ])
      for (const bearer of [undefined, token]) expect(problemCode(await http.get(path, bearer))).toBe('404 not_found')
  })

  test('with another method is a 405 that says which it takes', async () => {
    for (const [method, path, allow] of [
      ['GET', '/payments/record-usage', 'POST'],
      ['HEAD', '/payments/stripe-webhook', 'POST'],
      ['POST', '/payments/subscription-status', 'GET, HEAD'],
      ['DELETE', '/payments/subscription-status/', 'GET, HEAD'],
      ['PATCH', '/healthz', 'GET, HEAD'],
      ['OPTIONS', '/docs/json', 'GET, HEAD'],
    ] as const) {
      const answer = await http.send(method, path)
      expect(answer.headers.get('allow')).toBe(allow)
      expect(answer.status).toBe(405)
      if (method !== 'HEAD') expect(problemCode(answer)).toBe('405 method_not_allowed')
    }
  })

  test('asked for its head answers without a body', async () => {
    const { status, text, headers } = await http.send('HEAD', STATUS, { token: await tokenOf() })
    expect([status, text, Number(headers.get('content-length')) > 100]).toEqual([200, '', true])
    expect((await http.send('HEAD', STATUS)).status).toBe(401)
  })
})

describe('the log', () => {
  test('has one line for each request, without its query', async () => {
    const http = startHttp()
    await http.get('/payments/billing-history?limit=5&user_id=ann', await tokenOf())
    await http.get('/payments/billing-history', undefined)
    await http.post('/payments/record-usage', await tokenOf({ sub: 'media', scope: 'metering' }), {})
    await http.get(`/nowhere/${'x'.repeat(5_000)}`)
    await until(
      () => http.lines.length,
      (count) => count === 4,
    )
    expect(http.lines).toMatchObject([
      {
        method: 'GET',
        path: '/payments/billing-history',
        status: 200,
        caller: 'user:ann',
        request_id: 'request_000001',
      },
      { method: 'GET', path: '/payments/billing-history', status: 401, caller: 'nobody' },
      { method: 'POST', path: '/payments/record-usage', status: 422, caller: 'metering:media' },
      { method: 'GET', status: 404, caller: 'nobody' },
    ])
    expect(JSON.stringify(http.lines)).not.toContain('limit')
    expect(http.lines[3]?.path.length).toBeLessThanOrEqual(256)
    expect(http.lines.every(({ duration_ms }) => duration_ms >= 0)).toBe(true)
  })
})

describe('a page of another origin', () => {
  const origin = 'https://app.example'
  const http = startHttp({ corsOrigins: [origin] })
  const from = (page: string, method = 'GET', headers: Record<string, string> = {}) =>
    http.send(method, STATUS, { headers: { origin: page, ...headers } })
  const preflight = { 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' }

  test('on the list may read every answer, refusals too', async () => {
    const answer = await from(origin)
    expect(answer.status).toBe(401)
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin)
    expect(answer.headers.get('access-control-expose-headers')).toContain('x-request-id')
    expect(answer.headers.get('vary')).toBe('Origin')
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
  })

  test('on the list may ask before it sends', async () => {
    const answer = await from(origin, 'OPTIONS', preflight)
    expect(answer.status).toBe(204)
    expect(answer.headers.get('access-control-allow-headers')).toContain('authorization')
    expect(answer.headers.get('access-control-allow-methods')).toContain('POST')
  })

  test('not exactly on the list is told nothing', async () => {
    for (const page of [
      'https://app.example.evil.com',
      'https://evil-app.example',
      'http://app.example',
      'https://app.example:8443',
      'https://APP.example',
      'null',
      '*',
    ])
      for (const method of ['GET', 'OPTIONS']) {
        const { headers, status } = await from(page, method, preflight)
        expect(headers.get('access-control-allow-origin')).toBeNull()
        expect(status).toBe(method === 'GET' ? 401 : 405)
      }
  })

  test('may not read anything by default', async () => {
    const { headers } = await startHttp().send('GET', '/healthz', { headers: { origin } })
    expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
  })
})

describe('health', () => {
  test('is well while the program runs', async () => {
    const { status, body } = await startHttp().get('/healthz')
    expect([status, body]).toEqual([200, { status: 'ok', version: '0.1.0' }])
  })

  test.each([
    ['ready', 200],
    ['degraded', 200],
    ['unavailable', 503],
  ] as const)('of the parts is told: %s is a %i', async (status, expected) => {
    const checks = { storage: { status: 'ok', detail: 'Fine.' } } as const
    const answer = await startHttp({ readiness: async () => ({ status, checks }) }).get('/readyz')
    expect([answer.status, answer.body]).toEqual([expected, { status, checks }])
  })
})
