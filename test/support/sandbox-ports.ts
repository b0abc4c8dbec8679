import type { Stripe } from 'stripe'
import { findPrices } from '../../src/adapters/stripe/prices.ts'
import { type Billing, createBilling } from '../../src/billing.ts'
import type { Catalogue } from '../../src/domain/catalogue.ts'
import { observe } from '../../src/domain/observation.ts'
import type { Ports } from '../../src/ports.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { memoryPorts } from './memory-ports.ts'
import { openSandboxGateway } from './sandbox-gateway.ts'

export interface SandboxStage {
  readonly ports: Ports
  readonly billing: Billing
  readonly stripe: Stripe
  readonly sandbox: Sandbox
  /** Stripe's id of a price of the catalogue. */
  priceOf(lookupKey: string): string
  /** Moves the simulator's clock, and business time with it. */
  advance(seconds: number): Promise<void>
  /** Takes in how a subscription is now, as a webhook would. */
  observe(user: string, subscriptionId: string): Promise<void>
  close(): Promise<void>
}

/** The use cases on books in memory, with the real SDK at the simulator, which is at the same time. */
export async function openSandboxStage(catalogue: Catalogue, others: Partial<Ports> = {}): Promise<SandboxStage> {
  const { sandbox, stripe, gateway, observatory, look, close } = await openSandboxGateway(catalogue)
  const { priceIds } = await findPrices(stripe, catalogue)
  const now = () => Date.now() + sandbox.clock().offsetSeconds * 1_000
  const clock = { now, wall: Date.now }
  const ports: Ports = { ...memoryPorts(catalogue), gateway, observatory, clock, priceIds: () => priceIds, ...others }
  return {
    ports,
    billing: createBilling(ports),
    stripe,
    sandbox,
    priceOf: (lookupKey) => priceIds.get(lookupKey) ?? 'price_missing',
    async advance(seconds) {
      const body = new URLSearchParams({ advance: `${seconds}s` })
      const moved = await fetch(`${sandbox.url}/_sim/clock`, { method: 'POST', body })
      if (!moved.ok) throw new Error(`The clock could not be moved: ${await moved.text()}`)
    },
    async observe(user, subscriptionId) {
      const subscription = await look(subscriptionId)
      if (subscription === null) return
      const knowledge = { catalogue, priceIds, at: now() }
      await ports.ledger.change(user, {}, (account) => ({
        changes: observe(account, { type: 'subscription', subscription }, knowledge),
        result: undefined,
      }))
    },
    close,
  }
}
