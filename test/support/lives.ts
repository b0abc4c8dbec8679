import type { Stripe } from 'stripe'
import { stripeObservatory } from '../../src/adapters/stripe/observatory.ts'
import { findPrices } from '../../src/adapters/stripe/prices.ts'
import { webhookVerifier } from '../../src/adapters/stripe/webhook.ts'
import { BUILT_IN_PLANS } from '../../src/config/built-in-plans.ts'
import type { PriceIds } from '../../src/domain/catalogue.ts'
import type { Observation } from '../../src/domain/observation.ts'
import type { Instant } from '../../src/domain/period.ts'
import type { StripeEvent } from '../../src/domain/webhook-event.ts'
import type { Observatory } from '../../src/ports/observatory.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { openSandboxGateway } from './sandbox-gateway.ts'
import { type StripeTruth, stripeTruth } from './stripe-truth.ts'

export interface LifeEvent {
  /** As the program's own verifier reads the signed delivery. */
  readonly event: StripeEvent
  readonly body: Uint8Array
  readonly object: object
  /** The chapter of the life in which it came about: before that it cannot have been delivered. */
  readonly chapter: number
}

/** What one customer lived through at the simulator. */
export interface Life {
  readonly name: string
  readonly customer: string
  /** In the order in which they came about. */
  readonly events: readonly LifeEvent[]
  readonly chapters: number
  /** Stripe as it stood at the end of a chapter, each object asked for once. */
  readonly observatoryAt: (chapter: () => number) => Observatory
  readonly priceIds: PriceIds
  readonly truth: StripeTruth
  /** Business time at its end. */
  readonly now: Instant
}

interface Stage {
  readonly stripe: Stripe
  readonly sandbox: Sandbox
  readonly customer: string
  readonly card: string
  readonly basic: string
  readonly pro: string
}

const SECRET = 'whsec_of_lives'
/** Between the chapters, so that some events come in one second and some do not. */
const PAUSE = '5s'

type Story = (stage: Stage) => AsyncGenerator<unknown>

/** Each makes a subscription by Stripe's SDK and lets something happen to it, in chapters. */
const STORIES: Readonly<Record<string, Story>> = {
  async *subscribe(stage) {
    const made = await subscribed(stage)
    yield
    await stage.stripe.subscriptions.update(made.id, { metadata: { campaign: 'autumn' } })
  },
  async *'three-d-secure'(stage) {
    const made = await subscribed({ ...stage, card: await anotherCard(stage, 'pm_card_authenticationRequired') })
    yield
    await control(stage, `payment_intents/${await paymentOf(stage, made.id)}/authenticate`, { outcome: 'succeed' })
  },
  async *trial(stage) {
    const { stripe, customer, basic } = stage
    const made = await stripe.subscriptions.create({ customer, items: [{ price: basic }], trial_period_days: 14 })
    yield
    await useCard(stage, made, stage.card)
    yield
    yield* untilRenewed(stage, made)
  },
  async *'a trial that is paused'({ stripe, customer, basic, ...stage }) {
    const trial_settings = { end_behavior: { missing_payment_method: 'pause' as const } }
    const items = [{ price: basic }]
    const made = await stripe.subscriptions.create({ customer, items, trial_period_days: 14, trial_settings })
    yield
    yield* untilRenewed({ stripe, customer, basic, ...stage }, made)
  },
  async *renew(stage) {
    const made = await subscribed(stage)
    yield
    yield* untilRenewed(stage, made)
  },
  async *'fail and recover'(stage) {
    const made = await subscribed(stage)
    yield
    await useCard(stage, made, await anotherCard(stage, 'pm_card_chargeCustomerFail'))
    yield
    yield* untilRenewed(stage, made)
    yield
    await useCard(stage, made, stage.card)
    yield
    const [open] = (await stage.stripe.invoices.list({ subscription: made.id, limit: 1 })).data
    await stage.stripe.invoices.pay(open?.id ?? '')
  },
  async *upgrade(stage) {
    const made = await subscribed(stage)
    yield
    const items = [{ id: made.items.data[0]?.id ?? '', price: stage.pro }]
    await stage.stripe.subscriptions.update(made.id, { items, proration_behavior: 'always_invoice' })
  },
  async *cancel(stage) {
    const made = await subscribed(stage)
    yield
    await stage.stripe.subscriptions.update(made.id, { cancel_at_period_end: true })
    yield
    yield* untilRenewed(stage, made)
  },
  async *refund(stage) {
    const made = await subscribed(stage)
    const payment_intent = await paymentOf(stage, made.id)
    yield
    await stage.stripe.refunds.create({ payment_intent, amount: 300 })
    yield
    await stage.stripe.refunds.create({ payment_intent, amount: 200 })
  },
  async *dispute(stage) {
    await subscribed({ ...stage, card: await anotherCard(stage, 'pm_card_createDispute') })
    yield
    const [dispute] = (await stage.stripe.disputes.list({ limit: 1 })).data
    const evidence = { uncategorized_text: 'winning_evidence' }
    await stage.stripe.disputes.update(dispute?.id ?? '', { evidence, submit: true })
  },
}

