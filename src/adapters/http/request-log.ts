import { Elysia } from 'elysia'
import type { Guard } from './guard.ts'

export interface RequestEntry {
  readonly method: string
  /** Without the query, which may hold what is nobody's business. */
  readonly path: string
  readonly status: number
  readonly duration_ms: number
  readonly request_id: string
  /** Such as `user:ann` or `service:speech-app`; `nobody` without a valid token. */
  readonly caller: string
}

/** Where requests and what went wrong with them are written down. */
export interface HttpLog {
  request(entry: RequestEntry): void
  /** An error that no request should be able to bring about. */
  failure(requestId: string, error: unknown): void
  /** What the operator can find out of a refusal, and the caller is not told. */
  refusal(requestId: string, reason: string): void
}

interface Logging {
  readonly log: HttpLog
  readonly newRequestId: () => string
}

const FOREIGN_ID = /^[A-Za-z0-9_-]{8,64}$/
const LONGEST_PATH = 256

/** Gives every request its id, the caller's own if it is one, and writes one line when it has been answered. */
export function requestLog({ log, newRequestId }: Logging, guard: Guard) {
  return (
    new Elysia({ name: 'request-log' })
      .use(guard)
      // Every request's context starts with a copy of these.
      .decorate('requestId', '')
      .decorate('startedAt', 0)
      .onRequest((context) => {
        const foreign = context.request.headers.get('x-request-id')
        context.requestId = foreign !== null && FOREIGN_ID.test(foreign) ? foreign : newRequestId()
        context.startedAt = performance.now()
        context.set.headers['x-request-id'] = context.requestId
      })
      .onAfterResponse({ as: 'global' }, ({ request, path, set, startedAt, requestId, caller }) => {
        log.request({
          method: request.method,
          path: path.slice(0, LONGEST_PATH),
          status: Number(set.status ?? 200),
          duration_ms: Math.round((performance.now() - startedAt) * 1_000) / 1_000,
          request_id: requestId,
          caller: caller.name,
        })
      })
  )
}
