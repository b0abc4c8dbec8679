import { editDistance } from './nearest.ts'
import { type Report, textOf, type Variables } from './variables.ts'

/** Every variable that the program reads. */
export const VARIABLES = [
  'APP_ENV',
  'HOST',
  'PORT',
  'PUBLIC_URL',
  'DATABASE_URL',
  'STRIPE_SECRET_KEY',
  'STRIPE_PUBLISHABLE_KEY',
  'STRIPE_WEBHOOK_SECRET',
  'STRIPE_API_BASE',
  'STRIPE_AUTOMATIC_TAX',
  'SANDBOX_PORT',
  'ALLOW_TEST_KEYS',
  'JWT_SECRET',
  'JWT_PUBLIC_KEY',
  'JWT_JWKS_URL',
  'JWT_ISSUER',
  'JWT_AUDIENCE',
  'APP_WEBHOOK_URL',
  'APP_WEBHOOK_SECRET',
  'PLANS_FILE',
  'CORS_ORIGINS',
  'RETURN_ORIGINS',
  'PUBLIC_PLANS',
  'LOG_LEVEL',
] as const

const GREATEST_DISTANCE = 2

/**
 * A misspelled variable would be ignored in silence, and the program would run as if it had not been set. Only names that
 * begin like ours, differ by two letters at most and stand where the right one does not are reported: an environment is
 * shared, and most of its variables are other programs' business.
 */
export function reportMisspellings(variables: Variables, report: Report): void {
  for (const name of Object.keys(variables)) {
    const meant = meantBy(name)
    if (meant !== null && textOf(variables, name) !== null && textOf(variables, meant) === null)
      report(name, `is not a variable of this program and looks like ${meant}`, `Rename it to ${meant}, or remove it.`)
  }
}

function meantBy(name: string): string | null {
  if (VARIABLES.some((known) => known === name)) return null
  const near = VARIABLES.filter((known) => sharesPrefix(known, name) && isNear(known, name))
  return near.toSorted((one, other) => editDistance(one, name) - editDistance(other, name))[0] ?? null
}

function isNear(known: string, name: string): boolean {
  return bare(known) === bare(name) || editDistance(known, name) <= GREATEST_DISTANCE
}

/** HOST and PORT have no prefix that is ours, so nothing is a misspelling of them. */
function sharesPrefix(known: string, name: string): boolean {
  const prefix = known.split('_', 1)[0] ?? ''
  return prefix !== known && name.toUpperCase().startsWith(prefix)
}

function bare(name: string): string {
  return name.replaceAll(/[_-]/g, '').toUpperCase()
}
