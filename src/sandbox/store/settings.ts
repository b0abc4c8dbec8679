import type { Database } from 'bun:sqlite'

/** A handful of named values about the simulator itself. */
export interface Settings {
  readonly read: (name: string) => string | undefined
  readonly write: (name: string, value: string) => void
}

export function createSettings(database: Database): Settings {
  const select = database.query<{ value: string }, [string]>('SELECT value FROM settings WHERE name = ?')
  const upsert = database.query<unknown, [string, string]>(
    'INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  )
  return {
    read: (name) => select.get(name)?.value,
    write: (name, value) => void upsert.run(name, value),
  }
}
