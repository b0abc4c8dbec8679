import type { SQLQueryBindings } from 'bun:sqlite'
import { type Column, getTableColumns, sql } from 'drizzle-orm'
import type { SQLiteTable } from 'drizzle-orm/sqlite-core'
import { compiled } from './compiled.ts'
import type { Drizzle } from './database.ts'

/**
 * Writes rows of a table, each over the one with the same key, by one statement that is compiled once. What a row leaves out
 * becomes null.
 */
export function upserter<T extends SQLiteTable>(
  database: Drizzle,
  table: T,
  key: keyof T['$inferInsert'] & string,
): (row: T['$inferInsert']) => void {
  const columns = Object.entries(getTableColumns(table) as Record<string, Column>)
  const values = Object.fromEntries(columns.map(([name]) => [name, sql.placeholder(name)]))
  const others = columns.filter(([name]) => name !== key)
  const set = Object.fromEntries(others.map(([name, column]) => [name, sql.raw(`excluded.${column.name}`)]))
  const target = columns.flatMap(([name, column]) => (name === key ? [column as never] : []))
  const write = compiled(database.$client, () =>
    database
      .insert(table)
      .values(values as T['$inferInsert'])
      .onConflictDoUpdate({ target, set: set as never }),
  )
  return (row) => {
    const given = row as Readonly<Record<string, unknown>>
    write(Object.fromEntries(columns.map(([name, column]) => [name, bound(column, given[name])])))
  }
}

function bound(column: Column, value: unknown): SQLQueryBindings {
  return value === null || value === undefined ? null : (column.mapToDriverValue(value) as SQLQueryBindings)
}
