import { Failure, invalid } from '../http/failure.ts'
import { emptyFields, type Form, type FormFields } from '../http/form.ts'
import type { Match } from '../http/route.ts'
import { present } from '../present.ts'
import type { Turn } from '../turn.ts'

type Find = (method: string, path: string) => Match | undefined
type Made = Map<string, object>

/**
 * Makes objects from a file in the format of the fixtures of Stripe's CLI: calls in a row, each with a name, whose
 * answers later calls refer to as `${name:path}`, with `|` before a value to fall back on.
 */
export function seed(turn: Turn, find: Find, sent: FormFields): object {
  const fixtures = sent.fixtures
  if (fixtures === undefined || typeof fixtures === 'string')
    throw invalid('Missing required param: fixtures.', 'fixtures')
  const made: Made = new Map()
  for (const [index, fixture] of Object.values(fixtures).entries()) {
    if (typeof fixture === 'string') throw invalid('Invalid hash', `fixtures[${index}]`)
    play(turn, find, fixture, made, `fixtures[${index}]`)
  }
  return { data: Object.fromEntries(made) }
}

function play(turn: Turn, find: Find, fixture: FormFields, made: Made, place: string): void {
  const name = textOf(fixture.name, `${place}[name]`)
  const path = filled(textOf(fixture.path, `${place}[path]`), made)
  const method = textOf(fixture.method ?? 'post', `${place}[method]`).toUpperCase()
  const match = find(method, path)
  if (!match) throw invalid(`Nothing answers ${method} ${path}.`, `${place}[path]`)
  const params = fixture.params === undefined ? emptyFields() : filledForm(fixture.params, made)
  const expected = fixture.expected_error_type !== undefined
  try {
    const answer = match.route.answer(turn, typeof params === 'string' ? emptyFields() : params, match.ids)
    made.set(name, present(turn, answer))
  } catch (reason) {
    if (!expected || !(reason instanceof Failure)) throw reason
    made.set(name, { error: reason.body })
  }
}

function textOf(form: Form | undefined, place: string): string {
  if (typeof form === 'string' && form !== '') return form
  throw invalid(`Missing required param: ${place}.`, place, 'parameter_missing')
}

function filledForm(form: Form, made: Made): Form {
  if (typeof form === 'string') return filled(form, made)
  const built = emptyFields()
  for (const [key, value] of Object.entries(form)) {
    if (key !== 'expand') built[key] = filledForm(value, made)
  }
  return built
}

const reference = /\$\{([\w.]+)(?::([^|}]+))?(?:\|([^}]*))?\}/g

function filled(text: string, made: Made): string {
  return text.replaceAll(reference, (_whole, name: string, path: string | undefined, fallback: string | undefined) => {
    const found = path === undefined ? undefined : valueAt(made.get(name), path)
    if (found !== undefined && found !== null) return String(found)
    if (fallback !== undefined) return fallback
    throw invalid(`The fixture ${name} has no ${path ?? 'value'}.`)
  })
}

function valueAt(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (at, step) =>
        typeof at === 'object' && at !== null ? Object.entries(at).find(([key]) => key === step)?.[1] : undefined,
      value,
    )
}
