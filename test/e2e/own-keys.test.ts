import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLog } from '../../src/adapters/process/log.ts'
import { createStripe } from '../../src/adapters/stripe/client.ts'
import { readConfig } from '../../src/config/config.ts'
import { LEAST_EVENT_TYPES } from '../../src/domain/event-types.ts'
import type { Finding } from '../../src/domain/finding.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { start } from '../../src/start.ts'
import { runCommand } from '../support/command.ts'
import { TEST_JWT_SECRET } from '../support/server.ts'
import { until } from '../support/until.ts'

/*
 * The walk with one's own keys as a person goes it, with a separately started simulator in the place of Stripe.
 */

let sandbox: Sandbox
let folder: string
let keys: Record<string, string>

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'speech-billing-keys-'))
  sandbox = await startSandbox({ port: 0, databaseFile: ':memory:' })
  keys = {
    STRIPE_SECRET_KEY: 'sk_test_walk',
    STRIPE_PUBLISHABLE_KEY: 'pk_test_walk',
    STRIPE_API_BASE: sandbox.url,
    PUBLIC_URL: 'https://billing.example.com',
  }
})
afterAll(async () => {
  await sandbox.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function startAtSimulator(secrets: string) {
  const reading = readConfig({ ...variables(secrets), PORT: '0' })
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems))
  const lines: string[] = []
  const log = createLog('warning', (line) => lines.push(line))
  return { running: await start(reading.config, log), lines }
}

function variables(secrets: string) {
  return {
    ...keys,
    DATABASE_URL: `file:${join(folder, 'billing.db')}`,
    JWT_SECRET: TEST_JWT_SECRET,
    STRIPE_WEBHOOK_SECRET: secrets,
  }
}

test('plans check names what Stripe lacks, stripe setup makes it, and then both find nothing', async () => {
  const before = await runCommand('plans check', folder, keys)
  expect(before).toMatchObject({ code: 1, complaints: '' })
  expect(before.out).toContain('  ! price pro_monthly: Stripe has no price under this lookup key')
  expect(before.out).toContain('  ! meter sms: Stripe has no meter with this event name')

  const looked = await runCommand('stripe setup --dry-run', folder, keys)
  expect(looked).toMatchObject({ code: 0, complaints: '' })
  expect(looked.out).toEndWith('26 to make.\n')
  expect(await runCommand('stripe setup', folder, keys)).toMatchObject({ code: 2 })

  const made = await runCommand('stripe setup --yes', folder, keys)
  expect(made.code).toBe(0)
  expect(made.complaints).toContain('[26/26] made event destination')
  const [, secrets = ''] = /^STRIPE_WEBHOOK_SECRET=(whsec_\w+,whsec_\w+)$/m.exec(made.out) ?? []
  expect(secrets).not.toBe('')

  const again = await runCommand('stripe setup', folder, { ...keys, STRIPE_WEBHOOK_SECRET: secrets })
  expect(again).toMatchObject({ code: 0, complaints: '' })
  expect(again.out).toContain('Nothing to do: all 26 are as they should be.')
  expect(await runCommand('plans check', folder, keys)).toMatchObject({ code: 0 })

  const { running } = await startAtSimulator(secrets)
  expect(await running.problems).toEqual([])
  await running.stop()
}, 120_000)

test('a simulator on ones own machine gets the endpoint there, without PUBLIC_URL too', async () => {
  for (const place of [{ PUBLIC_URL: 'http://localhost:8000' }, { PUBLIC_URL: '' }, { PUBLIC_URL: '', PORT: '9000' }]) {
    const { code, out } = await runCommand('stripe setup --dry-run', folder, { ...keys, ...place })
    const url = `http://localhost:${place.PORT ?? 8000}/payments/stripe-webhook`
    expect([code, out]).toEqual([0, expect.stringContaining(`webhook endpoint   ${url}`)])
  }
})

test('where the port is any free one no endpoint is made, and the command says how events come there', async () => {
  const { code, out } = await runCommand('stripe setup --dry-run', folder, { ...keys, PUBLIC_URL: '', PORT: '0' })
  expect(code).toBe(0)
  expect(out).not.toContain('webhook endpoint   ')
  expect(out).toContain('stripe listen --forward-to localhost:0/payments/stripe-webhook')
})

