import { invalid, parameterMissing, unsupported } from './failure.ts'
import { emptyFields, type Form, type FormFields } from './form.ts'
import { requireKnown } from './unknown-parameter.ts'

/** Turns a parameter into a value or refuses it in Stripe's words; `name` is its full name, `items[0][price]`. */
export type Decoder<T> = (form: Form, name: string) => T
export type Decoded<D> = D extends Decoder<infer T> ? T : never
/** What `fields` makes: every parameter may be absent; a handler calls `need` for those that may not. */
export type Parameters<Spec> = { readonly [Name in keyof Spec]?: Decoded<Spec[Name]> | undefined }

export function fields<const Spec extends Readonly<Record<string, Decoder<unknown>>>>(
  spec: Spec,
): Decoder<Parameters<Spec>> {
  const known = Object.keys(spec)
  return (form, name) => {
    if (typeof form === 'string') throw invalid(`Invalid hash`, name)
    requireKnown(Object.keys(form), known, (key) => inside(name, key))
    const decoded: Record<string, unknown> = {}
    for (const [key, decode] of Object.entries(spec)) {
      const value = form[key]
      if (value !== undefined) decoded[key] = decode(value, inside(name, key))
    }
    return decoded as Parameters<Spec>
  }
}

const inside = (name: string, key: string) => (name === '' ? key : `${name}[${key}]`)

export const text: Decoder<string> = (form, name) => {
  if (typeof form !== 'string') throw invalid('Invalid string', name)
  if (form === '') {
    const message =
      `You passed an empty string for '${name}'. We assume empty values are an attempt to unset a field; however ` +
      `'${name}' cannot be unset. You should remove '${name}' from your request or supply a non-empty value.`
    throw invalid(message, name, 'parameter_invalid_empty')
  }
  if (form.length > 5000) {
    throw invalid(`Invalid string: must be at most 5000 characters`, name, 'parameter_invalid_string')
  }
  return form
}

/** An empty value unsets the field: null. */
export function clearable<T>(decode: Decoder<T>): Decoder<T | null> {
  return (form, name) => (form === '' ? null : decode(form, name))
}

export const integer: Decoder<number> = (form, name) => {
  const value = typeof form === 'string' && /^[+-]?\d{1,15}$/.test(form) ? Number(form) : Number.NaN
  if (Number.isNaN(value)) {
    throw invalid(`Invalid integer: ${typeof form === 'string' ? form : '{}'}`, name, 'parameter_invalid_integer')
  }
  return value
}

export const decimal: Decoder<string> = (form, name) => {
  if (typeof form !== 'string' || !/^-?\d{1,15}(\.\d{1,12})?$/.test(form)) {
    throw invalid(`Invalid decimal: ${typeof form === 'string' ? form : '{}'}`, name)
  }
  return form
}

export const flag: Decoder<boolean> = (form, name) => {
  if (form === 'true' || form === 'True') return true
  if (form === 'false' || form === 'False') return false
  throw invalid(`Invalid boolean: ${typeof form === 'string' ? form : '{}'}`, name)
}

export function oneOf<const Value extends string>(...values: readonly Value[]): Decoder<Value> {
  return (form, name) => {
    const value = values.find((candidate) => candidate === form)
    if (value === undefined) throw invalid(`Invalid ${name}: must be ${choice(values)}`, name)
    return value
  }
}

function choice(values: readonly string[]): string {
  if (values.length <= 1) return values.join('')
  if (values.length === 2) return `one of ${values[0]} or ${values[1]}`
  return `one of ${values.slice(0, -1).join(', ')}, or ${values.at(-1)}`
}

export function list<T>(decode: Decoder<T>): Decoder<T[]> {
  return (form, name) => {
    if (typeof form === 'string') throw invalid('Invalid array', name)
    const keys = Object.keys(form)
    if (!keys.every((key) => /^\d+$/.test(key))) throw invalid('Invalid array', name)
    const ordered = keys.map(Number).sort((left, right) => left - right)
    return ordered.map((key, index) => decode(form[String(key)] ?? '', `${name}[${index}]`))
  }
}

/** `''` clears all, a key with an empty value is deleted, the rest is merged (limits: 50 keys, 40 and 500 characters). */
export const metadata: Decoder<Readonly<Record<string, string>> | null> = (form, name) => {
  if (form === '') return null
  const entries = Object.entries(scalars(form, name))
  for (const [key, value] of entries) {
    if (key.length > 40) throw invalid('Metadata keys can have up to 40 characters.', inside(name, key))
    if (value.length > 500) throw invalid('Metadata values can have up to 500 characters.', inside(name, key))
  }
  return Object.fromEntries(entries)
}

export const scalars: Decoder<Readonly<Record<string, string>>> = (form, name) => {
  if (typeof form === 'string') throw invalid('Invalid hash', name)
  const found = emptyFields()
  for (const [key, value] of Object.entries(form)) {
    if (typeof value !== 'string') throw invalid('Invalid string', inside(name, key))
    found[key] = value
  }
  return found as Readonly<Record<string, string>>
}

/** A hash whose names the caller chooses, such as currencies. */
export function hashOf<T>(decode: Decoder<T>): Decoder<Readonly<Record<string, T>>> {
  return (form, name) => {
    if (typeof form === 'string') throw invalid('Invalid hash', name)
    const entries = Object.entries(form).map(([key, value]) => [key, decode(value, inside(name, key))] as const)
    return Object.fromEntries(entries)
  }
}

/** A moment in unix seconds, or a range of them: `created[gte]=…`. */
export interface TimeRange {
  readonly from?: number
  readonly to?: number
}
export const timeRange: Decoder<TimeRange> = (form, name) => {
  if (typeof form === 'string') {
    const at = integer(form, name)
    return { from: at, to: at }
  }
  const range = fields({ gt: integer, gte: integer, lt: integer, lte: integer })(form, name)
  const from = range.gte ?? (range.gt === undefined ? undefined : range.gt + 1)
  const to = range.lte ?? (range.lt === undefined ? undefined : range.lt - 1)
  return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }
}

/** A parameter of Stripe's that changes nothing here (statement texts, shipping, hints to risk scoring). */
export const ignored: Decoder<FormFields | string> = (form) => form

/** A parameter whose effect is not simulated: better refused than silently dropped. */
export const notSimulated: Decoder<never> = (_form, name) => {
  throw unsupported(`the parameter ${name}`)
}

export function need<T>(value: T | null | undefined, name: string): T {
  if (value === undefined || value === null) throw parameterMissing(name)
  return value
}

/** A list or hash that may only be cleared: what it could hold is not simulated. */
export const clearedOnly: Decoder<null> = (form, name) => {
  if (form === '') return null
  throw unsupported(`the parameter ${name}`)
}

/** A switch whose effect is not simulated: off is welcome, on is refused. */
export const offOnly: Decoder<false> = (form, name) => {
  if (flag(form, name)) throw unsupported(`${name}=true`)
  return false
}

/** One of several forms: the first decoder that accepts. */
export function either<A, B>(first: Decoder<A>, second: Decoder<B>): Decoder<A | B> {
  return (form, name) => {
    try {
      return first(form, name)
    } catch {
      return second(form, name)
    }
  }
}

/** Options of a payment method: what they say changes nothing here, except a wish for 3-D Secure, which is refused. */
export const methodOptions: Decoder<null> = (form, name) => {
  const card = typeof form === 'string' ? undefined : form.card
  const wish = typeof card === 'object' ? card.request_three_d_secure : undefined
  if (wish !== undefined && wish !== 'automatic') throw unsupported(`${name}[card][request_three_d_secure]`)
  return null
}
