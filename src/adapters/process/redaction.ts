const REDACTED = '[redacted]'

/** Longer texts are cut: a log line is for reading, and must not grow with what somebody sends. */
const GREATEST_LENGTH = 2_000
/** Where a text is cut before its secrets are looked for; half a secret at the very end cannot be recognised. */
const SEARCHED_LENGTH = 8_000
const GREATEST_DEPTH = 5
const GREATEST_ENTRIES = 50

const SECRET_FIELD = /secret|password|authorization|cookie|api_?key|(^|_|-)(token|jwt|email|card)$/i
/** What of a secret's look is enough; `$1` keeps the part that says what it was and what it belonged to. */
const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/\b((?:sk|rk|ek)_(?:test|live)_|whsec_)[\w+/=-]+/g, `$1${REDACTED}`],
  [/(_secret_)\w+/g, `$1${REDACTED}`],
  [/\b(bearer|basic)\s+[^\s"',;]+/gi, `$1 ${REDACTED}`],
  [/\beyJ[\w-]*\.[\w-]*\.?[\w-]*/g, REDACTED],
  [/[\w.%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}/g, REDACTED],
]
const CARD_LIKE = /\b\d(?:[ -]?\d){12,18}\b/g
/** Whatever looks like a secret holds one of these; most texts hold none and are done with that. */
const SUSPICIOUS = /@|eyJ|[ke]_(?:test|live)_|whsec_|_secret_|bearer|basic|(?:\d[ -]?){13}/i

/** A text without what looks like a key, a token, a client secret, an e-mail address or a card number; of bounded length. */
export function redactText(text: string): string {
  if (text.length <= GREATEST_LENGTH && !SUSPICIOUS.test(text)) return text
  let redacted = text.slice(0, SEARCHED_LENGTH)
  for (const [pattern, replacement] of SECRETS) redacted = redacted.replace(pattern, replacement)
  redacted = redacted.replace(CARD_LIKE, (digits) => (isCardNumber(digits) ? REDACTED : digits))
  return redacted.length > GREATEST_LENGTH ? `${redacted.slice(0, GREATEST_LENGTH)}…` : redacted
}

/** The same for whatever a program may want to log, as plain JSON of bounded size. */
export function redact(value: unknown, depth: number = 0): unknown {
  if (typeof value === 'string') return redactText(value)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'function' || typeof value === 'symbol') return undefined
  if (typeof value !== 'object' || value === null) return value
  if (depth >= GREATEST_DEPTH) return '…'
  if (value instanceof Error) return redactedError(value, depth)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString()
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`
  if (Array.isArray(value)) return value.slice(0, GREATEST_ENTRIES).map((entry) => redact(entry, depth + 1))
  return redactedFields(Object.entries(value), depth)
}

function redactedFields(entries: readonly (readonly [string, unknown])[], depth: number): Record<string, unknown> {
  return Object.fromEntries(
    entries
      .slice(0, GREATEST_ENTRIES)
      .map(([name, value]) => [
        redactText(name),
        SECRET_FIELD.test(name) && value !== null ? REDACTED : redact(value, depth + 1),
      ]),
  )
}

/** Only these: an error of a library may carry the whole request it was about, signature and body included. */
function redactedError(error: Error, depth: number): Record<string, unknown> {
  const code = 'code' in error ? { code: redact(error.code, depth + 1) } : {}
  const cause = error.cause === undefined ? {} : { cause: redact(error.cause, depth + 1) }
  return {
    name: error.name,
    message: redactText(error.message),
    ...code,
    ...cause,
    stack: redactText(error.stack ?? ''),
  }
}

/** The Luhn check, which one number in ten passes by chance: most long ids stay readable. */
function isCardNumber(text: string): boolean {
  const digits = [...text.replaceAll(/\D/g, '')].map(Number).toReversed()
  const sum = digits.reduce(
    (total, digit, index) => total + (index % 2 === 0 ? digit : digit * 2 - (digit > 4 ? 9 : 0)),
    0,
  )
  return sum % 10 === 0
}
