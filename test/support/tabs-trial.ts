import type { Stripe } from 'stripe'
import { BUILT_IN_PLANS } from '../../src/config/built-in-plans.ts'
import { BillingError } from '../../src/domain/errors.ts'
import type { Lanes } from '../../src/ports/surroundings.ts'
import { resumeWishes } from '../../src/usecases/resume-wishes.ts'
import { openSandboxStage, type SandboxStage } from './sandbox-ports.ts'
import { stripeTruth } from './stripe-truth.ts'

export interface TabsTrial {
  readonly rounds: number
  readonly acts: number
  /** How often each act was done, and how often each was refused. */
  readonly outcomes: ReadonlyMap<string, number>
  readonly wrong: readonly string[]
}

const TABS = 8
const ROUNDS_A_SANDBOX = 25
const PLANS = ['basic_monthly', 'pro_monthly', 'enterprise_monthly', 'usage_based']
const CARDS = ['pm_card_visa', 'pm_card_visa', 'pm_card_authenticationRequired', 'pm_card_chargeCustomerFail', null]

/**
 * Eight tabs of one user each do something else at once, again and again: subscribe, change, cancel, resume, confirm, pay on
 * a hosted page. After
 * every round what we tell must be what Stripe shows, and nothing may be left over there. The twin lets them all talk with
 * Stripe at the same time.
 */
export async function tryTabs(rounds: number, random: () => number, isTwin: boolean): Promise<TabsTrial> {
  const outcomes = new Map<string, number>()
  const wrong: string[] = []
  let acts = 0
  for (let round = 0; round < rounds; ) {
    const lanes: Lanes = { run: (_user, work) => work(), isBusy: () => false }
    const stage = await openSandboxStage(BUILT_IN_PLANS, isTwin ? { lanes } : {})
    const choose = <T>(among: readonly T[]): T => among[Math.floor(random() * among.length)] as T
    try {
      for (let played = 0; played < ROUNDS_A_SANDBOX && round < rounds; played++, round++) {
        const user = `user_${Math.floor(round / 5)}`
        const chosen = Array.from({ length: TABS }, () => choose(ACTS))
        const told = await Promise.all(chosen.map(([name, act]) => named(name, act(stage, user, choose))))
        for (const outcome of told) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
        acts += TABS
        if (chosen.some(([name]) => AT_STRIPE.has(name))) await settle(stage, user)
        const trouble = await differences(stage, user)
        if (trouble.length > 0) wrong.push(`round ${round}: ${told.join(', ')}\n        ${trouble.join('; ')}`)
      }
    } finally {
      await stage.close()
    }
  }
  return { rounds, acts, outcomes, wrong }
}

type Choose = <T>(among: readonly T[]) => T
type Act = (stage: SandboxStage, user: string, choose: Choose) => Promise<unknown>

/** Named by what is done; those that are likelier stand there twice. */
const ACTS: readonly (readonly [string, Act])[] = [
  ['subscribe', subscribe],
  ['subscribe', subscribe],
  ['change', change],
  ['change', change],
  ['change', change],
  ['cancel', cancel],
  ['resume', resume],
  ['preview', preview],
  ['confirm', confirm],
  ['portal', inPortal],
  ['checkout', onHostedPage],
]
/** What happens on Stripe's own pages is known here by webhook alone. */
const AT_STRIPE: ReadonlySet<string> = new Set(['portal', 'checkout'])

function whoever(user: string) {
  return { user, person: { email: null, name: null }, key: null }
}

function subscribe({ billing }: SandboxStage, user: string, choose: Choose) {
  const paymentMethodId = choose(CARDS)
  return billing.subscribe({ ...whoever(user), planName: choose(PLANS), priceId: null, paymentMethodId })
}

function change({ billing }: SandboxStage, user: string, choose: Choose) {
  return billing.changePlan({
    ...whoever(user),
    planName: choose(PLANS),
    priceId: null,
    when: choose([null, 'now', 'period_end']),
    prorationDate: null,
    paymentMethodId: choose(CARDS),
    promotionCode: null,
  })
}

function cancel({ billing }: SandboxStage, user: string, choose: Choose) {
  const atPeriodEnd = choose([true, true, true, false])
  return billing.cancelSubscription({ ...whoever(user), atPeriodEnd, reason: null, feedback: null })
}

function resume({ billing }: SandboxStage, user: string) {
  return billing.resumeSubscription({ ...whoever(user), paymentMethodId: null })
}

function preview({ billing }: SandboxStage, user: string, choose: Choose) {
  return billing.previewPlanChange({ user, planName: choose(PLANS), priceId: null, when: null, promotionCode: null })
}

/** The customer confirms, in whatever tab, what waits for a confirmation at this moment; the webhook comes after it. */
async function confirm(stage: SandboxStage, user: string) {
  const { customerId } = await stage.ports.ledger.account(user, {})
  if (customerId === null) return
  const { data } = await stage.stripe.paymentIntents.list({ customer: customerId, limit: 100 })
  for (const { id } of data.filter((payment) => payment.status === 'requires_action')) {
    const body = new URLSearchParams({ outcome: 'succeed' })
    await fetch(`${stage.sandbox.url}/_sim/payment_intents/${id}/authenticate`, { method: 'POST', body })
    await observeAll(stage, user)
  }
}

