import type { Turn } from '../turn.ts'
import type { Decoder } from './decode.ts'
import type { FormFields } from './form.ts'

export type Method = 'GET' | 'POST' | 'DELETE'

export interface Route {
  readonly method: Method
  readonly path: string
  /** May be called by a browser with a publishable key and the object's client secret. */
  readonly client: boolean
  /** Takes a token of its own instead of an API key: checks it, and throws if it is none. */
  readonly admits?: (turn: Turn, token: string | undefined) => void
  readonly answer: (turn: Turn, form: FormFields, ids: readonly string[]) => object
}

type Handler<P> = (turn: Turn, parameters: P, id: string, secondId: string) => object

/** One row of a route table: what it accepts and what it does, with the parameters' type inferred from the first. */
export function route<P>(method: Method, path: string, accepts: Decoder<P>, handle: Handler<P>): Route {
  return {
    method,
    path,
    client: false,
    answer: (turn, form, ids) => handle(turn, accepts(form, ''), ids[0] ?? '', ids[1] ?? ''),
  }
}

export function clientRoute<P>(method: Method, path: string, accepts: Decoder<P>, handle: Handler<P>): Route {
  return { ...route(method, path, accepts, handle), client: true }
}

/** A route whose callers identify themselves by a token that an earlier call gave out. */
export function tokenRoute(entry: Route, admits: NonNullable<Route['admits']>): Route {
  return { ...entry, admits }
}

export interface Match {
  readonly route: Route
  readonly ids: readonly string[]
}

/** Literal segments win over `:id`, so /v1/customers/search is not the customer "search". */
export function createRouter(routes: readonly Route[]): (method: string, path: string) => Match | undefined {
  const root: Node = emptyNode()
  for (const entry of routes) {
    let node = root
    for (const segment of entry.path.slice(1).split('/')) {
      const key = segment.startsWith(':') ? ':' : segment
      const next = node.children.get(key) ?? emptyNode()
      node.children.set(key, next)
      node = next
    }
    node.routes.set(entry.method, entry)
  }
  return (method, path) => walk(root, path.slice(1).split('/'), 0, method, [])
}

interface Node {
  readonly children: Map<string, Node>
  readonly routes: Map<string, Route>
}
const emptyNode = (): Node => ({ children: new Map(), routes: new Map() })

function walk(
  node: Node,
  segments: readonly string[],
  index: number,
  method: string,
  ids: readonly string[],
): Match | undefined {
  const segment = segments[index]
  if (segment === undefined) {
    const found = node.routes.get(method)
    return found && { route: found, ids }
  }
  const literal = node.children.get(segment)
  const exact = literal && walk(literal, segments, index + 1, method, ids)
  if (exact || segment === '') return exact
  const parameter = node.children.get(':')
  return parameter && walk(parameter, segments, index + 1, method, [...ids, decoded(segment)])
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    // A stray percent sign is no encoding: the id is then simply one that does not exist.
    return segment
  }
}
