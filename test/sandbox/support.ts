import { onTestFinished } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Stripe from 'stripe'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'

const cleanups: (() => Promise<void> | void)[] = []

/** Done at the end of the test, the last first. A hook here would be one of the first file alone that imports this. */
function cleanUp(task: () => Promise<void> | void): void {
  if (cleanups.length === 0) onTestFinished(cleanUpAll)
  cleanups.push(task)
}

async function cleanUpAll(): Promise<void> {
  while (cleanups.length > 0) await cleanups.pop()?.()
}

/** A running simulator that ends with the test. */
export async function startedSandbox(databaseFile = ':memory:'): Promise<Sandbox> {
  const sandbox = await startSandbox({ port: 0, databaseFile })
  cleanUp(() => sandbox.stop())
  return sandbox
}

/** The official client, aimed at it. */
export function clientOf(sandbox: Sandbox, key = 'sk_test_x', maxNetworkRetries = 0): Stripe {
  return new Stripe(key, {
    host: '127.0.0.1',
    port: Number(new URL(sandbox.url).port),
    protocol: 'http',
    maxNetworkRetries,
    telemetry: false,
  })
}

export async function started(): Promise<{ sandbox: Sandbox; stripe: Stripe }> {
  const sandbox = await startedSandbox()
  return { sandbox, stripe: clientOf(sandbox) }
}

export function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-'))
  cleanUp(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'sandbox.db')
}

interface RawAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: Readonly<Record<string, unknown>>
  readonly error: Readonly<Record<string, unknown>>
}

/** A call as curl would make it. */
export async function raw(
  sandbox: Sandbox,
  method: string,
  path: string,
  body?: string,
  headers: Record<string, string> = {},
): Promise<RawAnswer> {
  const response = await fetch(`${sandbox.url}${path}`, {
    method,
    headers: {
      authorization: 'Bearer sk_test_x',
      ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  })
  const parsed = (await response.json()) as Record<string, unknown>
  const error = (parsed.error ?? {}) as Record<string, unknown>
  return { status: response.status, headers: response.headers, body: parsed, error }
}

/** The error a call ends with; a call that succeeds fails the test. */
export async function refusalOf(call: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  try {
    await call
  } catch (reason) {
    if (reason instanceof Stripe.errors.StripeError) return reason
    throw reason
  }
  throw new Error('the call was expected to be refused')
}

/** A customer with a card as default, and a price to subscribe to. */
export async function readyToSubscribe(stripe: Stripe, card = 'pm_card_visa') {
  const customer = await stripe.customers.create({
    email: 'ann@example.com',
    payment_method: card,
    invoice_settings: { default_payment_method: card },
  })
  return { customer, price: await monthlyPrice(stripe) }
}

export async function monthlyPrice(stripe: Stripe, unit_amount = 3900): Promise<Stripe.Price> {
  const product = await stripe.products.create({ name: 'Pro' })
  return stripe.prices.create({ product: product.id, currency: 'usd', unit_amount, recurring: { interval: 'month' } })
}

/** A meter that adds minutes up. */
export function minutesMeter(stripe: Stripe): Promise<Stripe.Billing.Meter> {
  return stripe.billing.meters.create({
    display_name: 'Minutes',
    event_name: 'minutes',
    default_aggregation: { formula: 'sum' },
  })
}

export async function eventTypes(stripe: Stripe): Promise<string[]> {
  const events = await stripe.events.list({ limit: 100 })
  return events.data.map((event) => event.type).reverse()
}

/** A webhook receiver; `answer` may refuse. */
export function receiver(answer: (attempt: number) => number = () => 200) {
  const received: { body: string; signature: string; at: number }[] = []
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: async (request) => {
      const signature = request.headers.get('stripe-signature') ?? ''
      received.push({ body: await request.text(), signature, at: Date.now() })
      return new Response('', { status: answer(received.length) })
    },
  })
  cleanUp(() => server.stop(true))
  return { received, url: `http://127.0.0.1:${server.port}/hook` }
}

/** Waits until it holds. The limit is for what never comes about, and generous: a machine may be busy. */
export async function eventually(holds: () => boolean | Promise<boolean>, milliseconds = 60_000): Promise<void> {
  const end = performance.now() + milliseconds
  while (!(await holds())) {
    if (performance.now() > end) throw new Error('it did not happen in time')
    await Bun.sleep(10)
  }
}
