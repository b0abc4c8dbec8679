import { invalid } from './failure.ts'
import { emptyFields, type Form, type FormFields } from './form.ts'

const deepest = 8

/** A JSON body as the same tree that a form body makes, so that one set of decoders reads both. */
export function formOfJson(body: string): FormFields {
  const form = formOf(parsed(body))
  if (typeof form === 'string') throw invalid('The request body must be a JSON object.')
  return form
}

function parsed(body: string): unknown {
  try {
    return body.trim() === '' ? {} : JSON.parse(body)
  } catch {
    throw invalid('Invalid request body: it is not valid JSON.')
  }
}

/** A value of this program as a caller would have sent it; what is undefined is not sent. */
export function formOf(value: unknown, depth = 0): Form {
  if (depth > deepest) throw invalid(`Parameters may be nested ${deepest} levels deep at most.`)
  if (value === null || value === undefined) return ''
  if (typeof value !== 'object') return String(value)
  const form = emptyFields()
  for (const [name, inner] of Object.entries(value)) {
    if (inner !== undefined) form[name] = formOf(inner, depth + 1)
  }
  return form
}
