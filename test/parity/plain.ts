/**
 * An outcome without what is bound to differ between two accounts: ids are numbered in the order of their appearance,
 * links and secrets blanked, and times that are near the present, or a month from it, called so. Business times, which go
 * by a test clock, stay as they are; what happens at them is rounded to the hour, since Stripe is some seconds late.
 */
export function plainer(token: string, wallSeconds: number): (outcome: unknown) => unknown {
  const present = Temporal.Instant.fromEpochMilliseconds(Math.floor(wallSeconds) * 1_000).toZonedDateTimeISO('UTC')
  const monthLater = present.add({ months: 1 }).epochMilliseconds / 1_000
  const numbers = new Map<string, string>()
  const counts = new Map<string, number>()

  function numbered(id: string, prefix: string): string {
    const known = numbers.get(id)
    if (known) return known
    const count = (counts.get(prefix) ?? 0) + 1
    counts.set(prefix, count)
    numbers.set(id, `<${prefix}_${count}>`)
    return `<${prefix}_${count}>`
  }

  const text = (value: string) =>
    value
      .replaceAll(token, '<run>')
      .replace(/https?:\/\/[^\s'"]+/g, '<url>')
      .replace(identifier, (id: string, prefix: string) => numbered(id, prefix))

  function plain(value: unknown, key: string): unknown {
    if (value === null || value === undefined) return value
    if (ofTheAccount.has(key)) return '<of the account>'
    if (Array.isArray(value)) return value.map((element) => plain(element, key))
    if (typeof value === 'object') {
      return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner, name)]))
    }
    if (typeof value === 'string') return text(value)
    return typeof value === 'number' && isTime(key, value) ? timeOf(key, value) : value
  }

  const timeOf = (key: string, value: number) => {
    if (Math.abs(value - wallSeconds) < hour) return '<now>'
    if (Math.abs(value - monthLater) < hour) return '<in a month>'
    return happenings.test(key) ? `<hour ${Math.floor(value / hour)}>` : value
  }

  return (outcome) => plain(outcome, '')
}

const hour = 3_600
const identifier = /\b([a-z]{2,}(?:_[a-z]+)*)_(?:test_)?(?=[A-Za-z]*\d)[A-Za-z0-9]{8,}(?:_secret_\w+)?\b/g
const happenings = /^(created|updated|timestamp|.*_at)$/
const isTime = (key: string, value: number) => value > 1_000_000_000 && !/amount|total|balance|unit/.test(key)

/** What the owner of an account chose or Stripe drew by lot, and what a card network answers. */
const ofTheAccount = new Set([
  'account_country',
  'account_name',
  'client_secret',
  'fingerprint',
  'invoice_prefix',
  'network_transaction_id',
  'next_payment_attempt',
  'number',
  'payment_method_configuration_details',
  'receipt_number',
  'authorization_code',
  'risk_score',
  'statement_descriptor',
  'calculated_statement_descriptor',
])
