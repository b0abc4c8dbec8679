import type { FormFields } from './form.ts'

const endive = '2026-10-28'
const renamedIn = /^\/v1\/(payment_intents|setup_intents)(\/|$)/

/**
 * Callers of before endive (Stripe's CLI among them) still name `payment_method_types`, which that version replaced.
 * A call without a version is taken for an old one: at Stripe it gets the account's version, often years old.
 */
export function inTodaysWords(path: string, version: string | null, form: FormFields): FormFields {
  const old = version === null || version < endive
  const { payment_method_types: types, ...rest } = form
  if (!old || types === undefined || !renamedIn.test(path)) return form
  return { allowed_payment_method_types: types, ...rest }
}
