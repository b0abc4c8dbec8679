import { bodyOf, messageNow } from '../domain/app-message.ts'
import type { DueMessage } from '../ports/app-messages.ts'
import type { Ports } from '../ports.ts'
import { type Posting, postToApp } from './post-to-app.ts'

export type Telling = Posting & Pick<Ports, 'messages' | 'ledger' | 'catalogue'>

const AT_ONCE = 16

/** Tells the app what happened to its users' subscriptions; returns how many messages it were. */
export async function tellApp(ports: Telling): Promise<number> {
  const due = await ports.messages.due(ports.clock.now(), AT_ONCE)
  await Promise.all(due.map((message) => tell(ports, message)))
  return due.length
}

async function tell(ports: Telling, { user, message, failedTries }: DueMessage): Promise<void> {
  const { id, at } = message
  await postToApp(ports, ports.messages, { id, at, failedTries }, async () => {
    const account = await ports.ledger.account(user, {})
    const current = messageNow(ports.catalogue, account, message, ports.clock.now())
    return current && bodyOf(user, current)
  })
}
