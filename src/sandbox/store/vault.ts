import type { Database } from 'bun:sqlite'

/** What belongs to an object and is never shown with it: card numbers, webhook signing secrets. */
export interface Vault {
  readonly read: (id: string) => string | undefined
  readonly keep: (id: string, secret: string) => void
}

export function createVault(database: Database): Vault {
  const select = database.query<{ secret: string }, [string]>('SELECT secret FROM vault WHERE id = ?')
  const upsert = database.query<unknown, [string, string]>(
    'INSERT INTO vault (id, secret) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET secret = excluded.secret',
  )
  return {
    read: (id) => select.get(id)?.secret,
    keep: (id, secret) => void upsert.run(id, secret),
  }
}
