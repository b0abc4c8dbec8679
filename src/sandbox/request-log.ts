export interface LoggedRequest {
  readonly at: string
  readonly method: string
  readonly path: string
  readonly status: number
  readonly request_id: string | null
  readonly milliseconds: number
}

/** The last requests, in memory: for a look at what an application really sends. */
export interface RequestLog {
  readonly add: (entry: LoggedRequest) => void
  readonly entries: () => readonly LoggedRequest[]
}

const kept = 200

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
