import type { Crossing } from '../domain/account.ts'
import { announcementOf, isStale, nextPosting } from '../domain/announcing.ts'
import type { AppWebhook, DueCrossing, Ports } from '../ports.ts'

export type Announcing = Pick<Ports, 'crossings' | 'ledger' | 'clock'> & {
  readonly appWebhook: AppWebhook
  /** Tells the operator of one that the app would not take. */
  readonly onTrouble: (crossing: Crossing, reason: string, isGivenUp: boolean) => void
}

const AT_ONCE = 16

/**
 * Tells the app of allowances that are used up to a threshold; returns how many it were. Each is told until the app says
 * that it has it, or for three days; after a crash perhaps twice, under the same id.
 */
export async function announceCrossings(ports: Announcing): Promise<number> {
  const due = await ports.crossings.due(ports.clock.now(), AT_ONCE)
  await Promise.all(due.map((crossing) => announce(ports, crossing)))
  return due.length
}

async function announce(ports: Announcing, { user, crossing, failedTries }: DueCrossing): Promise<void> {
  const now = ports.clock.now()
  if (isStale(crossing, failedTries, now))
    return ports.crossings.giveUp(crossing.id, 'It was three days old when there was somebody to tell it.', now)
  const { subscriptions } = await ports.ledger.account(user, {})
  const message = JSON.stringify(announcementOf(user, crossing, subscriptions))
  const outcome = await ports.appWebhook.post(crossing.id, message)
  if (outcome.type === 'taken') return ports.crossings.told(crossing.id, now)
  const nextTryAt = nextPosting(failedTries + 1, now)
  ports.onTrouble(crossing, outcome.reason, nextTryAt === null)
  if (nextTryAt === null) return ports.crossings.giveUp(crossing.id, outcome.reason, now)
  return ports.crossings.retry(crossing.id, outcome.reason, nextTryAt)
}
