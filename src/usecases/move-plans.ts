import type { AuditEntry, UserId } from '../domain/account.ts'
import { type Catalogue, findPlan, type PriceIds } from '../domain/catalogue.ts'
import { BillingError, isOutage } from '../domain/errors.ts'
import type { ChangeMoment } from '../domain/intent.ts'
import { isoTime } from '../domain/period.ts'
import { decideMove, type MoveDecision, type MoveTarget, moveTarget } from '../domain/plan-move.ts'
import type { Subscription } from '../domain/subscription.ts'
import type { Ports } from '../ports.ts'
import { changePlan } from './change-plan.ts'
import { previewPlanChange } from './preview-plan-change.ts'
import type { Selling } from './wishes.ts'

export interface MoveRequest {
  readonly fromPriceId: string
  /** A plan's name, a lookup key or a price id. */
  readonly to: string
  readonly when: ChangeMoment
  /** Only tells what would happen. */
  readonly isPreview: boolean
  readonly operator: string
  readonly cursor: UserId | null
  readonly limit: number
}

type Moving = Selling & Pick<Ports, 'records'>
type Planned = Extract<MoveDecision, { type: 'move' }>

/**
 * Moves those who are on a price to another, a page of users at a time. Who is moved is off the price, so that going through
 * it again goes on where it was left; what customers have planned themselves is left alone. Each has an outcome of his own.
 */
export async function movePlans(ports: Moving, request: MoveRequest) {
  const target = moveTarget(ports.catalogue, ports.priceIds(), request.to)
  const users = await ports.records.usersOnPrice(request.fromPriceId, request.cursor, request.limit)
  const results = []
  for (const user of users) {
    const result = await moveOne(ports, request, target, user)
    if (result !== null) results.push(result)
  }
  return { results, next_cursor: users.length < request.limit ? null : (users.at(-1) ?? null) }
}

export type PlanMoves = Awaited<ReturnType<typeof movePlans>>

async function moveOne(ports: Moving, request: MoveRequest, target: MoveTarget, user: UserId) {
  const account = await ports.ledger.account(user, {})
  const now = ports.clock.now()
  try {
    const decision = decideMove(ports.catalogue, ports.priceIds(), account, { ...target, ...request }, now)
    if (decision.type === 'gone') return null
    if (decision.type === 'left') return shown(user, decision.subscription, { outcome: 'left', detail: decision.why })
    return request.isPreview ? await preview(ports, user, decision) : await move(ports, request, user, decision)
  } catch (error) {
    // An outage is no answer for this user, and would be none for the next.
    if (!(error instanceof BillingError) || isOutage(error)) throw error
    return { user_id: user, ...NOTHING, outcome: 'refused' as const, detail: error.message }
  }
}

const NOTHING = { subscription_id: null, from: null, to: null, effective_at: null, amount_due_now: null } as const

async function preview(ports: Moving, user: UserId, { subscription, wish }: Planned) {
  const to = priceOf(ports.catalogue, ports.priceIds(), wish.planName, wish.priceId)
  if (wish.when === 'period_end' || subscription.status === 'trialing') {
    const effective_at = isoTime(subscription.trialEnd ?? subscription.currentPeriodEnd)
    return shown(user, subscription, { outcome: 'would_move', to, effective_at, amount_due_now: 0 })
  }
  const { planName, priceId, when } = wish
  const asked = { user, planName, priceId, when, promotionCode: null }
  const { effective_at, amount_due_now } = await previewPlanChange(ports, asked)
  return shown(user, subscription, { outcome: 'would_move', to, effective_at, amount_due_now })
}

async function move(ports: Moving, { operator }: MoveRequest, user: UserId, { subscription, wish }: Planned) {
  const { planName, priceId, when } = wish
  const person = { email: null, name: null }
  const asked = { planName, priceId, when, prorationDate: null, paymentMethodId: null, promotionCode: null }
  const { result } = await changePlan(ports, { user, person, key: null, ...asked })
  const detail = `From ${subscription.priceId} to ${priceId} (${planName}).`
  const entry: AuditEntry = {
    id: ports.newId('audit'),
    at: ports.clock.now(),
    actor: operator,
    action: 'plan-moved',
    detail,
  }
  await ports.ledger.change(user, {}, () => ({ changes: [{ type: 'audited', entry }], result: undefined }))
  const pending = result.pending_change
  const to = priceOf(ports.catalogue, ports.priceIds(), planName, priceId)
  const outcome = pending === null ? 'moved' : pending.effective_at === null ? 'waiting' : 'planned'
  return shown(user, subscription, { outcome, to, effective_at: pending?.effective_at ?? null })
}

interface Outcome {
  readonly outcome: 'would_move' | 'moved' | 'planned' | 'waiting' | 'left' | 'refused'
  readonly detail?: string
  readonly to?: ReturnType<typeof priceOf>
  readonly effective_at?: string | null
  /** Null where Stripe was not asked. */
  readonly amount_due_now?: number | null
}

function shown(user: UserId, { id, planName, priceId, price }: Subscription, outcome: Outcome) {
  const { to = null, effective_at = null, amount_due_now = null, detail = null } = outcome
  const amounts = {
    amount: price?.amount ?? null,
    currency: price?.currency ?? null,
    interval: price?.interval ?? null,
  }
  const from = { plan_name: planName, price_id: priceId, ...amounts }
  return {
    user_id: user,
    subscription_id: id,
    outcome: outcome.outcome,
    detail,
    from,
    to,
    effective_at,
    amount_due_now,
  }
}

function priceOf(catalogue: Catalogue, priceIds: PriceIds, planName: string, priceId: string) {
  const price = findPlan(catalogue, planName)?.prices.find(({ lookupKey }) => priceIds.get(lookupKey) === priceId)
  const { amount = null, currency = null, interval = null } = price ?? {}
  return { plan_name: planName, price_id: priceId, amount, currency, interval }
}
