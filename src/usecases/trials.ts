import type { AuditEntry, Change, UserId } from '../domain/account.ts'
import { invalidField } from '../domain/errors.ts'
import type { Answered } from '../domain/idempotency.ts'
import type { WishOf } from '../domain/intent.ts'
import { DAY_MS, type Instant } from '../domain/period.ts'
import { openTrialExtension } from '../domain/trial-extension.ts'
import type { Ports } from '../ports.ts'
import { fulfil } from './fulfil-wish.ts'
import { pursueTrialExtension, type TrialAnswer } from './pursue-trial-extension.ts'
import { newIntent, type Selling } from './wishes.ts'

export interface TrialAllowance {
  readonly user: UserId
  /** Who does it: `operator:alice`. */
  readonly operator: string
  readonly reason: string
}

/** Lets a user have one more free trial, whoever had one with the same address or card. Twice is the same as once. */
export async function allowTrial(
  ports: Pick<Ports, 'ledger' | 'clock' | 'newId'>,
  { user, operator, reason }: TrialAllowance,
) {
  const at = ports.clock.now()
  const entry: AuditEntry = { id: ports.newId('audit'), at, actor: operator, action: 'trial-allowed', detail: reason }
  const changes: readonly Change[] = [
    { type: 'trial-allowed', at },
    { type: 'audited', entry },
  ]
  await ports.ledger.change(user, {}, () => ({ changes, result: undefined }))
  return { user_id: user, trial_allowed: true }
}

export interface TrialExtensionRequest extends TrialAllowance {
  readonly key: { readonly caller: string; readonly key: string } | null
  /** Either the new end, or how many days more. */
  readonly trialEnd: Instant | null
  readonly days: number | null
}

/**
 * Lets a running trial last longer.
 * Refuses: `validation_failed`, `no_subscription`, `not_trialing`, `in_progress`, `stripe_unavailable`.
 */
export async function extendTrial(ports: Selling, request: TrialExtensionRequest): Promise<Answered<TrialAnswer>> {
  const { user, operator, reason, trialEnd, days } = request
  if ((trialEnd === null) === (days === null)) throw invalidField('', 'send either trial_end or days')
  const person = { email: null, name: null }
  const wish: WishOf<'extend-trial'> = { kind: 'extend-trial', subscriptionId: '', trialEnd: 0 }
  const intent = newIntent(ports, { ...request, person }, wish, { trialEnd, days, reason })
  const audit = { id: ports.newId('audit'), at: intent.openedAt, actor: operator, reason }
  return fulfil(ports, user, intent, {
    open: (account) =>
      openTrialExtension<TrialAnswer>(account, intent, audit, (current) => trialEnd ?? current + (days ?? 0) * DAY_MS),
    pursue: (opened) => pursueTrialExtension(ports, user, opened),
    revive: async (answered) => answered,
  })
}
