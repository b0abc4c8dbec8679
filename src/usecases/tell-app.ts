import { bodyOf, messageNow } from '../domain/app-message.ts'
import { isStale, nextPosting } from '../domain/posting.ts'
import type { AppWebhook, DueMessage } from '../ports/app-messages.ts'
import type { Ports } from '../ports.ts'

export type Telling = Pick<Ports, 'messages' | 'ledger' | 'catalogue' | 'clock'> & {
  readonly appWebhook: AppWebhook
  /** Tells the operator of a message that the app would not take. */
  readonly onTrouble: (id: string, reason: string, isGivenUp: boolean) => void
}

const AT_ONCE = 16

/**
 * Tells the app what happened to its users, until it says that it has it, or for three days; after a crash perhaps twice,
 * under the same id. Returns how many messages it were.
 */
export async function tellApp(ports: Telling): Promise<number> {
  const due = await ports.messages.due(ports.clock.now(), AT_ONCE)
  await Promise.all(due.map((message) => tell(ports, message)))
  return due.length
}

async function tell(ports: Telling, due: DueMessage): Promise<void> {
  const { messages, appWebhook, onTrouble, clock } = ports
  const { id, at } = due.message
  const now = clock.now()
  if (isStale(at, due.failedTries, now))
    return messages.giveUp(id, 'It was three days old when there was somebody to tell it.', now)
  const body = await bodyNow(ports, due)
  if (body === null) return messages.giveUp(id, 'It was not so any more when it was to be told.', now)
  const outcome = await appWebhook.post(id, JSON.stringify(body))
  if (outcome.type === 'taken') return messages.told(id, now)
  const nextTryAt = nextPosting(due.failedTries + 1, now)
  onTrouble(id, outcome.reason, nextTryAt === null)
  if (nextTryAt === null) return messages.giveUp(id, outcome.reason, now)
  return messages.retry(id, outcome.reason, nextTryAt)
}

async function bodyNow({ ledger, catalogue, clock }: Telling, { user, message }: DueMessage) {
  const current = messageNow(catalogue, await ledger.account(user, {}), message, clock.now())
  return current && bodyOf(user, current)
}
