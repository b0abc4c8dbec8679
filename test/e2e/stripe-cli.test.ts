import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLog } from '../../src/adapters/process/log.ts'
import { readConfig } from '../../src/config/config.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { start } from '../../src/start.ts'
import { TEST_JWT_SECRET } from '../support/server.ts'

/*
 * Somebody else's prices: the official CLI makes them at a separately started simulator, under the lookup keys of the
 * catalogue, and the program is pointed there by STRIPE_API_BASE.
 */

const cli = process.env.STRIPE_CLI
if (cli === undefined) console.log('skipped: the Stripe CLI is not here; .ci/run installs it and sets STRIPE_CLI')

let sandbox: Sandbox
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'speech-billing-cli-'))
  sandbox = await startSandbox({ port: 0, databaseFile: ':memory:' })
})
afterAll(async () => {
  await sandbox.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function stripe(...words: readonly string[]) {
  const where = ['--api-base', sandbox.url, '--api-key', 'sk_test_1234567890abcdef']
  const env = { HOME: folder, PATH: process.env.PATH ?? '', STRIPE_CLI_TELEMETRY_OPTOUT: '1' }
  const child = Bun.spawn([cli ?? 'stripe', ...words, ...where], {
    env,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, complaints] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  if ((await child.exited) !== 0) throw new Error(out + complaints)
  return JSON.parse(out)
}

async function startAtSimulator() {
  const reading = readConfig({
    PORT: '0',
    DATABASE_URL: `file:${join(folder, 'billing.db')}`,
    JWT_SECRET: TEST_JWT_SECRET,
    STRIPE_SECRET_KEY: 'sk_test_walk',
    STRIPE_PUBLISHABLE_KEY: 'pk_test_walk',
    STRIPE_WEBHOOK_SECRET: 'whsec_walk',
    STRIPE_API_BASE: sandbox.url,
  })
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems))
  return start(reading.config, createLog('error'))
}

describe("the walk with one's own test keys", () => {
  test('names every price that Stripe does not have', async () => {
    const running = await startAtSimulator()
    expect((await running.problems).map(({ problem }) => problem.split(' ').at(-1) ?? '')).toEqual([
      'basic_monthly',
      'pro_monthly',
      'enterprise_monthly',
      'usage_based',
      ...['voice_call', 'transcription', 'sms', 'custom_scenario', 'api_call'].map(
        (service) => `usage_based.${service}`,
      ),
    ])
    await running.stop()
  })

  test.skipIf(cli === undefined)(
    'finds prices that were made by hand with the Stripe CLI',
    async () => {
      const monthly = ['--currency=usd', '-d', 'recurring[interval]=month']
      for (const [plan, amount] of Object.entries({
        basic_monthly: 900,
        pro_monthly: 3900,
        enterprise_monthly: 29900,
        usage_based: 0,
      })) {
        await stripe('products', 'create', `--id=speech_${plan}`, `--name=${plan}`)
        await stripe(
          'prices',
          'create',
          `--product=speech_${plan}`,
          ...monthly,
          `--unit-amount=${amount}`,
          `--lookup-key=${plan}`,
        )
      }
      for (const [service, rate] of Object.entries({
        voice_call: 5,
        transcription: 2,
        sms: 1,
        custom_scenario: 500,
        api_call: 0,
      })) {
        const named = [`--display-name=${service}`, `--event-name=${service}`, '-d', 'default_aggregation[formula]=sum']
        const meter = await stripe('billing', 'meters', 'create', ...named)
        const metered = ['-d', 'recurring[usage_type]=metered', '-d', `recurring[meter]=${meter.id}`]
        await stripe(
          'prices',
          'create',
          '--product=speech_usage_based',
          ...monthly,
          ...metered,
          `--unit-amount-decimal=${rate}`,
          `--lookup-key=usage_based.${service}`,
        )
      }
      const running = await startAtSimulator()
      expect(await running.problems).toEqual([])
      await running.stop()
    },
    60_000,
  )
})
