type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * What `previous_attributes` holds: the former values of what changed and nothing else. Hashes are compared key by
 * key (a key that is new was null), arrays as a whole, as in Stripe's own events.
 */
export function previousAttributes(before: object, after: object): Record<string, unknown> | undefined {
  return difference({ ...before }, { ...after })
}

function difference(before: Fields, after: Fields): Record<string, unknown> | undefined {
  const changed: Record<string, unknown> = {}
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const former = before[key]
    const present = after[key]
    if (Bun.deepEquals(former, present, true)) continue
    const inner = isFields(former) && isFields(present) ? difference(former, present) : undefined
    changed[key] = inner ?? former ?? null
  }
  return Object.keys(changed).length === 0 ? undefined : changed
}
