import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLog } from '../../src/adapters/process/log.ts'
import { readConfig } from '../../src/config/config.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { start } from '../../src/start.ts'
import { runCommand } from '../support/command.ts'
import { TEST_JWT_SECRET } from '../support/server.ts'

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

test('plans check names what Stripe lacks, stripe setup makes it, and then both find nothing', async () => {
  const before = await runCommand('plans check', folder, keys)
  expect(before).toMatchObject({ code: 1, complaints: '' })
  expect(before.out).toContain('  ! price pro_monthly: Stripe has no price under this lookup key')
  expect(before.out).toContain('  ! meter sms: Stripe has no meter with this event name')

  const looked = await runCommand('stripe setup --dry-run', folder, keys)
  expect(looked).toMatchObject({ code: 0, complaints: '' })
  expect(looked.out).toEndWith('21 to make.\n')
  expect(await runCommand('stripe setup', folder, keys)).toMatchObject({ code: 2 })

  const made = await runCommand('stripe setup --yes', folder, keys)
  expect(made.code).toBe(0)
  expect(made.complaints).toContain('[21/21] made event destination')
  const [, secrets = ''] = /^STRIPE_WEBHOOK_SECRET=(whsec_\w+,whsec_\w+)$/m.exec(made.out) ?? []
  expect(secrets).not.toBe('')

  const again = await runCommand('stripe setup', folder, { ...keys, STRIPE_WEBHOOK_SECRET: secrets })
  expect(again).toMatchObject({ code: 0, complaints: '' })
  expect(again.out).toContain('Nothing to do: all 21 are as they should be.')
  expect(await runCommand('plans check', folder, keys)).toMatchObject({ code: 0 })

  const reading = readConfig({
    ...keys,
    PORT: '0',
    DATABASE_URL: `file:${join(folder, 'billing.db')}`,
    JWT_SECRET: TEST_JWT_SECRET,
    STRIPE_WEBHOOK_SECRET: secrets,
  })
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems))
  const running = await start(reading.config, createLog('error'))
  expect(await running.problems).toEqual([])
  await running.stop()
}, 30_000)

test('on ones own machine no endpoint is made, and the command says how events come there', async () => {
  const { code, out } = await runCommand('stripe setup --dry-run', folder, {
    ...keys,
    PUBLIC_URL: 'http://localhost:8000',
  })
  expect(code).toBe(0)
  expect(out).not.toContain('webhook endpoint   ')
  expect(out).toContain('stripe listen --forward-to localhost:8000/payments/stripe-webhook')
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
  expect(nobody).toMatchObject({ code: 1, complaints: expect.stringContaining('Stripe did not answer') })
}, 30_000)
