import type { Stripe } from 'stripe'
import { stripeObservatory } from '../../src/adapters/stripe/observatory.ts'
import { findPrices } from '../../src/adapters/stripe/prices.ts'
import { webhookVerifier } from '../../src/adapters/stripe/webhook.ts'
import { BUILT_IN_PLANS } from '../../src/config/built-in-plans.ts'
import type { PriceIds } from '../../src/domain/catalogue.ts'
import type { Instant } from '../../src/domain/period.ts'
import type { StripeEvent } from '../../src/domain/webhook-event.ts'
import type { Observatory } from '../../src/ports.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { openSandboxGateway } from './sandbox-gateway.ts'
import { type StripeTruth, stripeTruth } from './stripe-truth.ts'

export interface LifeEvent {
  /** As the program's own verifier reads the signed delivery. */
  readonly event: StripeEvent
  readonly body: Uint8Array
  readonly object: object
}

/** What one customer lived through at the simulator, which stands still from then on. */
export interface Life {
  readonly name: string
  readonly customer: string
  /** In the order in which they came about. */
  readonly events: readonly LifeEvent[]
  /** Each object is asked for once: the answers cannot change any more. */
  readonly observatory: Observatory
  readonly priceIds: PriceIds
  readonly truth: StripeTruth
  /** Business time at its end. */
  readonly now: Instant
}

interface Stage {
  readonly stripe: Stripe
  readonly sandbox: Sandbox
  readonly customer: string
  readonly basic: string
  readonly pro: string
}

const SECRET = 'whsec_of_lives'

/** Each makes a subscription by Stripe's SDK and lets something happen to it. */
const STORIES: Readonly<Record<string, (stage: Stage) => Promise<unknown>>> = {
  subscribe: (stage) => subscribed(stage),
  'three-d-secure': async (stage) => {
    await setCard(stage, 'pm_card_authenticationRequired')
    const made = await subscribed(stage)
    await control(stage, `payment_intents/${await paymentOf(stage, made.id)}/authenticate`, { outcome: 'succeed' })
  },
  renew: async (stage) => {
    await subscribed(stage)
    await pass(stage, '32d')
  },
  'fail and recover': async (stage) => {
    const made = await subscribed(stage)
    await setCard(stage, 'pm_card_chargeCustomerFail')
    await pass(stage, '32d')
    await setCard(stage, 'pm_card_visa')
    const [open] = (await stage.stripe.invoices.list({ subscription: made.id, limit: 1 })).data
    await stage.stripe.invoices.pay(open?.id ?? '')
  },
  upgrade: async (stage) => {
    const made = await subscribed(stage)
    const items = [{ id: made.items.data[0]?.id ?? '', price: stage.pro }]
    await stage.stripe.subscriptions.update(made.id, { items, proration_behavior: 'always_invoice' })
  },
  cancel: async (stage) => {
    const made = await subscribed(stage)
    await stage.stripe.subscriptions.update(made.id, { cancel_at_period_end: true })
    await pass(stage, '32d')
  },
  refund: async (stage) => {
    const made = await subscribed(stage)
    const payment_intent = await paymentOf(stage, made.id)
    await stage.stripe.refunds.create({ payment_intent, amount: 300 })
    await stage.stripe.refunds.create({ payment_intent, amount: 200 })
  },
  dispute: async (stage) => {
    await setCard(stage, 'pm_card_createDispute')
    await subscribed(stage)
  },
}

export const LIVES: readonly string[] = Object.keys(STORIES)

/** Plays a life at a simulator of its own. Close it when its answers are no longer needed. */
export async function recordLife(name: string): Promise<Life & { close(): Promise<void> }> {
  const { sandbox, stripe, close } = await openSandboxGateway()
  const { priceIds } = await findPrices(stripe, BUILT_IN_PLANS)
  const customer = await customerWithCard(stripe)
  const price = (lookupKey: string) => priceIds.get(lookupKey) ?? ''
  await STORIES[name]?.({ stripe, sandbox, customer, basic: price('basic_monthly'), pro: price('pro_monthly') })
  return {
    name,
    customer,
    events: await eventsOf(stripe, customer),
    observatory: remembering(stripeObservatory(stripe)),
    priceIds,
    truth: await stripeTruth(stripe, customer),
    now: Date.now() + sandbox.clock().offsetSeconds * 1_000,
    close,
  }
}

async function customerWithCard(stripe: Stripe): Promise<string> {
  const card = 'pm_card_visa'
  const invoice_settings = { default_payment_method: card }
  const { id } = await stripe.customers.create({ email: 'ann@example.com', payment_method: card, invoice_settings })
  return id
}

function subscribed({ stripe, customer, basic }: Stage): Promise<Stripe.Subscription> {
  const metadata = { user_id: 'ann' }
  const items = [{ price: basic }]
  return stripe.subscriptions.create({ customer, items, metadata, payment_behavior: 'allow_incomplete' })
}

async function setCard({ stripe, customer }: Stage, card: string): Promise<void> {
  const { id } = await stripe.paymentMethods.attach(card, { customer })
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: id } })
}

async function paymentOf({ stripe }: Stage, subscription: string): Promise<string> {
  const { data } = await stripe.invoices.list({ subscription, expand: ['data.payments'] })
  return String(data[0]?.payments?.data[0]?.payment.payment_intent)
}

function pass(stage: Stage, advance: string): Promise<void> {
  return control(stage, 'clock', { advance })
}

async function control({ sandbox }: Stage, path: string, body: Record<string, string>): Promise<void> {
  const answer = await fetch(`${sandbox.url}/_sim/${path}`, { method: 'POST', body: new URLSearchParams(body) })
  if (!answer.ok) throw new Error(`/_sim/${path} answered ${answer.status}: ${await answer.text()}`)
}

async function eventsOf(stripe: Stripe, customer: string): Promise<readonly LifeEvent[]> {
  const verify = webhookVerifier(stripe, () => [SECRET], Date.now)
  const events: LifeEvent[] = []
  for await (const sent of stripe.events.list({ limit: 100 })) {
    const text = JSON.stringify(sent)
    const time = Math.floor(Date.now() / 1_000)
    const digest = new Bun.CryptoHasher('sha256', SECRET).update(`${time}.${text}`).digest('hex')
    const body = new TextEncoder().encode(text)
    events.push({ event: await verify(body, `t=${time},v1=${digest}`), body, object: sent.data.object })
  }
  const told = events.reverse()
  // Before the customer there is the catalogue, which is no part of a life.
  return told.slice(told.findIndex(({ event }) => event.customerId === customer || event.objectId === customer))
}

function remembering(observatory: Observatory): Observatory {
  const looks = new Map<string, ReturnType<Observatory['look']>>()
  return {
    ...observatory,
    look(event) {
      const key = `${event.objectType} ${event.objectId} ${event.paymentIntentId}`
      const known = looks.get(key) ?? observatory.look(event)
      looks.set(key, known)
      return known
    },
  }
}
