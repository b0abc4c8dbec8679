export interface LoggedRequest {
  readonly at: string
  readonly method: string
  readonly path: string
  readonly status: number
  readonly request_id: string | null
  readonly milliseconds: number
  readonly idempotency_key: string | null
  /** The fault that struck it, if one did. */
  readonly fault: string | null
}

/** The last requests, in memory: for a look at what an application really sends. */
export interface RequestLog {
  readonly add: (entry: LoggedRequest) => void
  readonly entries: () => readonly LoggedRequest[]
}

const kept = 1_000

export function createRequestLog(): RequestLog {
  const entries: LoggedRequest[] = []
  return {
    add: (entry) => {
      entries.push(entry)
      if (entries.length > kept) entries.shift()
    },
    entries: () => entries.toReversed(),
  }
}
