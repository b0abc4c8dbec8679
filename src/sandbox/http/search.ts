import { present } from '../present.ts'
import type { Turn } from '../turn.ts'
import type { Kind, Kinds } from '../wire.ts'
import { fields, integer, need, text } from './decode.ts'
import { invalid } from './failure.ts'
import { limitOf } from './listing.ts'

export const searching = fields({ query: text, limit: integer, page: text })

interface SearchWish {
  readonly query?: string | undefined
  readonly limit?: number | undefined
  readonly page?: string | undefined
}

type Clause = (object: Readonly<Record<string, unknown>>) => boolean

/** Stripe's search over one kind: `metadata['k']:'v' AND email:'a@b'`. Unlike Stripe's it is never behind. */
export function search<K extends Kind>(turn: Turn, kind: K, wish: SearchWish, url: string, known: readonly string[]) {
  const matches = parseQuery(need(wish.query, 'query'), known)
  const limit = limitOf(wish)
  const olderThan = wish.page === undefined ? undefined : turn.store.objects.position(kind, wish.page)
  if (wish.page !== undefined && !olderThan) throw invalid('Invalid page token.', 'page')
  const accept = (object: Kinds[K]) => matches({ ...object })
  const found = turn.store.objects.first(kind, { olderThan }, limit + 1, accept)
  const data = found.slice(0, limit)
  const more = found.length > limit
  const next = more ? (data.at(-1)?.id ?? null) : null
  const shown = data.map((object) => present(turn, object))
  return { object: 'search_result', data: shown, has_more: more, next_page: next, url }
}

const clausePattern =
  /^(-)?\s*(?:metadata\[(['"])(.+?)\2\]|([a-z_][a-z_\d.]*))\s*(:|~|>=|<=|>|<)\s*(?:(['"])(.*?)\6|(-?\d+)|(null))\s*/
const joinPattern = /^(AND|OR)\s+/i

function parseQuery(query: string, known: readonly string[]): Clause {
  const clauses: Clause[] = []
  const joins = new Set<string>()
  for (let rest = query.trim(); rest !== ''; ) {
    const match = clausePattern.exec(rest)
    if (!match) throw badQuery(query)
    clauses.push(clauseOf(match, known))
    rest = rest.slice(match[0].length)
    const join = joinPattern.exec(rest)
    // Clauses that only a space divides are joined by AND.
    if (rest !== '') joins.add((join?.[1] ?? 'AND').toUpperCase())
    rest = rest.slice(join?.[0].length ?? 0)
    if (join && rest === '') throw badQuery(query)
  }
  if (clauses.length === 0 || (joins.has('AND') && joins.has('OR'))) throw badQuery(query)
  return joins.has('OR')
    ? (object) => clauses.some((clause) => clause(object))
    : (object) => clauses.every((clause) => clause(object))
}

const badQuery = (query: string) =>
  invalid(
    `We were unable to parse your search query. Try using the format \`metadata["key"]:"value"\` to query for metadata or key:"value" to query for other fields. (${query})`,
    'query',
  )

function clauseOf(match: RegExpExecArray, known: readonly string[]): Clause {
  const [, minus, , metadataKey, field, operator = ':', , quoted, number] = match
  if (field !== undefined && !known.includes(field)) {
    throw invalid(`Field \`${field}\` is an unsupported search field for this resource.`, 'query')
  }
  const wanted = quoted ?? number ?? null
  const holds: Clause = (object) => {
    const value = metadataKey === undefined ? valueAt(object, field ?? '') : memberOf(object.metadata, metadataKey)
    return compare(value, operator, wanted)
  }
  return minus ? (object) => !holds(object) : holds
}

// Fields that are searched by another name than they are found under.
const places: Readonly<Record<string, string>> = {
  last_finalization_error_code: 'last_finalization_error.code',
  last_finalization_error_type: 'last_finalization_error.type',
  subscription: 'parent.subscription_details.subscription',
}

const valueAt = (object: unknown, field: string) => (places[field] ?? field).split('.').reduce(memberOf, object)

function memberOf(object: unknown, key: string): unknown {
  if (typeof object !== 'object' || object === null) return undefined
  return Object.entries(object).find(([name]) => name === key)?.[1]
}

function compare(value: unknown, operator: string, wanted: string | null): boolean {
  if (wanted === null) return value === null || value === undefined
  if (value === null || value === undefined) return false
  // Stripe matches text without regard to case.
  const [left, right] = [String(value).toLowerCase(), wanted.toLowerCase()]
  if (operator === ':') return left === right
  if (operator === '~') return left.includes(right)
  const [one, other] = [Number(value), Number(wanted)]
  if (operator === '>') return one > other
  if (operator === '>=') return one >= other
  return operator === '<' ? one < other : one <= other
}
