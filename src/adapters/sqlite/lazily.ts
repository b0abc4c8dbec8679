/**
 * What is made when it is first asked for. Building a query takes Drizzle some tenths of a millisecond, and a start that
 * builds all of them waits for what it may never ask.
 */
export function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
