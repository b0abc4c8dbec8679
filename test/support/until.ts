/** For what never comes about: a machine may be busy, and no test is to fail for that. */
const LONGEST_MS = 60_000

/** Looks again and again until what it sees is good; returns what it saw last. */
export async function until<T>(look: () => T | Promise<T>, good: (seen: T) => boolean): Promise<T> {
  const end = performance.now() + LONGEST_MS
  for (;;) {
    const seen = await look()
    if (good(seen) || performance.now() > end) return seen
    await Bun.sleep(10)
  }
}
