import { join } from 'node:path'
import type { Stripe } from 'stripe'
import { acquireLock } from '../adapters/process/lock.ts'
import { createStripe } from '../adapters/stripe/client.ts'
import { setUpCatalogue } from '../adapters/stripe/setup.ts'
import type { Config } from '../config/config.ts'
import { startSandbox } from '../sandbox/sandbox.ts'

/** Stripe as this program reaches it: the real one, or the simulator inside. The rest cannot tell the difference. */
export interface StripeAccess {
  readonly stripe: Stripe
  readonly livemode: boolean
  readonly publishableKey: string | null
  /** Stripe takes 1,000 meter events a second from a live account, and 25 calls of any kind from a sandbox. */
  readonly meterCallsPerSecond: number
  /** For reading lists in the background: a small part of the 100 (25) calls a second, so that buyers never wait for it. */
  readonly listCallsPerSecond: number
  /** How far business time is ahead of the wall clock: the simulator's clock can be moved. */
  readonly clockOffsetMs: () => number
  readonly webhookSecrets: () => readonly string[]
  /** Of the simulator; null with Stripe itself. */
  readonly simulatorUrl: string | null
  /** What is left to do once the server listens: the simulator learns the catalogue and where to send events. */
  connect(port: number): Promise<void>
  close(): Promise<void>
}

/** Stripe for the configured keys; without keys the simulator, which starts here and takes its port and its file. */
export async function openStripe(config: Config, log: (line: string) => void): Promise<StripeAccess> {
  if (config.stripe.kind === 'sandbox') return openSandbox(config, config.stripe, log)
  const { webhookSecrets, livemode, publishableKey } = config.stripe
  return {
    stripe: createStripe(config.stripe),
    livemode,
    meterCallsPerSecond: livemode ? 500 : 15,
    listCallsPerSecond: livemode ? 20 : 8,
    clockOffsetMs: () => 0,
    publishableKey,
    webhookSecrets: () => webhookSecrets,
    simulatorUrl: null,
    connect: async () => {},
    close: async () => {},
  }
}

/** Any test key will do: all are one account. */
const SANDBOX_KEY = 'sk_test_sandbox'
const SANDBOX_PUBLISHABLE_KEY = 'pk_test_sandbox'

async function openSandbox(
  config: Config,
  { port, webhookSecret }: Extract<Config['stripe'], { kind: 'sandbox' }>,
  log: (line: string) => void,
): Promise<StripeAccess> {
  const databaseFile = join(config.dataFolder, 'sandbox.db')
  const lock = acquireLock(databaseFile)
  const sandbox = await startSandbox({ port, databaseFile, log })
  const stripe = createStripe({ secretKey: SANDBOX_KEY, apiBase: sandbox.url })
  let secrets: readonly string[] = []
  return {
    stripe,
    livemode: false,
    meterCallsPerSecond: 2_000,
    listCallsPerSecond: 2_000,
    clockOffsetMs: () => sandbox.clock().offsetSeconds * 1_000,
    publishableKey: SANDBOX_PUBLISHABLE_KEY,
    webhookSecrets: () => secrets,
    simulatorUrl: sandbox.url,
    async connect(serverPort) {
      const url = `http://127.0.0.1:${serverPort}/payments/stripe-webhook`
      // The catalogue first: its events would only fill the inbox.
      await setUpCatalogue(stripe, config.catalogue)
      secrets = [sandbox.connectWebhook(url, webhookSecret ?? undefined)]
    },
    async close() {
      await sandbox.stop()
      lock.release()
    },
  }
}
