/** What a load generator sends: always the same kind of request, each with an identity of its own where it is a write. */
export type Workload =
  | { readonly kind: 'record' }
  | { readonly kind: 'record-batch'; readonly recordsPerRequest: number }
  /** `{user}` in the path stands for the user's id. */
  | { readonly kind: 'get'; readonly path: string }
  | { readonly kind: 'webhook'; readonly secret: string; readonly events: number }
  /** To Stripe or whatever stands in for it, with a secret key for a token. */
  | { readonly kind: 'form'; readonly path: string; readonly key: string; readonly body: string }

/** Whose token a request carries: one of the app's backend for everybody, or each user's own. */
export type Tokens =
  | { readonly of: 'backend'; readonly scope: string }
  | { readonly of: 'users'; readonly scope: string }

export interface Job {
  readonly port: number
  readonly workload: Workload
  readonly tokens: Tokens
  readonly jwtSecret: string
  /** The users `user_00000` to this many. */
  readonly users: number
  /** The one user that all requests are about; null spreads them over all. */
  readonly onlyUser: string | null
  readonly connections: number
  /** The same load before anything is counted. */
  readonly warmUpSeconds: number
  readonly seconds: number
}

/** What came of it, without the warm-up. Milliseconds. */
export interface Outcome {
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  /** Answered requests by status. */
  readonly statuses: Readonly<Record<string, number>>
  /** Warm-up included: what a store must hold afterwards, at least and at most. */
  readonly answered: number
  readonly sent: number
}

/** All ids have one length, so that a request can be prepared once and its identity written over. */
export function userName(index: number): string {
  return `user_${String(index).padStart(5, '0')}`
}
