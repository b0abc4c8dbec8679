import { afterAll, beforeAll, expect, test } from 'bun:test'
import { createStripe } from '../../src/adapters/stripe/client.ts'
import { stripeGateway } from '../../src/adapters/stripe/gateway.ts'
import { stripeObservatory } from '../../src/adapters/stripe/observatory.ts'
import { type Billing, createBilling } from '../../src/billing.ts'
import type { Ports } from '../../src/ports.ts'
import type { ChangeRequest } from '../../src/usecases/change-plan.ts'
import { resumeWishes } from '../../src/usecases/resume-wishes.ts'
import { memoryPorts } from '../support/memory-ports.ts'
import { openSandboxStage, type SandboxStage } from '../support/sandbox-ports.ts'
import { SEVERAL_PRICES } from '../support/several-prices.ts'

/**
 * Wishes that are broken off at each of their calls to Stripe in turn, before its effect or after it, as when the power goes:
 * nothing more reaches Stripe until all is taken up again, at once or after so long that what is not made is dropped.
 */
let stage: SandboxStage
let proxy: Bun.Server<undefined>
/** How many calls still go through; the last of them, `after` its effect, without its answer. */
let left = Number.POSITIVE_INFINITY
let breaks: 'before' | 'after' = 'before'

beforeAll(async () => {
  stage = await openSandboxStage(SEVERAL_PRICES)
  proxy = Bun.serve({ port: 0, fetch: passOn })
})
afterAll(async () => {
  await proxy.stop(true)
  await stage.close()
})

async function passOn(request: Request): Promise<Response> {
  left -= 1
  if (left < 0 || (left === 0 && breaks === 'before')) return broken()
  const { pathname, search } = new URL(request.url)
  const [{ method, headers }, body] = [request, await request.text()]
  headers.delete('host')
  const answer = await fetch(stage.sandbox.url + pathname + search, {
    method,
    headers,
    ...(body === '' ? {} : { body }),
  })
  const text = await answer.text()
  return left === 0 ? broken() : new Response(text, { status: answer.status, headers: answer.headers })
}

/** The SDK would wait for a second and try it again. */
function broken(): Response {
  return new Response(null, { status: 503, headers: { 'stripe-should-retry': 'false' } })
}

interface World {
  readonly user: string
  readonly ports: Ports
  readonly billing: Billing
}

let worlds = 0

function newWorld(): World {
  const stripe = createStripe({ secretKey: 'sk_test_broken', apiBase: proxy.url.origin })
  const ports: Ports = {
    ...stage.ports,
    ...memoryPorts(SEVERAL_PRICES),
    clock: stage.ports.clock,
    priceIds: stage.ports.priceIds,
    newId: (prefix) => `${prefix}_${crypto.randomUUID()}`,
    gateway: stripeGateway(stripe, { automaticTax: false }),
    observatory: stripeObservatory(stripe),
  }
  worlds += 1
  return { user: `user${worlds}`, ports, billing: createBilling(ports) }
}

const nobody = { person: { email: null, name: null }, key: null }
const undecided = { priceId: null, when: null, prorationDate: null, paymentMethodId: null, promotionCode: null }
const subscribe = ({ user, billing }: World, planName: string, paymentMethodId: string | null = 'pm_card_visa') =>
  billing.subscribe({ user, ...nobody, planName, priceId: null, paymentMethodId })
const change = ({ user, billing }: World, planName: string, more: Partial<ChangeRequest> = {}) =>
  billing.changePlan({ user, ...nobody, ...undecided, planName, ...more })
const cancel = ({ user, billing }: World) =>
  billing.cancelSubscription({ user, ...nobody, atPeriodEnd: true, reason: null, feedback: null })

/** What there is before, and what is wished for. */
const WISHES: Readonly<
  Record<string, readonly [(world: World) => Promise<unknown>, (world: World) => Promise<unknown>]>
> = {
  'a first subscription': [async () => {}, (world) => subscribe(world, 'pro_monthly')],
  'a change with another card': [
    (world) => subscribe(world, 'basic_monthly'),
    (world) => change(world, 'pro_monthly', { paymentMethodId: 'pm_card_mastercard' }),
  ],
  'a change that is declined': [
    (world) => subscribe(world, 'basic_monthly'),
    (world) => change(world, 'pro_monthly', { paymentMethodId: 'pm_card_chargeCustomerFail' }),
  ],
  'a downgrade in place of the end': [
    (world) => subscribe(world, 'pro_monthly').then(() => cancel(world)),
    (world) => change(world, 'basic_monthly'),
  ],
}

/** What must not be, in words; empty when all is well. */
async function faultsOf({ user, ports }: World): Promise<readonly string[]> {
  const { customerId, openIntents, subscriptions } = await ports.ledger.account(user, { intents: true })
  const made = (await stage.stripe.customers.list({ limit: 100 })).data.filter(
    ({ metadata }) => metadata.user_id === user,
  )
  const faults = made.some(({ id }) => id !== customerId) ? ['a customer that is nobody’s'] : []
  if (openIntents.length > 0) faults.push('a wish that is still open')
  if (customerId === null) return faults
  const { data } = await stage.stripe.subscriptions.list({ customer: customerId, expand: ['data.schedule'] })
  for (const { id, metadata, status, pending_update, cancel_at_period_end, schedule, items } of data) {
    const known = subscriptions.find((subscription) => subscription.id === id)
    if (known?.status !== status || known.priceId !== items.data[0]?.price.id)
      faults.push('another state than at Stripe')
    if ((known?.cancelAt !== null) !== cancel_at_period_end) faults.push('another end than at Stripe')
    if (metadata.replaced_payment_method !== undefined) faults.push('a card that was not charged')
    if (pending_update !== null) faults.push('a change that waits for nobody')
    if (cancelled.has(user) && !cancel_at_period_end && schedule === null)
      faults.push('neither the end nor the downgrade')
  }
  return faults
}

const cancelled = new Set<string>()

for (const [name, [begin, wish]] of Object.entries(WISHES))
  for (const minutes of [0, 20])
    test(`${name}, broken off anywhere and taken up after ${minutes} minutes, leaves nothing half done`, async () => {
      const faults: string[] = []
      for (breaks of ['before', 'after'] as const)
        for (let calls = 1, isBroken = true; isBroken; calls++) {
          const world = newWorld()
          left = Number.POSITIVE_INFINITY
          await begin(world)
          if (name.includes('in place of the end')) cancelled.add(world.user)
          left = calls
          await wish(world).catch(() => {})
          isBroken = left <= 0
          left = Number.POSITIVE_INFINITY
          if (minutes > 0 && isBroken) await stage.advance(minutes * 60)
          await resumeWishes({ ...world.ports, onFailure: (_user, error) => faults.push(String(error)) })
          for (const fault of await faultsOf(world)) faults.push(`${fault}: ${breaks} call ${calls}`)
        }
      expect(faults).toEqual([])
    }, 120_000)
