import type { TSchema } from '@sinclair/typebox'
import { type ValueError, ValueErrorType } from '@sinclair/typebox/errors'
import type { FieldError } from '../../domain/errors.ts'

const MOST_FIELDS = 16
const LONGEST_PATH = 128

/** What a request got wrong, one entry a field. Says what was expected and never what was sent. */
export function fieldErrorsOf(errors: Iterable<object>): readonly FieldError[] {
  const byPath = new Map<string, FieldError>()
  for (const error of errors) {
    if (!isValueError(error)) continue
    const entry = nearestOf(error)
    const path = entry.path.slice(0, LONGEST_PATH)
    if (!byPath.has(path)) byPath.set(path, { path, message: expectationOf(entry) })
    if (byPath.size === MOST_FIELDS) break
  }
  return [...byPath.values()]
}

function isValueError(entry: object): entry is ValueError {
  return 'schema' in entry && 'path' in entry && 'type' in entry
}

function expectationOf({ type, schema }: ValueError): string {
  if (type === ValueErrorType.ObjectAdditionalProperties) return 'is not a field of this request'
  if (type === ValueErrorType.ObjectRequiredProperty) return 'is required'
  if (typeof schema.rule === 'string') return schema.rule
  return ruleOf(schema)
}

/** Of what may also be null, that tells which was meant all the same. */
function nearestOf(error: ValueError): ValueError {
  const parts: readonly TSchema[] = error.schema.anyOf ?? []
  const isNullable = parts.length === 2 && parts[1]?.type === 'null'
  return (isNullable && error.errors[0]?.First()) || error
}

/** For the schemas that say it all themselves. */
function ruleOf(schema: TSchema): string {
  const words = alternativesOf(schema)
  if (words.length > 0) return `must be one of ${words.join(', ')}`
  if (schema.type === 'boolean') return 'must be true or false'
  if (schema.type === 'object') return 'must be an object'
  return schema.type === undefined ? 'is not valid' : `must be a ${schema.type}`
}

function alternativesOf(schema: TSchema): readonly string[] {
  const branches: readonly TSchema[] = schema.const === undefined ? (schema.anyOf ?? []) : [schema]
  return branches.flatMap((branch) => (branch.const === undefined ? [] : [String(branch.const)]))
}
