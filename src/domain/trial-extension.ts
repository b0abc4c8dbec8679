import type { Account, AuditEntry, Decision } from './account.ts'
import { BillingError, invalidField } from './errors.ts'
import type { Intent, WishOf } from './intent.ts'
import { DAY_MS, type Instant, isoTime } from './period.ts'
import { type Opened, openWish } from './subscribing.ts'
import { liveSubscription } from './subscription.ts'

/** Stripe's own limit is higher; a trial of more than two years is a slip of the hand. */
const LONGEST_DAYS = 730

/** Opens the wish for a later end of the running trial, which `endOf` tells from the present one; the audit log has it too. */
export function openTrialExtension<R>(
  account: Account,
  intent: Intent<WishOf<'extend-trial'>>,
  audit: Omit<AuditEntry, 'action' | 'detail'> & { readonly reason: string },
  endOf: (current: Instant) => Instant,
): Decision<Opened<WishOf<'extend-trial'>, R>> {
  const { reason, ...entry } = audit
  const { changes, result } = openWish<WishOf<'extend-trial'>, R>(account, intent, () => {
    const subscription = liveSubscription(account.subscriptions)
    if (subscription === null)
      throw new BillingError('no_subscription', 'This user has no subscription whose trial could be extended.')
    if (subscription.status !== 'trialing' || subscription.trialEnd === null)
      throw new BillingError('not_trialing', `The subscription is ${subscription.status}: it is not in a trial.`)
    const trialEnd = endOf(subscription.trialEnd)
    if (trialEnd <= subscription.trialEnd)
      throw invalidField('/trial_end', `must lie after the present end (${isoTime(subscription.trialEnd)})`)
    if (trialEnd > intent.openedAt + LONGEST_DAYS * DAY_MS)
      throw invalidField('/trial_end', `must lie within ${LONGEST_DAYS} days`)
    return { ...intent.wish, subscriptionId: subscription.id, trialEnd }
  })
  if (result.type === 'replayed') return { changes, result }
  const detail = `until ${isoTime(result.intent.wish.trialEnd)}: ${reason}`
  return { changes: [...changes, { type: 'audited', entry: { ...entry, action: 'trial-extended', detail } }], result }
}
