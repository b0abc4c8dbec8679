import { emptyFields } from '../http/form.ts'
import { formOf } from '../http/json-form.ts'
import { createRouter, type Method, type Route } from '../http/route.ts'
import type { Turn } from '../turn.ts'

/**
 * Does what a call to the API would do. A page is nothing but a caller of its own: what it does cannot differ from
 * what an application could have done.
 */
export function call<Answer extends object>(
  turn: Turn,
  routes: readonly Route[],
  path: string,
  parameters: object,
  method: Method = 'POST',
): Answer {
  const match = createRouter(routes)(method, path)
  if (!match) throw new Error(`nothing answers ${method} ${path}`)
  const form = formOf(parameters)
  return match.route.answer(turn, typeof form === 'string' ? emptyFields() : form, match.ids) as Answer
}
