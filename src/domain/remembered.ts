/**
 * A pure function that remembers its latest results, `most` at most. For the few computations that every recorded use needs
 * with the same handful of arguments: what it gives back never differs from computing it anew.
 */
export function remembered<K, V>(most: number, compute: (key: K) => V): (key: K) => V {
  const known = new Map<K, V>()
  return (key) => {
    const found = known.get(key)
    if (found !== undefined) return found
    if (known.size >= most) known.clear()
    const value = compute(key)
    known.set(key, value)
    return value
  }
}
