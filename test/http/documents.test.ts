import { describe, expect, test } from 'bun:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import type { TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { TEST_START } from '../support/memory-ports.ts'
import { describedRoutes } from './support/described-routes.ts'
import { outcome, problemCode, startHttp, tokenOf } from './support/http.ts'

const http = startHttp({ publicUrl: () => 'https://billing.example' })
const { body: document } = await http.get('/docs/json')
const routes = describedRoutes(document)

describe('the OpenAPI document', () => {
  test('is valid', async () => {
    expect(await new Validator().validate(structuredClone(document))).toEqual({ valid: true })
  })

  test('describes every route, and the plugin’s own pages are nowhere', async () => {
    const served = http.app.routes
      .filter(({ path }) => !path.startsWith('/docs'))
      .map(({ method, path }) => `${method} ${path.replace(':id', '{id}')}`)
    expect(routes.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(served.sort())
    for (const path of ['/collected', '/collected/json', '/swagger', '/swagger/json'])
      expect(problemCode(await http.get(path))).toBe('404 not_found')
  })

  test('names the public URL, the bearer scheme and the shape of problems', () => {
    expect(document).toMatchObject({
      openapi: '3.1.0',
      info: { title: 'speech-billing', version: '0.1.0' },
      servers: [{ url: 'https://billing.example' }],
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } }, schemas: { Problem: {} } },
    })
  })

  test('speaks JSON only', () => {
    const types = new Set(routes.flatMap(({ mediaTypes }) => mediaTypes))
    expect([...types].sort()).toEqual(['application/json', 'application/problem+json'])
  })

  test('has names of its own for all operations', () => {
    expect(new Set(routes.map(({ operationId }) => operationId)).size).toBe(routes.length)
    expect(routes.every(({ operationId }) => /^[a-z][A-Za-z]+$/.test(operationId))).toBe(true)
  })

  test('holds nothing that only the program understands', () => {
    const text = JSON.stringify(document)
    for (const name of ['noValidate', '"rule"', 'documentedAs', 'x-document', '"$id"']) expect(text).not.toContain(name)
  })

  // Elysia's t.Integer and t.Numeric also take text, and describe it with a default that is none.
  test('has no number that may be text', () => {
    expect(JSON.stringify(document)).not.toMatch(/"format":"(integer|numeric)"/)
  })

  for (const route of routes)
    describe(`on ${route.method} ${route.path}`, () => {
      test('has a summary, a description and examples', () => {
        expect(route.summary.length).toBeGreaterThan(5)
        expect(route.description.length).toBeGreaterThan(20)
        expect(route.method !== 'GET').toBe(route.requests.length > 0)
        expect(route.answers.length).toBeGreaterThan(0)
      })

      test('gives examples of answers that fit their schemas', () => {
        const { hooks } =
          http.app.routes.find(
            ({ method, path }) => method === route.method && path.replace(':id', '{id}') === route.path,
          ) ?? {}
        for (const { status, value } of route.answers) {
          const schema: TSchema = 'type' in hooks.response ? hooks.response : hooks.response[status]
          expect([...Value.Errors(schema, value)].map(({ path, message }) => `${path} ${message}`)).toEqual([])
        }
      })

      test('is open exactly where it needs no token', async () => {
        const { status } = await http.send(route.method, route.path)
        expect(route.isOpen).toBe(status !== 401)
      })
    })

  test('gives examples of requests that are taken', async () => {
    const requests = routes.filter(({ isOpen }) => !isOpen)
    for (const { method, path, body } of requests.flatMap((route) =>
      route.requests.map((body) => ({ ...route, body })),
    )) {
      // In the month of the examples, at a shop that has other prices and where nobody has subscribed yet.
      const shop = startHttp({ wall: () => TEST_START })
      shop.ports.advance(Date.UTC(2026, 10, 22, 12) - TEST_START)
      const forUsers = JSON.stringify(body).includes('user_id') ? 'service' : 'usage:write'
      const scope = path.startsWith('/admin') ? 'operator' : forUsers
      const token = await tokenOf({ scope })
      const answer = await shop.send(method, path.replace('{id}', 'ann'), { token, body })
      expect(outcome(answer)).toBeOneOf([
        '200',
        '201',
        '202',
        '404 not_found',
        '404 no_subscription',
        '422 price_mismatch',
      ])
    }
  })

  test('lets a body be left out where no field of it is required', () => {
    const paths = document.paths as Record<string, { post: { requestBody: { required: boolean } } }>
    const isRequired = (path: string) => paths[path]?.post.requestBody.required
    expect(['/admin/drift', '/admin/webhooks/{id}/replay', '/payments/cancel-subscription'].map(isRequired)).toEqual([
      false,
      false,
      false,
    ])
    expect(['/payments/record-usage', '/payments/stripe-webhook'].map(isRequired)).toEqual([true, true])
  })

  test('has an example for each service, and the guide’s own numbers', () => {
    const { requests = [], answers = [] } = routes.find(({ path }) => path === '/payments/record-usage') ?? {}
    const text = JSON.stringify(requests)
    for (const service of ['voice_call', 'transcription', 'sms', 'custom_scenario', 'api_call', 'seconds'])
      expect(text).toContain(`"${service}"`)
    expect(answers.map(({ value }) => value)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ service_type: 'transcription', usage_amount: 45, cost: 90 }),
        expect.objectContaining({ service_type: 'voice_call', usage_amount: 23, cost: 115 }),
      ]),
    )
  })
})

describe('the page', () => {
  test('loads nothing that is not ours, and runs no script of its own', async () => {
    const { text, headers, status } = await http.get('/docs')
    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(text).toContain('<title>speech-billing</title>')
    expect(text).not.toMatch(/https?:|<script>|\son\w+=|style="/)
    expect(headers.get('content-security-policy')).toContain("script-src 'self';")
    const addresses = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address = '']) => address)
    expect(addresses.length).toBeGreaterThan(4)
    for (const address of addresses) {
      expect(address).toStartWith('/docs/')
      expect((await http.get(address)).status).toBe(200)
    }
  })

  test('has files with types and a time to be kept', async () => {
    for (const [name, type] of [
      ['swagger-ui.js', 'text/javascript; charset=utf-8'],
      ['swagger-ui.css', 'text/css; charset=utf-8'],
      ['start.js', 'text/javascript; charset=utf-8'],
      ['icon.svg', 'image/svg+xml'],
    ] as const) {
      const { headers } = await http.get(`/docs/${name}`)
      expect(headers.get('content-type')).toBe(type)
      expect(headers.get('cache-control')).toContain('max-age')
    }
  })
})
