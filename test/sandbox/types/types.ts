import type { Shape } from './structure.ts'

/** What the module of answers begins with. */
export const preamble = [
  "import type { Stripe } from './stripe/stripe.core.d.ts'",
  // Of what changed an event tells the old values only, to any depth, and null for what was not there; the SDK's type
  // would have whole objects.
  'type Part<T> = T extends readonly (infer E)[] ? Part<E>[] :' +
    ' T extends object ? { [K in keyof T]?: Part<T[K]> | null } : T',
  "type Told<E> = E extends { data: infer D } ? Omit<E, 'data'> & { data: ToldData<D> } : E",
  'type ToldData<D> = D extends { previous_attributes?: infer P }' +
    " ? Omit<D, 'previous_attributes'> & { previous_attributes?: Part<P> } : D",
  // The client adds methods to an event of the second API.
  'type Sent<T> = T extends unknown ? { [K in keyof T as T[K] extends () => unknown ? never : K]: T[K] } : never',
  // "The received Invoice object will not have an invoice ID" (the SDK about this event).
  "type Upcoming = Omit<Stripe.InvoiceUpcomingEvent, 'data'> & { data: { object: Omit<Stripe.Invoice, 'id'> } }",
]

/** The SDK's type of an answer, as text. */
export function typeOf({ kind, from, ...shape }: Shape): string {
  const body: Readonly<Record<string, unknown>> = { ...Object(shape.body) }
  if (kind === 'event') {
    return body.type === 'invoice.upcoming' ? 'Upcoming' : `Told<Extract<Stripe.Event, { type: '${body.type}' }>>`
  }
  if (kind === 'v2.core.event') return `Sent<Extract<Stripe.V2.Core.Event, { type: '${body.type}' }>>`
  if (kind.startsWith('v2.') && from.startsWith('DELETE ')) return 'Stripe.V2.DeletedObject'
  const named = exceptions[kind] ?? `Stripe.${pascal(kind)}`
  return body.deleted === true ? named.replace(/(\w+)$/, 'Deleted$1') : named
}

const exceptions: Readonly<Record<string, string>> = {
  error: 'Stripe.StripeRawError',
  list: 'Stripe.ApiList<never>',
  search_result: 'Omit<Stripe.ApiSearchResult<never>, never>',
  'v2.list': 'Stripe.V2List<never>',
  line_item: 'Stripe.InvoiceLineItem',
  item: 'Stripe.LineItem',
  invoiceitem: 'Stripe.InvoiceItem',
}

const pascal = (kind: string) =>
  kind
    .split('.')
    .map((part) => part.replace(/(?:^|_)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()))
    .join('.')

/**
 * Kinds that go unchecked because the SDK has no type for them: what Stripe's own page scripts talk to, and its
 * command line, but no library.
 */
export const untyped: ReadonlySet<string> = new Set(['payment_page'])
