import { fields, integer, type Parameters, text } from '../http/decode.ts'
import { parseForm } from '../http/form.ts'
import type { LoggedRequest } from '../request-log.ts'

const spec = { method: text, path: text, status: integer, idempotency_key: text, limit: integer }

/** The logged requests that a query asks for; a path means all that begin with it. */
export function filteredRequests(entries: readonly LoggedRequest[], url: URL): readonly LoggedRequest[] {
  const wish: Parameters<typeof spec> = fields(spec)(parseForm(url.search.slice(1)), '')
  const fits = (entry: LoggedRequest) =>
    (wish.method === undefined || entry.method === wish.method) &&
    (wish.path === undefined || entry.path.startsWith(wish.path)) &&
    (wish.status === undefined || entry.status === wish.status) &&
    (wish.idempotency_key === undefined || entry.idempotency_key === wish.idempotency_key)
  return entries.filter(fits).slice(0, wish.limit ?? 200)
}
