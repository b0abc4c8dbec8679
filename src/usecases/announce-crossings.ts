import { announcementOf } from '../domain/announcing.ts'
import type { DueCrossing } from '../ports/app-messages.ts'
import type { Ports } from '../ports.ts'
import { type Posting, postToApp } from './post-to-app.ts'

export type Announcing = Posting & Pick<Ports, 'crossings' | 'ledger'>

const AT_ONCE = 16

/** Tells the app of allowances that are used up to a threshold; returns how many it were. */
export async function announceCrossings(ports: Announcing): Promise<number> {
  const due = await ports.crossings.due(ports.clock.now(), AT_ONCE)
  await Promise.all(due.map((crossing) => announce(ports, crossing)))
  return due.length
}

async function announce(ports: Announcing, { user, crossing, failedTries }: DueCrossing): Promise<void> {
  const { id, at } = crossing
  await postToApp(ports, ports.crossings, { id, at, failedTries }, async () => {
    const { subscriptions } = await ports.ledger.account(user, {})
    return announcementOf(user, crossing, subscriptions)
  })
}
