/** What a round gives back that found nothing more to do. */
export const NOTHING_LEFT = 0

export interface Worker {
  /** There is something to do now. */
  wake(): void
  /** Fulfilled when the work under way is over; none begins after that. */
  stop(): Promise<void>
}

/**
 * Does work in rounds, one at a time: again at once while a round found something, else when woken or after `idleMs`.
 * A round that throws is reported, and tried again after the pause.
 */
export function startWorker(round: () => Promise<number>, idleMs: number, onFailure: (error: unknown) => void): Worker {
  let running = true
  let rung = Promise.withResolvers<void>()
  const wake = () => rung.resolve()

  async function run(): Promise<void> {
    while (running) {
      rung = Promise.withResolvers()
      const found = await round().catch((error: unknown) => {
        onFailure(error)
        return NOTHING_LEFT
      })
      if (found === NOTHING_LEFT && running) await pause()
    }
  }

  async function pause(): Promise<void> {
    const timer = setTimeout(wake, idleMs)
    await rung.promise
    clearTimeout(timer)
  }

  const ended = run()
  return {
    wake,
    stop() {
      running = false
      wake()
      return ended
    },
  }
}
