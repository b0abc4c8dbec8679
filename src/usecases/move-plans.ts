import type { Account, UserId } from '../domain/account.ts'
import { BillingError } from '../domain/errors.ts'
import type { ChangeMoment, WishOf } from '../domain/intent.ts'
import { isoTime } from '../domain/period.ts'
import { decideMove, type MoveDecision, type MoveTarget, moveTarget } from '../domain/plan-move.ts'
import type { ShownSubscription } from '../domain/shown-subscription.ts'
import { openWish } from '../domain/subscribing.ts'
import type { Ports } from '../ports.ts'
import { fulfil } from './fulfil-wish.ts'
import { moveTerms } from './move-terms.ts'
import { previewPlanChange } from './preview-plan-change.ts'
import { pursueChange } from './pursue-change.ts'
import { movedPage, movedPrice, shownMove } from './shown-move.ts'
import { newIntent, type Selling } from './wishes.ts'

export interface MoveRequest {
  /** Null: those who are on earlier terms of the plan that `to` names. */
  readonly fromPriceId: string | null
  /** A plan's name, a lookup key or a price id. */
  readonly to: string
  readonly when: ChangeMoment
  /** Only tells what would happen. */
  readonly isPreview: boolean
  readonly operator: string
  readonly cursor: UserId | null
  readonly limit: number
}

type FromPrice = MoveRequest & { readonly fromPriceId: string }
type Moving = Selling & Pick<Ports, 'records'>
type Planned = Extract<MoveDecision, { type: 'move' }>

/**
 * Moves those who are on a price to another, or those on earlier terms of a plan to today's, a page of users at a time. Who
 * is moved is off the price, so that going through it again goes on where it was left; what customers have planned
 * themselves is left alone. Each has an outcome of his own.
 */
export async function movePlans(ports: Moving, request: MoveRequest) {
  const target = moveTarget(ports.catalogue, ports.priceIds(), request.to)
  const { fromPriceId } = request
  if (fromPriceId === null) return moveTerms(ports, { ...request, planName: target.planName })
  return moveFromPrice(ports, { ...request, fromPriceId }, target)
}

async function moveFromPrice(ports: Moving, request: FromPrice, target: MoveTarget) {
  const users = await ports.records.usersOnPrice(request.fromPriceId, request.cursor, request.limit)
  return movedPage(users, request.limit, (user) => moveOne(ports, request, target, user))
}

async function moveOne(ports: Moving, request: FromPrice, target: MoveTarget, user: UserId) {
  const [priceIds, now] = [ports.priceIds(), ports.clock.now()]
  const decide = (account: Account) => decideMove(ports.catalogue, priceIds, account, { ...target, ...request }, now)
  const decision = decide(await ports.ledger.account(user, {}))
  if (decision.type === 'gone') return null
  if (decision.type === 'left') return shownMove(user, decision.subscription, { outcome: 'left', detail: decision.why })
  return request.isPreview
    ? preview(ports, user, decision)
    : move(ports, request, user, decision, (account) => stillToMove(decide(account)).wish)
}

/** In the user's turn it is decided anew: what the customer did himself a moment before is not overruled. */
function stillToMove(decision: MoveDecision): Planned {
  if (decision.type === 'move') return decision
  throw new BillingError('plan_unchanged', decision.type === 'left' ? decision.why : 'It is no longer on that price.')
}

async function preview(ports: Moving, user: UserId, { subscription, wish }: Planned) {
  const to = movedPrice(ports.catalogue, ports.priceIds(), wish.planName, wish.priceId)
  if (wish.when === 'period_end' || subscription.status === 'trialing') {
    const effective_at = isoTime(subscription.trialEnd ?? subscription.currentPeriodEnd)
    return shownMove(user, subscription, { outcome: 'would_move', to, effective_at, amount_due_now: 0 })
  }
  const { planName, priceId, when } = wish
  const asked = { user, planName, priceId, when, promotionCode: null }
  const { effective_at, amount_due_now } = await previewPlanChange(ports, asked)
  return shownMove(user, subscription, { outcome: 'would_move', to, effective_at, amount_due_now })
}

async function move(
  ports: Moving,
  { operator, fromPriceId }: FromPrice,
  user: UserId,
  { subscription, wish }: Planned,
  decide: (account: Account) => WishOf<'change'>,
) {
  const { planName, priceId, when } = wish
  const asked = { planName, priceId, when }
  const intent = newIntent(ports, { user, person: { email: null, name: null }, key: null }, wish, asked)
  const { result } = await fulfil<WishOf<'change'>, ShownSubscription>(ports, user, intent, {
    open: (account) =>
      openWish(account, intent, () => {
        const decided = decide(account)
        const detail = `From ${fromPriceId} to ${decided.priceId} (${decided.planName}).`
        return { ...decided, move: { operator, detail } }
      }),
    pursue: (opened) => pursueChange(ports, user, opened),
    revive: async (answered) => answered,
  })
  const pending = result.pending_change
  const to = movedPrice(ports.catalogue, ports.priceIds(), planName, priceId)
  const outcome = pending === null ? 'moved' : pending.effective_at === null ? 'waiting' : 'planned'
  return shownMove(user, subscription, { outcome, to, effective_at: pending?.effective_at ?? null })
}
