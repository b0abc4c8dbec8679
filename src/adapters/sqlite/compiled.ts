import type { Database, SQLQueryBindings } from 'bun:sqlite'
import { is, Param, Placeholder } from 'drizzle-orm'
import { lazily } from './lazily.ts'

/** What Drizzle's builders can be turned into. */
interface Buildable {
  toSQL(): { readonly sql: string; readonly params: readonly unknown[] }
}

export type Values = Readonly<Record<string, SQLQueryBindings>>

/**
 * A write of Drizzle's, compiled once to a statement of the driver when it is first made. Drizzle's own prepared queries map
 * every parameter on every call, which on the hot path costs as much as SQLite itself. Values go in by the names of the
 * placeholders.
 */
export function compiled(client: Database, query: () => Buildable): (values: Values) => void {
  const prepared = lazily(() => prepare(client, query()))
  return (values) => {
    const { statement, bound } = prepared()
    statement.run(...bound(values))
  }
}

/** The same for a question: whether the query finds a row. */
export function compiledCheck(client: Database, query: () => Buildable): (values: Values) => boolean {
  const prepared = lazily(() => prepare(client, query()))
  return (values) => {
    const { statement, bound } = prepared()
    return statement.get(...bound(values)) !== null
  }
}

function prepare(client: Database, query: Buildable) {
  const { sql, params } = query.toSQL()
  return { statement: client.prepare(sql), bound: binder(params) }
}

function binder(params: readonly unknown[]): (values: Values) => SQLQueryBindings[] {
  const slots = params.map(slotOf)
  return (values) => {
    const bound: SQLQueryBindings[] = []
    for (const { name, constant } of slots) bound.push(name === null ? constant : (values[name] ?? null))
    return bound
  }
}

interface Slot {
  readonly name: string | null
  readonly constant: SQLQueryBindings
}

function slotOf(param: unknown): Slot {
  const value = is(param, Param) ? param.value : param
  if (is(value, Placeholder)) return { name: String(value.name), constant: null }
  return { name: null, constant: value as SQLQueryBindings }
}
