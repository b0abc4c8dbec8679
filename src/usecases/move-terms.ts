import type { Account, AuditEntry, Change, UserId } from '../domain/account.ts'
import { BillingError, isOutage } from '../domain/errors.ts'
import type { ChangeMoment, WishOf } from '../domain/intent.ts'
import { isoTimeOrNull } from '../domain/period.ts'
import type { ShownSubscription } from '../domain/shown-subscription.ts'
import { openWish } from '../domain/subscribing.ts'
import type { Subscription } from '../domain/subscription.ts'
import { decideTermsMove, type TermsMoveDecision, withoutPlannedTerms } from '../domain/terms-move.ts'
import type { Ports } from '../ports.ts'
import { fulfil } from './fulfil-wish.ts'
import { pursueChange } from './pursue-change.ts'
import { movedPage, movedPrice, shownMove } from './shown-move.ts'
import { newIntent, type Selling } from './wishes.ts'

export interface TermsMove {
  readonly planName: string
  readonly when: ChangeMoment
  readonly isPreview: boolean
  readonly operator: string
  readonly cursor: UserId | null
  readonly limit: number
}

type Moving = Selling & Pick<Ports, 'records'>
type Planned = Extract<TermsMoveDecision, { type: 'move' }>

/** Moves those who bought a plan under earlier terms to today's, a page of users at a time. Begun again it goes on. */
export async function moveTerms(ports: Moving, request: TermsMove) {
  const users = await ports.records.usersOnPlan(request.planName, request.cursor, request.limit)
  return movedPage(users, request.limit, (user) => moveOne(ports, request, user))
}

async function moveOne(ports: Moving, request: TermsMove, user: UserId) {
  const decision = decider(ports, request)(await ports.ledger.account(user, {}))
  if (decision.type === 'gone') return null
  const { subscription } = decision
  if (decision.type === 'left') return shownMove(user, subscription, { outcome: 'left', detail: decision.why })
  if (!request.isPreview)
    await (decision.wish === null ? save(ports, request, user) : move(ports, request, user, decision.wish))
  return shown(ports, request, user, decision)
}

/** What is known now: inside a change nothing is asked for any more. */
function decider(ports: Moving, move: TermsMove) {
  const [priceIds, now] = [ports.priceIds(), ports.clock.now()]
  return (account: Account) => decideTermsMove(ports.catalogue, priceIds, account, move, now)
}

/** Stripe bills as before: it is ours alone. */
function save(ports: Moving, move: TermsMove, user: UserId): Promise<void> {
  const [decide, audited] = [decider(ports, move), auditOf(ports, move)]
  return ports.ledger.change(user, {}, (account) => {
    const decision = decide(account)
    return { changes: decision.type === 'move' ? [kept(decision.moved), audited] : [], result: undefined }
  })
}

/** Stripe bills by other prices: they are wished for in the step that plans the terms, which hold when Stripe has them. */
async function move(ports: Moving, request: TermsMove, user: UserId, wish: WishOf<'change'>): Promise<void> {
  const { planName, meteredPriceIds } = wish
  const person = { email: null, name: null }
  const decide = decider(ports, request)
  const intent = newIntent(ports, { user, person, key: null }, wish, { planName, meteredPriceIds })
  try {
    await fulfil(ports, user, intent, {
      open: (account) => {
        const decision = decide(account)
        if (decision.type !== 'move' || decision.wish === null) throw changedMeanwhile()
        const { wish: decided, moved } = decision
        const move = { operator: request.operator, detail: detailOf(request) }
        const { changes, result } = openWish<WishOf<'change'>, ShownSubscription>(account, intent, () => ({
          ...decided,
          move,
        }))
        return { changes: [...changes, kept(moved)], result }
      },
      pursue: (opened) => pursueChange(ports, user, opened),
      revive: async (answered) => answered,
    })
  } catch (error) {
    if (error instanceof BillingError && !isOutage(error)) await forget(ports, user, wish)
    throw error
  }
}

function forget(ports: Moving, user: UserId, { subscriptionId }: WishOf<'change'>): Promise<void> {
  return ports.ledger.change(user, {}, ({ subscriptions }) => ({
    changes: subscriptions
      .filter(({ id, plannedTerms }) => id === subscriptionId && plannedTerms)
      .map((subscription) => kept(withoutPlannedTerms(subscription))),
    result: undefined,
  }))
}

function kept(subscription: Subscription): Change {
  return { type: 'subscription-observed', subscription }
}

function auditOf(ports: Moving, move: TermsMove): Change {
  const entry: AuditEntry = {
    id: ports.newId('audit'),
    at: ports.clock.now(),
    actor: move.operator,
    action: 'plan-moved',
    detail: detailOf(move),
  }
  return { type: 'audited', entry }
}

function detailOf({ planName, when }: TermsMove): string {
  return `To the terms that ${planName} is sold under, ${when === 'now' ? 'at once' : 'from the next period on'}.`
}

function changedMeanwhile(): BillingError {
  return new BillingError('in_progress', 'It was changed in the meantime. Move again what is left.')
}

function shown(ports: Moving, { isPreview, planName }: TermsMove, user: UserId, decision: Planned) {
  const { subscription, effectiveAt, terms } = decision
  const outcome = isPreview ? 'would_move' : effectiveAt === null ? 'moved' : 'planned'
  const to = movedPrice(ports.catalogue, ports.priceIds(), planName, subscription.priceId ?? '')
  const effective_at = isoTimeOrNull(effectiveAt)
  return shownMove(user, subscription, { outcome, to, effective_at, amount_due_now: 0, terms })
}
