import type { UserId } from '../domain/account.ts'
import type { Ports } from '../ports.ts'
import { finishOpenWishes } from './fulfil-wish.ts'
import type { Selling } from './wishes.ts'

/**
 * Finishes every wish that a crash or an outage left open. Returns how many users' wishes could not be finished yet;
 * `onFailure` hears why.
 */
export async function resumeWishes(
  ports: Selling & Pick<Ports, 'records'> & { readonly onFailure: (user: UserId, error: unknown) => void },
): Promise<number> {
  let failures = 0
  for (const user of await ports.records.usersWithOpenIntents()) {
    try {
      await ports.lanes.run(user, () => finishOpenWishes(ports, user))
    } catch (error) {
      failures += 1
      ports.onFailure(user, error)
    }
  }
  return failures
}