test('without a key there is nothing to set up', async () => {
  const { code, complaints } = await runCommand('stripe setup', folder, {})
  expect(code).toBe(2)
  expect(complaints).toContain('STRIPE_SECRET_KEY is missing, and the simulator')
})

test('the words of a key that Stripe does not know, and of a Stripe that is not there', async () => {
  const live = await runCommand('stripe setup', folder, {
    ...keys,
    STRIPE_SECRET_KEY: 'sk_live_wrong',
    APP_ENV: 'production',
  })
  expect(live).toMatchObject({ code: 1, complaints: expect.stringContaining('Stripe does not know the key') })
  const nobody = await runCommand('plans check', folder, { ...keys, STRIPE_API_BASE: 'http://127.0.0.1:9' })
  expect(nobody).toMatchObject({ code: 1, complaints: expect.stringContaining('Stripe could not be reached.') })
}, 120_000)

describe('doctor', () => {
  const look = async (changes: Record<string, string> = {}) => {
    const { code, out } = await runCommand('doctor --json', folder, { ...variables('whsec_any'), ...changes })
    const { findings }: { findings: Finding[] } = JSON.parse(out)
    const notable = findings.filter(({ status }) => status !== 'ok')
    return { code, findings, notable: notable.map(({ name, status }) => `${status} ${name}`) }
  }

  test('finds nothing to mend where all is set up, and says what it looked at', async () => {
    const { code, findings, notable } = await look()
    expect({ code, notable }).toEqual({ code: 0, notable: [] })
    expect(findings.map(({ name }) => name)).toEqual([
      'configuration',
      'database',
      'migrations',
      'disk',
      'inbox',
      'outbox',
      'server',
      'stripe',
      'clock',
      'prices and meters',
      'webhook endpoint',
      'event types',
      'meter errors',
      'tokens',
    ])
  }, 120_000)

  test('asks the running server, which tells at its start what the endpoint does not send', async () => {
    const stripe = createStripe({ secretKey: 'sk_test_walk', apiBase: sandbox.url })
    const { data } = await stripe.webhookEndpoints.list()
    const [id, types] = [data[0]?.id ?? '', [...LEAST_EVENT_TYPES] as 'invoice.paid'[]]
    await stripe.webhookEndpoints.update(id, { enabled_events: types })
    const { running, lines } = await startAtSimulator('whsec_any')
    await running.problems
    // What was missed is fetched at the same time, which may be told as well, before it or after it.
    const told = await until(
      () => lines.filter((line) => !line.includes('were fetched')),
      (others) => others.length > 0,
    )
    expect(told).toHaveLength(1)
    expect(told[0]).toContain('without payment_intent.succeeded, payment_intent.payment_failed')
    const { code, findings, notable } = await look()
    expect({ code, notable }).toEqual({ code: 0, notable: ['warning event types'] })
    expect(findings.find(({ name }) => name === 'server')?.detail).toBe('A server runs on this database and is ready.')
    await running.stop()
    await stripe.webhookEndpoints.update(id, { enabled_events: ['invoice.paid'] })
    expect(await look()).toMatchObject({ code: 1, notable: ['problem event types'] })
  }, 120_000)

  test('has nothing against a simulator whose clock was moved', async () => {
    await fetch(`${sandbox.url}/_sim/clock`, { method: 'POST', body: new URLSearchParams({ advance: '4d' }) })
    const { findings } = await look()
    expect(findings.find(({ name }) => name === 'clock')?.status).toBe('ok')
  }, 120_000)

  test('names what is wrong with the configuration and looks at the rest', async () => {
    const { code, notable } = await look({
      JWT_SECRET: 'short',
      STRIPE_API_BASE: 'http://127.0.0.1:9',
      LOG_LEVEL: 'loud',
    })
    expect(code).toBe(1)
    expect(notable).toEqual(['problem configuration', 'problem configuration', 'problem stripe'])
  }, 120_000)
})
