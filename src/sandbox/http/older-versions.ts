import { invalid } from './failure.ts'
import type { FormFields } from './form.ts'

const endive = '2026-10-28'
const customers = /^\/v1\/customers(\/\w+)?$/
const renamedIn = /^\/v1\/(payment_intents|setup_intents)(\/|$)/

/**
 * Callers of before endive (Stripe's CLI among them) still name `payment_method_types`, which that version replaced.
 * A call without a version is taken for an old one: at Stripe it gets the account's version, often years old.
 */
export function inTodaysWords(path: string, version: string | null, form: FormFields): FormFields {
  const old = version === null || version < endive
  const { payment_method_types: types, ...rest } = form
  if (!old && customers.test(path) && form.coupon !== undefined) {
    throw invalid('Received unknown parameter: coupon', 'coupon', 'parameter_unknown')
  }
  if (!old || types === undefined || !renamedIn.test(path)) return form
  return { allowed_payment_method_types: types, ...rest }
}
