import type { Database, SQLQueryBindings } from 'bun:sqlite'
import type { Kind, Kinds } from '../wire.ts'
import { type Columns, columnsOf, createdOf } from './columns.ts'

export interface Position {
  readonly created: number
  readonly sequence: number
}

/** Which objects of a kind, newest first unless `oldestFirst`. */
export interface Selection {
  readonly customer?: string | undefined
  readonly parent?: string | undefined
  readonly lookup?: string | undefined
  readonly createdFrom?: number | undefined
  readonly createdTo?: number | undefined
  readonly olderThan?: Position | undefined
  readonly newerThan?: Position | undefined
  /** By the order in which they came about, whatever clock they are stamped by. */
  readonly arrivedAfter?: number | undefined
  readonly oldestFirst?: boolean | undefined
}

export interface Objects {
  readonly find: <K extends Kind>(kind: K, id: string) => Kinds[K] | undefined
  readonly save: <K extends Kind>(kind: K, body: Kinds[K]) => void
  readonly isDeleted: (kind: Kind, id: string) => boolean
  readonly remove: (kind: Kind, id: string) => void
  readonly position: (kind: Kind, id: string) => Position | undefined
  readonly select: <K extends Kind>(kind: K, selection?: Selection) => Kinds[K][]
  /** The first `count` that satisfy `accept`, read row by row: filters without an index need no full read. */
  readonly first: <K extends Kind>(
    kind: K,
    selection: Selection,
    count: number,
    accept: (body: Kinds[K]) => boolean,
  ) => Kinds[K][]
}

export function createObjects(database: Database): Objects {
  const byId = database.query<{ body: string }, [string, string]>(
    'SELECT body FROM objects WHERE id = ? AND kind = ? AND deleted = 0',
  )
  const deleted = database.query<unknown, [string, string]>(
    'SELECT 1 FROM objects WHERE id = ? AND kind = ? AND deleted = 1',
  )
  const markDeleted = database.query<unknown, [string, string]>(
    'UPDATE objects SET deleted = 1 WHERE id = ? AND kind = ?',
  )
  const place = database.query<Position, [string, string]>(
    'SELECT created, sequence FROM objects WHERE id = ? AND kind = ?',
  )
  const upsert = database.query<unknown, SQLQueryBindings[]>(
    `INSERT INTO objects (id, kind, created, customer, parent, lookup, body) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET customer = excluded.customer, parent = excluded.parent, lookup = excluded.lookup, body = excluded.body`,
  )
  const rows = (kind: Kind, selection: Selection) => {
    const { where, values } = conditions(kind, selection)
    const order = selection.oldestFirst ? 'ASC' : 'DESC'
    const sql = `SELECT body FROM objects WHERE ${where} ORDER BY created ${order}, sequence ${order}`
    return { statement: database.query<{ body: string }, SQLQueryBindings[]>(sql), values }
  }
  return {
    find: (kind, id) => decode<typeof kind>(byId.get(id, kind)),
    save: (kind, body) => {
      const { customer, parent, lookup }: Columns = columnsOf(kind, body)
      upsert.run(body.id, kind, createdOf(body), customer ?? null, parent ?? null, lookup ?? null, JSON.stringify(body))
    },
    isDeleted: (kind, id) => deleted.get(id, kind) !== null,
    remove: (kind, id) => void markDeleted.run(id, kind),
    position: (kind, id) => place.get(id, kind) ?? undefined,
    select: (kind, selection = {}) => {
      const { statement, values } = rows(kind, selection)
      return statement.all(...values).map((row) => parse<typeof kind>(row.body))
    },
    first: (kind, selection, count, accept) => {
      const { statement, values } = rows(kind, selection)
      const found: Kinds[typeof kind][] = []
      for (const row of statement.iterate(...values)) {
        const body = parse<typeof kind>(row.body)
        if (accept(body)) found.push(body)
        if (found.length >= count) break
      }
      return found
    },
  }
}

function conditions(kind: Kind, selection: Selection): { where: string; values: SQLQueryBindings[] } {
  const parts: [string, SQLQueryBindings[]][] = [['kind = ? AND deleted = 0', [kind]]]
  if (selection.customer !== undefined) parts.push(['customer = ?', [selection.customer]])
  if (selection.parent !== undefined) parts.push(['parent = ?', [selection.parent]])
  if (selection.lookup !== undefined) parts.push(['lookup = ?', [selection.lookup]])
  if (selection.createdFrom !== undefined) parts.push(['created >= ?', [selection.createdFrom]])
  if (selection.createdTo !== undefined) parts.push(['created <= ?', [selection.createdTo]])
  if (selection.arrivedAfter !== undefined) parts.push(['sequence > ?', [selection.arrivedAfter]])
  const { olderThan, newerThan } = selection
  if (olderThan) parts.push(['(created, sequence) < (?, ?)', [olderThan.created, olderThan.sequence]])
  if (newerThan) parts.push(['(created, sequence) > (?, ?)', [newerThan.created, newerThan.sequence]])
  return { where: parts.map(([sql]) => sql).join(' AND '), values: parts.flatMap(([, values]) => values) }
}

// The rows were written by `save`, which took a Kinds[K]: the one place where their type is asserted.
const parse = <K extends Kind>(body: string) => JSON.parse(body) as Kinds[K]
const decode = <K extends Kind>(row: { body: string } | null) => (row ? parse<K>(row.body) : undefined)
