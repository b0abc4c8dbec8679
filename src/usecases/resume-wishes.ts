import type { UserId } from '../domain/account.ts'
import { isLeftToCaller } from '../domain/intent.ts'
import type { Ports } from '../ports.ts'
import { finishOpenWishes } from './fulfil-wish.ts'
import type { Selling } from './wishes.ts'

type Resuming = Selling & Pick<Ports, 'records'> & { readonly onFailure: (user: UserId, error: unknown) => void }

const AT_ONCE = 16
/** Whoever is busy is looked at again in the next round. */
const PATIENCE_MS = 1_000

/**
 * Finishes every wish that a crash or an outage left open; `onFailure` hears of those that could not be finished yet. A
 * payment without a key is left for a while to whoever asked for it, who would otherwise pay twice.
 */
export async function resumeWishes(ports: Resuming): Promise<void> {
  const users = [...(await ports.records.usersWithOpenIntents())]
  while (users.length > 0) await Promise.all(users.splice(0, AT_ONCE).map((user) => resume(ports, user)))
}

async function resume(ports: Resuming, user: UserId): Promise<void> {
  try {
    const finish = () => finishOpenWishes(ports, user, (intent) => !isLeftToCaller(intent, ports.clock.wall()))
    await ports.lanes.run(user, finish, PATIENCE_MS)
  } catch (error) {
    ports.onFailure(user, error)
  }
}