/** Stripe's own portal asks nobody; its webhook comes a little later. */
async function inPortal({ stripe, ports }: SandboxStage, user: string, choose: Choose) {
  const { customerId } = await ports.ledger.account(user, {})
  if (customerId === null) return
  const [live] = (await stripe.subscriptions.list({ customer: customerId, limit: 1 })).data
  if (live === undefined) return
  const update = choose([{ cancel_at: 'max_period_end' as const }, { cancel_at: '' as const }])
  await stripe.subscriptions.update(live.id, update).catch((error: Error) => {
    if (!/schedule|canceled/.test(error.message)) throw error
  })
}

/** Opens a hosted page and pays there, if nobody has closed it by then. */
async function onHostedPage(stage: SandboxStage, user: string, choose: Choose) {
  const opened = await stage.billing.createCheckoutSession({
    ...whoever(user),
    planName: choose(PLANS),
    priceId: null,
    promotionCode: null,
    trial: false,
    successUrl: 'https://app.example.com/welcome',
    cancelUrl: 'https://app.example.com/plans',
  })
  const { url } = opened.result
  if (url !== null) await fetch(url, { method: 'POST', body: new URLSearchParams(CARD_ON_PAGE), redirect: 'manual' })
}
const CARD_ON_PAGE = { test_card: '4242424242424242' }

/** The webhooks of it all come, and what they make us wish for is done. */
async function settle(stage: SandboxStage, user: string): Promise<void> {
  const onFailure = (_user: string, error: unknown) => {
    throw error
  }
  await observeAll(stage, user)
  await resumeWishes({ ...stage.ports, onFailure })
  await observeAll(stage, user)
}

async function observeAll({ stripe, ports, observe }: SandboxStage, user: string): Promise<void> {
  const { customerId: customer } = await ports.ledger.account(user, {})
  if (customer === null) return
  const { data } = await stripe.subscriptions.list({ customer, status: 'all', limit: 100 })
  for (const { id } of data) await ports.lanes.run(user, () => observe(user, id))
}

/** A refusal in words is an answer; anything else is a fault. */
async function named(name: string, work: Promise<unknown>): Promise<string> {
  try {
    await work
    return `${name}: done`
  } catch (error) {
    if (error instanceof BillingError)
      return error.code === 'validation_failed'
        ? `${name}: ${error.message} ${error.cause ?? ''}`
        : `${name}: ${error.code}`
    return `${name}: FAULT ${String(error)}`
  }
}

async function differences(stage: SandboxStage, user: string): Promise<readonly string[]> {
  const { stripe, billing, ports } = stage
  const customers = (await stripe.customers.list({ limit: 100 })).data.filter(
    ({ metadata }) => metadata.user_id === user,
  )
  const { customerId } = await ports.ledger.account(user, {})
  if (customers.length > 1) return [`${customers.length} customers`]
  if (customerId === null) return customers.length === 0 ? [] : ['a customer that we do not know']
  const shown = await billing.subscriptionStatus(user)
  const truth = await stripeTruth(stripe, customerId)
  // Which of two that ended within one second was the last, Stripe itself does not tell.
  const isOver = truth.status.status === 'canceled' || truth.status.status === 'incomplete_expired'
  const { pending_change: planned, ...plain } = truth.status
  const fields = Object.entries(isOver ? { has_subscription: false } : plain)
    .filter(([name, value]) => (shown as Record<string, unknown>)[name] !== value)
    .map(([name, value]) => `${name} is ${(shown as Record<string, unknown>)[name]} here and ${value} at Stripe`)
  const [told, pendingThere] = [shown.pending_change?.price_id, planned?.price_id]
  const pending = told === pendingThere ? [] : [`the pending change is ${told} here and ${pendingThere} at Stripe`]
  return [...fields, ...pending, ...(await leftOver(stripe, customerId))]
}

/** Two that live, an invoice that can still be charged for nothing, a schedule of its own. */
async function leftOver(stripe: Stripe, customer: string): Promise<readonly string[]> {
  const { data: subscriptions } = await stripe.subscriptions.list({ customer, limit: 100 })
  const live = subscriptions.filter(({ status }) => status !== 'incomplete')
  const { data: invoices } = await stripe.invoices.list({ customer, status: 'open', limit: 100 })
  const awaited = subscriptions
    .filter(({ status, pending_update: pending }) => status === 'incomplete' || pending !== null)
    .map(({ latest_invoice: invoice }) => invoice)
  const stray = invoices.filter(({ id }) => !awaited.includes(id))
  const { data: schedules } = await stripe.subscriptionSchedules.list({ customer, limit: 100 })
  const running = schedules.filter(({ status }) => status === 'active')
  return [
    ...(live.length > 1 ? [`${live.length} live subscriptions`] : []),
    ...(stray.length > 0 ? [`${stray.length} open invoices that nothing waits for`] : []),
    ...(running.length > 1 ? [`${running.length} running schedules`] : []),
  ]
}