export const LIVES: readonly string[] = Object.keys(STORIES)

/** Plays a life at a simulator of its own, and looks at everything at the end of each chapter. */
export async function recordLife(name: string): Promise<Life> {
  const { sandbox, stripe, close } = await openSandboxGateway()
  const { priceIds } = await findPrices(stripe, BUILT_IN_PLANS)
  const { customer, card } = await customerWithCard(stripe)
  const price = (lookupKey: string) => priceIds.get(lookupKey) ?? ''
  const stage: Stage = {
    stripe,
    sandbox,
    customer,
    card,
    basic: price('basic_monthly'),
    pro: price('pro_monthly'),
  }
  const events: LifeEvent[] = []
  const looks: Looks[] = []
  const endChapter = async () => {
    const known = new Set(events.map(({ event }) => event.id))
    for (const told of await eventsOf(stripe, customer))
      if (!known.has(told.event.id)) events.push({ ...told, chapter: looks.length })
    looks.push(await looksAt(stripeObservatory(stripe), events))
    await control(stage, 'clock', { advance: PAUSE })
  }
  const story = STORIES[name]
  if (story === undefined) throw new Error(`There is no life called ${name}.`)
  for await (const _ of story(stage)) await endChapter()
  await endChapter()
  const truth = await stripeTruth(stripe, customer)
  const now = Date.now() + sandbox.clock().offsetSeconds * 1_000
  const observatoryAt = (chapter: () => number) => remembered(stripeObservatory(stripe), looks, chapter)
  await close()
  return { name, customer, events, chapters: looks.length, observatoryAt, priceIds, truth, now }
}

async function customerWithCard(stripe: Stripe): Promise<{ readonly customer: string; readonly card: string }> {
  const { id: customer } = await stripe.customers.create({ email: 'ann@example.com' })
  const { id: card } = await stripe.paymentMethods.attach('pm_card_visa', { customer })
  return { customer, card }
}

function subscribed({ stripe, customer, card, basic }: Stage): Promise<Stripe.Subscription> {
  const metadata = { user_id: 'ann' }
  const items = [{ price: basic }]
  const payment = { payment_behavior: 'allow_incomplete', default_payment_method: card } as const
  return stripe.subscriptions.create({ customer, items, metadata, ...payment })
}

async function anotherCard({ stripe, customer }: Stage, card: string): Promise<string> {
  return (await stripe.paymentMethods.attach(card, { customer })).id
}

async function useCard({ stripe }: Stage, { id }: Stripe.Subscription, card: string): Promise<void> {
  await stripe.subscriptions.update(id, { default_payment_method: card })
}

/** The boundary first, when the invoice is a draft, and then the payment. */
async function* untilRenewed(stage: Stage, { items }: Stripe.Subscription): AsyncGenerator<unknown> {
  const boundary = items.data[0]?.current_period_end ?? 0
  await control(stage, 'clock', { to: String(boundary + 60) })
  yield
  await control(stage, 'clock', { advance: '2h' })
}

async function paymentOf({ stripe }: Stage, subscription: string): Promise<string> {
  const { data } = await stripe.invoices.list({ subscription, expand: ['data.payments'] })
  return String(data[0]?.payments?.data[0]?.payment.payment_intent)
}

async function control({ sandbox }: Stage, path: string, body: Record<string, string>): Promise<void> {
  const answer = await fetch(`${sandbox.url}/_sim/${path}`, { method: 'POST', body: new URLSearchParams(body) })
  if (!answer.ok) throw new Error(`/_sim/${path} answered ${answer.status}: ${await answer.text()}`)
}

async function eventsOf(stripe: Stripe, customer: string): Promise<readonly Omit<LifeEvent, 'chapter'>[]> {
  const verify = webhookVerifier(stripe, () => [SECRET], Date.now)
  const events: Omit<LifeEvent, 'chapter'>[] = []
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

type Looks = ReadonlyMap<string, readonly Observation[]>

async function looksAt(observatory: Observatory, events: readonly LifeEvent[]): Promise<Looks> {
  const looks = new Map<string, readonly Observation[]>()
  for (const { event } of events)
    if (!looks.has(objectOf(event))) looks.set(objectOf(event), await observatory.look(event))
  return looks
}

function remembered(observatory: Observatory, looks: readonly Looks[], chapter: () => number): Observatory {
  return {
    ...observatory,
    async look(event) {
      const seen = looks[chapter()]?.get(objectOf(event))
      if (seen === undefined) throw new Error(`${event.type} came before its time.`)
      return seen
    },
  }
}

function objectOf({ objectType, objectId, paymentIntentId }: StripeEvent): string {
  return `${objectType} ${objectId} ${paymentIntentId}`
}
