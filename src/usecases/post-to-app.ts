import { isStale, nextPosting } from '../domain/announcing.ts'
import type { Instant } from '../domain/period.ts'
import type { AppWebhook, Messages } from '../ports/app-messages.ts'
import type { Ports } from '../ports.ts'

export type Posting = Pick<Ports, 'clock'> & {
  readonly appWebhook: AppWebhook
  /** Tells the operator of a message that the app would not take. */
  readonly onTrouble: (id: string, reason: string, isGivenUp: boolean) => void
}

interface Waiting {
  readonly id: string
  /** When it happened. */
  readonly at: Instant
  readonly failedTries: number
}

/**
 * Posts what waits in a queue, until the app says that it has it, or for three days; after a crash perhaps twice, under the
 * same id. A body of null is something that is not so any more.
 */
export async function postToApp(
  ports: Posting,
  queue: Pick<Messages, 'told' | 'retry' | 'giveUp'>,
  { id, at, failedTries }: Waiting,
  body: () => Promise<object | null>,
): Promise<void> {
  const now = ports.clock.now()
  if (isStale(at, failedTries, now))
    return queue.giveUp(id, 'It was three days old when there was somebody to tell it.', now)
  const message = await body()
  if (message === null) return queue.giveUp(id, 'It was not so any more when it was to be told.', now)
  const outcome = await ports.appWebhook.post(id, JSON.stringify(message))
  if (outcome.type === 'taken') return queue.told(id, now)
  const nextTryAt = nextPosting(failedTries + 1, now)
  ports.onTrouble(id, outcome.reason, nextTryAt === null)
  if (nextTryAt === null) return queue.giveUp(id, outcome.reason, now)
  return queue.retry(id, outcome.reason, nextTryAt)
}
