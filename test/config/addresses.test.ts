import { expect, test } from 'bun:test'
import { stripeWebhookUrl } from '../../src/config/addresses.ts'

const KEYS = {
  kind: 'stripe',
  secretKey: 'sk_test_addresses',
  publishableKey: null,
  webhookSecrets: [],
  livemode: false,
} as const
const atStripe = { port: 8000, stripe: { ...KEYS, apiBase: null } }
const atSimulator = { port: 8000, stripe: { ...KEYS, apiBase: 'http://127.0.0.1:12111' } }
const behindProxy = { port: 8000, stripe: { ...KEYS, apiBase: 'https://stripe-proxy.example.com' } }

test('Stripe reaches a public address and nothing on this machine', () => {
  for (const config of [atStripe, behindProxy]) {
    const at = (publicUrl: string | null) => stripeWebhookUrl({ ...config, publicUrl })
    expect(at('https://billing.example.com')).toBe('https://billing.example.com/payments/stripe-webhook')
    expect([at(null), at('http://localhost:8000'), at('http://127.0.0.1:9')]).toEqual([null, null, null])
  }
})

test('a simulator on this machine reaches it, unless nobody knows the port yet', () => {
  const at = (publicUrl: string | null, port = 8000) => stripeWebhookUrl({ ...atSimulator, publicUrl, port })
  expect(at('https://billing.example.com')).toBe('https://billing.example.com/payments/stripe-webhook')
  expect(at('http://127.0.0.1:9')).toBe('http://127.0.0.1:9/payments/stripe-webhook')
  expect(at(null)).toBe('http://localhost:8000/payments/stripe-webhook')
  expect(at(null, 0)).toBe(null)
})
