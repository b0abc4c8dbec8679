import { expect, test } from 'bun:test'
import { createHmac } from 'node:crypto'
import { Stripe } from 'stripe'
import { webhookVerifier } from '../../src/adapters/stripe/webhook.ts'
import { BillingError } from '../../src/domain/errors.ts'

const SECRET = 'whsec_of_signatures'
const BODY = new TextEncoder().encode(
  '{"id":"evt_1","object":"event","type":"invoice.paid","data":{"object":{"id":"in_1","object":"invoice"}}}',
)
const verify = webhookVerifier(new Stripe('sk_test_signatures'), () => ['whsec_of_before', SECRET], Date.now)

/** Signed so many seconds from now. */
function signed(seconds: number, secret = SECRET): string {
  const time = Math.floor(Date.now() / 1_000) + seconds
  return `t=${time},v1=${createHmac('sha256', secret).update(`${time}.`).update(BODY).digest('hex')}`
}

async function refusal(header: string | null): Promise<string> {
  try {
    await verify(BODY, header)
  } catch (error) {
    if (error instanceof BillingError && error.code === 'invalid_signature') return error.message
    throw error
  }
  return 'taken'
}

test('a signature of the last five minutes is taken, by any of the secrets', async () => {
  expect(await refusal(signed(0))).toBe('taken')
  expect(await refusal(signed(-290))).toBe('taken')
  expect(await refusal(signed(290))).toBe('taken')
  expect(await refusal(signed(0, 'whsec_of_before'))).toBe('taken')
})

test('a forged one is told to look at the secret, and nothing of the time', async () => {
  for (const header of [signed(0, 'whsec_forged'), signed(-400, 'whsec_forged'), 't=1,v1=abc'])
    expect(await refusal(header)).toBe(
      'The signature could not be verified: it matches no webhook secret. Check that STRIPE_WEBHOOK_SECRET is the secret of this endpoint.',
    )
})

test('a header of another form is told what it should be', async () => {
  for (const header of ['hello', 't=,v1=', 't=1,v0=abc', 'v1=abc', signed(0).replace('v1', 'v0')])
    expect(await refusal(header)).toContain('is not as Stripe writes it, t=…,v1=…')
})

test('one of another time is told to look at the clock, and nothing of the secret', async () => {
  for (const [seconds, words] of [
    [-310, 'more than five minutes ago'],
    [310, 'more than five minutes in the future'],
  ] as const) {
    const told = await refusal(signed(seconds))
    expect(told).toContain(words)
    expect(told).toContain('set the clock of this machine'.slice(1))
    expect(told).not.toContain('STRIPE_WEBHOOK_SECRET')
  }
})

test('an old one is not made new by a second timestamp', async () => {
  const now = Math.floor(Date.now() / 1_000)
  expect(await refusal(`t=${now},${signed(-400)}`)).toContain('more than five minutes ago')
  expect(await refusal(`${signed(-400)},t=${now}`)).toContain('matches no webhook secret')
})

test('without a header there is nothing to verify', async () => {
  expect(await refusal(null)).toContain('there is no Stripe-Signature header')
})
