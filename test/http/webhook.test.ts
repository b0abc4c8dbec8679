import { describe, expect, test } from 'bun:test'
import { BillingError } from '../../src/domain/errors.ts'
import { problemCode, startHttp } from './support/http.ts'

const WEBHOOK = '/payments/stripe-webhook'
const GOOD = { 'stripe-signature': 'good' }

describe('an event of Stripe', () => {
  test('is stored with its very bytes, and the worker is woken once', async () => {
    const http = startHttp()
    const bytes = new TextEncoder().encode('evt_1 \u0000 {"a": 1.0}\r\n')
    for (let delivery = 0; delivery < 3; delivery++) {
      const answer = await http.post(WEBHOOK, undefined, bytes, GOOD)
      expect([answer.status, answer.body]).toEqual([200, { received: true }])
    }
    expect(http.events.stored).toBe(1)
    expect([...http.ports.store.events.values()].map(({ body }) => body)).toEqual([bytes])
  })

  test('needs no token, and no type', async () => {
    const answer = await startHttp().post(WEBHOOK, undefined, 'evt_1', { ...GOOD, 'content-type': '' })
    expect(answer.status).toBe(200)
  })

  test('with a wrong signature, or none, is refused and leaves nothing', async () => {
    const http = startHttp()
    for (const headers of [{}, { 'stripe-signature': '' }, { 'stripe-signature': 't=1,v1=00' }])
      expect(problemCode(await http.post(WEBHOOK, undefined, 'evt_1', headers))).toBe('400 invalid_signature')
    expect([http.ports.store.events.size, http.events.stored]).toEqual([0, 0])
  })

  test('that is none is refused though it is signed', async () => {
    for (const body of ['', 'null', '[]', '{'])
      expect(problemCode(await startHttp().post(WEBHOOK, undefined, body, GOOD))).toBe('400 invalid_event')
  })

  test('that is too large is refused', async () => {
    const http = startHttp()
    expect(problemCode(await http.post(WEBHOOK, undefined, `evt_${'x'.repeat(256 * 1024)}`, GOOD))).toBe(
      '413 payload_too_large',
    )
    expect((await http.post(WEBHOOK, undefined, `evt_${'x'.repeat(256 * 1024 - 4)}`, GOOD)).status).toBe(200)
  })

  test('that cannot be stored is to be sent again', async () => {
    const http = startHttp({
      billing: {
        receiveEvent: async () => {
          throw new BillingError('storage_unavailable', 'The disk is full.')
        },
      },
    })
    const answer = await http.post(WEBHOOK, undefined, 'evt_1', GOOD)
    expect(problemCode(answer)).toBe('503 storage_unavailable')
    expect(answer.headers.get('retry-after')).toBe('5')
    expect(http.events.stored).toBe(0)
  })
})
