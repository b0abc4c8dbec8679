import { Elysia } from 'elysia'

const ALLOWED = {
  'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
  'access-control-allow-headers': 'authorization, content-type, idempotency-key, x-request-id',
  'access-control-max-age': '600',
}
const READABLE = 'idempotent-replayed, retry-after, x-request-id'

/**
 * Lets pages of exactly these origins call. Closed when there are none; an origin that is not among them is answered
 * without a word about it, so that a browser keeps the answer from the page.
 */
export function cors(origins: readonly string[]) {
  const allowed: ReadonlySet<string> = new Set(origins)
  const app = new Elysia({ name: 'cors' })
  if (allowed.size === 0) return app
  return app.onRequest(({ request, set }) => {
    set.headers.vary = 'Origin'
    const origin = request.headers.get('origin')
    if (origin === null || !allowed.has(origin)) return
    set.headers['access-control-allow-origin'] = origin
    set.headers['access-control-expose-headers'] = READABLE
    const isPreflight = request.method === 'OPTIONS' && request.headers.has('access-control-request-method')
    return isPreflight ? new Response(null, { status: 204, headers: ALLOWED }) : undefined
  })
}
