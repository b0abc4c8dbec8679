/** One answer worth checking: what it calls itself, the call it came from, and an example of it. */
export interface Shape {
  readonly kind: string
  readonly from: string
  readonly body: unknown
}

/**
 * What two answers must have in common to count as one shape: their fields, the types of their values, and those
 * values that may be words of a closed list. Ids, sentences and numbers do not matter, nor do the owner's own keys.
 */
export function structureOf(value: unknown, key = ''): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return `[${distinct(value.map((element) => structureOf(element, key)))}]`
  if (typeof value === 'object') return owned.has(key) ? 'owned' : `{${fieldsOf(value)}}`
  return typeof value === 'string' && mayBeOfAList(key, value) ? `'${value}'` : typeof value
}

const owned = new Set(['metadata', 'parameters', 'payload'])
const free = new Set(['id', 'name', 'nickname', 'description', 'message', 'lookup_key', 'email', 'event_name'])
const fieldsOf = (value: object) =>
  Object.entries(value)
    .map(([key, inner]) => `${key}:${structureOf(inner, key)}`)
    .sort()
    .join()

// Words of Stripe's lists are lower case with underscores; an id has digits, and what people name has its own fields.
const mayBeOfAList = (key: string, value: string) => !free.has(key) && /^[a-z][a-z_.]*$/.test(value)
const distinct = (parts: readonly string[]) => [...new Set(parts)].sort().join()
