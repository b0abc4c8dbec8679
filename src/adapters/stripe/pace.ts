import { Stripe } from 'stripe'
import { unavailable } from './refusals.ts'

/** Lets so many through a second, evenly: Stripe limits calls by the account. */
export function pacer(perSecond: number): () => Promise<void> {
  const gap = 1_000 / perSecond
  let next = 0
  return async () => {
    const now = performance.now()
    next = Math.max(next + gap, now)
    if (next - now >= 1) await Bun.sleep(next - now)
  }
}

/** As many as Stripe gives at a time. */
export const PAGE = 100

/** Asks Stripe for something in the background: in its turn, and again when there were too many calls. */
export type Ask = <T>(call: () => Promise<T>) => Promise<T>

const MOST_TRIES = 6
const FIRST_WAIT_MS = 500

/**
 * Makes a call that reads, in its turn and again when Stripe says that there were too many (which the SDK does not do): this
 * is work in the background that has time. Refuses with `stripe_unavailable` as every other call.
 */
export async function patiently<T>(pace: () => Promise<void>, call: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    await pace()
    try {
      return await call()
    } catch (error) {
      if (!(error instanceof Stripe.errors.StripeRateLimitError) || tries === MOST_TRIES) throw unavailable(error)
      await Bun.sleep(FIRST_WAIT_MS * 2 ** (tries - 1))
    }
  }
}
