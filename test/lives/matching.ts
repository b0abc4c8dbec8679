const A_DAY_OR_MINUTE = /^\d{4}-\d\d-\d\d(T\d\d:\d\d)?$/

/**
 * Where something differs from what is expected of it, as `path: expected, seen`; null when it does not. Of an object only
 * the fields that are written are compared, of a list every entry; a day or a minute stands for any time of it.
 */
export function differenceOf(expected: unknown, seen: unknown, path = ''): string | null {
  if (Array.isArray(expected)) return listDifference(expected, seen, path)
  if (typeof expected === 'object' && expected !== null) {
    if (typeof seen !== 'object' || seen === null) return told(path, expected, seen)
    const fields = seen as Readonly<Record<string, unknown>>
    return firstOf(Object.entries(expected), ([name, value]) => differenceOf(value, fields[name], `${path}.${name}`))
  }
  if (typeof expected === 'string' && A_DAY_OR_MINUTE.test(expected) && typeof seen === 'string')
    return seen.startsWith(expected) ? null : told(path, expected, seen)
  return Object.is(expected, seen) ? null : told(path, expected, seen)
}

function listDifference(expected: readonly unknown[], seen: unknown, path: string): string | null {
  if (!Array.isArray(seen) || seen.length !== expected.length) return told(path, expected, seen)
  return firstOf([...expected.entries()], ([index, value]) => differenceOf(value, seen[index], `${path}[${index}]`))
}

function firstOf<T>(all: readonly T[], difference: (one: T) => string | null): string | null {
  for (const one of all) {
    const found = difference(one)
    if (found !== null) return found
  }
  return null
}

function told(path: string, expected: unknown, seen: unknown): string {
  return `${path || 'it'}: expected ${JSON.stringify(expected)}, seen ${JSON.stringify(seen)}`
}
