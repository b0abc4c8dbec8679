/** Lets so many works run at once; the others wait, first come, first served. */
export function createLimiter(most: number): <R>(work: () => Promise<R>) => Promise<R> {
  const waiting: (() => void)[] = []
  let running = 0
  return async (work) => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve))
    else running += 1
    try {
      return await work()
    } finally {
      // The place is handed on, or given up.
      const next = waiting.shift()
      if (next === undefined) running -= 1
      else next()
    }
  }
}
