import type { Database, SQLQueryBindings } from 'bun:sqlite'
import { is, Param, Placeholder } from 'drizzle-orm'

/** What Drizzle's builders can be turned into. */
interface Buildable {
  toSQL(): { readonly sql: string; readonly params: readonly unknown[] }
}

export type Values = Readonly<Record<string, SQLQueryBindings>>

/**
 * A write of Drizzle's, compiled once to a statement of the driver. Drizzle's own prepared queries map every parameter on
 * every call, which on the hot path costs as much as SQLite itself. Values go in by the names of the placeholders.
 */
export function compiled(client: Database, query: Buildable): (values: Values) => void {
  const { sql, params } = query.toSQL()
  const statement = client.prepare(sql)
  const bound = binder(params)
  return (values) => void statement.run(...bound(values))
}

/** The same for a question: whether the query finds a row. */
export function compiledCheck(client: Database, query: Buildable): (values: Values) => boolean {
  const { sql, params } = query.toSQL()
  const statement = client.prepare(sql)
  const bound = binder(params)
  return (values) => statement.get(...bound(values)) !== null
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
