import { present } from '../present.ts'
import type { Selection } from '../store/objects.ts'
import type { Turn } from '../turn.ts'
import type { Kind, Kinds, ListOf } from '../wire.ts'
import { integer, type TimeRange, text, timeRange } from './decode.ts'
import { invalid, noSuch } from './failure.ts'

/** The parameters of every list. */
export const paging = { limit: integer, starting_after: text, ending_before: text, created: timeRange }

export interface Page {
  readonly limit?: number | undefined
  readonly starting_after?: string | undefined
  readonly ending_before?: string | undefined
  readonly created?: TimeRange | undefined
}

/** One page of a kind, newest first: Stripe's order. */
export function listing<K extends Kind>(
  turn: Turn,
  kind: K,
  url: string,
  page: Page,
  filter: { readonly where?: Selection; readonly accept?: (object: Kinds[K]) => boolean } = {},
): ListOf<object> {
  const limit = limitOf(page)
  requireKnown(turn, filter.where?.customer)
  const backwards = page.ending_before !== undefined
  const selection = { ...filter.where, ...window(page.created), ...cursor(turn, kind, page) }
  const found = turn.store.objects.first(kind, selection, limit + 1, filter.accept ?? (() => true))
  const data = found.slice(0, limit)
  if (backwards) data.reverse()
  return { object: 'list', data: data.map((object) => present(turn, object)), has_more: found.length > limit, url }
}

/** A list of an unknown customer is refused; one who was deleted still has a past to be listed. */
export function requireKnown(turn: Turn, customer: string | undefined): void {
  if (customer === undefined || turn.store.objects.position('customer', customer)) return
  throw noSuch('customer', customer, 'customer', 400)
}

/** A complete short list inside another object. */
export function listOf<T>(data: T[], url: string): ListOf<T> {
  return { object: 'list', data, has_more: false, url }
}

export function limitOf(page: Pick<Page, 'limit'>): number {
  const limit = page.limit ?? 10
  if (limit < 1) throw invalid('This value must be greater than or equal to 1.', 'limit', 'parameter_invalid_integer')
  if (limit > 100) throw invalid('This value must be less than or equal to 100.', 'limit', 'parameter_invalid_integer')
  return limit
}

const window = (range: TimeRange | undefined): Selection => ({ createdFrom: range?.from, createdTo: range?.to })

function cursor(turn: Turn, kind: Kind, page: Page): Selection {
  const { starting_after: after, ending_before: before } = page
  if (after !== undefined && before !== undefined) {
    throw invalid('You can only specify one of starting_after or ending_before.', 'starting_after')
  }
  if (after !== undefined) return { olderThan: positionOf(turn, kind, after, 'starting_after') }
  if (before !== undefined) {
    return { newerThan: positionOf(turn, kind, before, 'ending_before'), oldestFirst: true }
  }
  return {}
}

function positionOf(turn: Turn, kind: Kind, id: string, param: string) {
  const position = turn.store.objects.position(kind, id)
  if (!position) throw noSuch(kind, id, param, 400)
  return position
}
