export interface ClockProgress {
  readonly done: number
  readonly left: number
}

interface ClockState {
  /** Unix seconds. */
  readonly now: number
  readonly advancing: ClockProgress | null
}

const POLL_MS = 250

/**
 * Moves the clock of the simulator that listens on a port of this machine, and waits until all that fell due on the way is
 * done. Returns the simulator's time; `tell` hears now and then how far it is. Throws in words when nobody listens there.
 */
export async function advanceSimulator(
  port: number,
  duration: string,
  tell: (progress: ClockProgress) => void,
): Promise<string> {
  const url = `http://127.0.0.1:${port}/_sim/clock`
  let state = await ask(port, url, { method: 'POST', body: new URLSearchParams({ advance: duration, wait: 'false' }) })
  while (state.advancing !== null) {
    await Bun.sleep(POLL_MS)
    state = await ask(port, url)
    if (state.advancing !== null) tell(state.advancing)
  }
  return new Date(state.now * 1_000).toISOString()
}

async function ask(port: number, url: string, init: RequestInit = {}): Promise<ClockState> {
  const response = await fetch(url, init).catch(() => {
    throw new Error(
      `No simulator listens on port ${port}. Start the server in sandbox mode, or "speech-billing sandbox"; --port names another.`,
    )
  })
  if (!response.ok) throw new Error(`The simulator refused: ${await response.text()}`)
  return (await response.json()) as ClockState
}
