import { type Failure, invalid } from './failure.ts'

/** Form-encoded parameters as a tree. Arrays stay objects with numeric keys until a decoder asks for a list. */
export type Form = string | FormFields
export interface FormFields {
  [name: string]: Form
}

const deepest = 8
const most = 2_000
const forbidden = new Set(['__proto__', 'constructor', 'prototype'])

/** Reads a query string or form body: `a[b]=1`, `a[0][b]=1`, `a[]=1`, percent-encoded or not, in any order. */
export function parseForm(encoded: string): FormFields {
  const root = emptyFields()
  let count = 0
  for (const [name, value] of new URLSearchParams(encoded)) {
    count += 1
    if (count > most) throw invalid(`This request has more than ${most} parameters.`)
    place(root, segments(name), value, name)
  }
  return root
}

/** `__proto__` must be an ordinary name, hence no prototype at all. */
export function emptyFields(): FormFields {
  return Object.create(null) as FormFields
}

function segments(name: string): string[] {
  const open = name.indexOf('[')
  if (open <= 0) return [name]
  const inner = [...name.slice(open).matchAll(/\[([^\]]*)\]/g)].map((match) => match[1] ?? '')
  const path = [name.slice(0, open), ...inner]
  if (path.length > deepest) throw invalid(`Parameters may be nested ${deepest} levels deep at most: ${name}`)
  for (const part of path) {
    if (forbidden.has(part)) throw invalid(`Received unknown parameter: ${name}`, name, 'parameter_unknown')
  }
  return path
}

function place(root: FormFields, path: readonly string[], value: string, name: string): void {
  let at = root
  for (const [index, part] of path.entries()) {
    const rest = path.slice(index + 1)
    const key = part === '' ? appendKey(at, rest) : part
    if (rest.length === 0) {
      if (typeof at[key] === 'object') throw conflicting(name)
      at[key] = value
      return
    }
    const next = at[key] ?? emptyFields()
    if (typeof next === 'string') throw conflicting(name)
    at[key] = next
    at = next
  }
}

const conflicting = (name: string): Failure =>
  invalid(`The parameter ${name} was sent both as a value and as a hash.`, name)

// `items[][price]=a&items[][quantity]=2&items[][price]=b` are two items: a new one starts when a name repeats.
function appendKey(at: FormFields, rest: readonly string[]): string {
  const count = Object.keys(at).length
  const last = at[String(count - 1)]
  if (typeof last === 'object' && rest.length > 0 && !contains(last, rest)) return String(count - 1)
  return String(count)
}

function contains(fields: FormFields, path: readonly string[]): boolean {
  const [head, ...rest] = path
  if (head === undefined) return true
  if (head === '') return false
  const next = fields[head]
  if (next === undefined) return false
  return typeof next === 'string' ? true : rest.length > 0 && contains(next, rest)
}
