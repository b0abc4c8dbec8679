import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Stripe } from 'stripe'
import { startTestServer, type TestServer, tokenOf } from '../support/server.ts'

/** Sends every request of docs/selling.md as it stands there and compares the answer that follows it. */

interface Exchange {
  readonly section: string
  readonly request: string
  readonly answer: string | null
}

const text = await Bun.file('docs/selling.md').text()
const blocks = [...text.matchAll(/^## (.+)$|^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, heading, language, body = '']) => ({
  heading,
  language,
  body,
}))
const catalogue = blocks.find(({ language, body }) => language === 'json' && body.includes('"plans"'))?.body ?? ''

function exchanges(): readonly Exchange[] {
  let section = ''
  return blocks.flatMap(({ heading, language, body }, index) => {
    if (heading !== undefined) section = heading
    if (language !== 'http') return []
    const next = blocks[index + 1]
    return [{ section, request: body, answer: next?.language === 'json' ? next.body : null }]
  })
}

const folder = mkdtempSync(join(tmpdir(), 'speech-billing-docs-'))
let plain: TestServer
let taxed: TestServer

beforeAll(async () => {
  const file = join(folder, 'plans.json')
  writeFileSync(file, catalogue)
  const variables = { PLANS_FILE: file, RETURN_ORIGINS: 'https://app.example.com' }
  plain = await startTestServer(variables)
  taxed = await startTestServer({ ...variables, STRIPE_AUTOMATIC_TAX: 'true' })
  const { hostname, port } = new URL(plain.simulator)
  const stripe = new Stripe('sk_test_docs', { host: hostname, port, protocol: 'http', telemetry: false })
  const coupon = await stripe.coupons.create({ percent_off: 20, duration: 'repeating', duration_in_months: 3 })
  await stripe.promotionCodes.create({ promotion: { type: 'coupon', coupon: coupon.id }, code: 'WELCOME20' })
})
afterAll(async () => {
  await Promise.all([plain.stop(), taxed.stop()])
  rmSync(folder, { recursive: true })
})

describe('docs/selling.md', () => {
  test('has its requests and a catalogue', () => {
    expect(exchanges().length).toBeGreaterThan(10)
    expect(JSON.parse(catalogue).plans).toHaveLength(1)
  })

  for (const { section, request, answer } of exchanges())
    test(`${section}: ${request.split('\n')[0]}`, async () => {
      const [, method = '', path = '', who = ''] = /^(\w+) (\S+)\nAuthorization: Bearer \$(\w+)$/m.exec(request) ?? []
      const body = request.split('\n\n')[1]
      const token = await tokenOf(who.toLowerCase(), who === 'OPERATOR' ? 'operator' : null)
      const server = section === 'Tax' ? taxed : plain
      const seen = await server.call(method, path, token, body === undefined ? undefined : JSON.parse(body))
      const shown = answer === null ? null : JSON.parse(answer)
      expect(seen.status).toBe(typeof shown?.status === 'number' ? shown.status : seen.status < 300 ? seen.status : 200)
      if (shown !== null) expect(comparable(seen.body)).toEqual(comparable(shown))
    })
})

/** Ids, addresses and times differ from run to run; names, words and figures do not. */
function comparable(answer: unknown): unknown {
  return JSON.parse(
    JSON.stringify(answer, (_, value) =>
      typeof value === 'string' && /^(sub|pi|cs_test|request)_|^\d{4}-\d\d-\d\dT|^http:/.test(value)
        ? 'some id or time'
        : value,
    ),
  )
}
