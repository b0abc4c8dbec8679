import type { Account, Change } from './account.ts'
import type { Knowledge } from './kept-subscription.ts'
import { type Observation, observe } from './observation.ts'

/**
 * What several observations change that are saved in one step, each decided on what those before it leave: of a payment and
 * the dispute about it, or of two subscriptions that both are new, one is as good as unseen to the other otherwise.
 */
export function observeAll(
  account: Account,
  observations: readonly Observation[],
  knowledge: Knowledge,
): readonly Change[] {
  let current = account
  return observations.flatMap((observation) => {
    const changes = observe(current, observation, knowledge)
    current = changes.reduce(afterChange, current)
    return changes
  })
}

/** As far as observations look at it. */
function afterChange(account: Account, change: Change): Account {
  switch (change.type) {
    case 'subscription-observed':
      return { ...account, subscriptions: withOne(account.subscriptions, change.subscription) }
    case 'dispute-observed':
      return { ...account, disputes: withOne(account.disputes, change.dispute) }
    case 'payment-observed':
      return { ...account, payments: withOne(account.payments, change.payment) }
    case 'grant-given':
      return account.bought.some(({ id }) => id === change.grant.id)
        ? account
        : { ...account, bought: withOne(account.bought, change.grant) }
    case 'grant-taken-back': {
      const { grantId, quantity } = change.draw
      const bought = account.bought.map((grant) =>
        grant.id === grantId
          ? { ...grant, remaining: grant.remaining - quantity, takenBack: grant.takenBack + quantity }
          : grant,
      )
      return { ...account, bought }
    }
    case 'trial-claimed': {
      const { claims, intentId } = change
      const fresh = claims.filter((wanted) => !account.trialClaims.some(({ claim }) => claim === wanted))
      const claimed = fresh.map((claim) => ({ claim, user: account.user, intentId }))
      return { ...account, trialClaims: [...account.trialClaims, ...claimed] }
    }
    case 'customer-deleted':
      return { ...account, customerId: null }
    default:
      return account
  }
}

function withOne<T extends { readonly id: string }>(all: readonly T[], one: T): readonly T[] {
  return [...all.filter(({ id }) => id !== one.id), one]
}
