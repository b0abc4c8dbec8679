import type { Database } from 'bun:sqlite'

export interface ArrivedEvent {
  readonly id: string
  readonly type: string
  /** Unix seconds, by the clock of its customer. */
  readonly created: number
}

/**
 * The events of both APIs in the order in which they came about, whatever clocks they are stamped by: the hundred after an
 * event, or the last hundred.
 */
export function arrivedEvents(database: Database, after: string | null): readonly ArrivedEvent[] {
  const events = `SELECT sequence, id, lookup AS type, created FROM objects WHERE kind IN ('event', 'v2.core.event')`
  if (after === null) {
    const last = `SELECT * FROM (${events} ORDER BY sequence DESC LIMIT 100) ORDER BY sequence`
    return database.query<ArrivedEvent, []>(`SELECT id, type, created FROM (${last})`).all()
  }
  const since = `${events} AND sequence > (SELECT sequence FROM objects WHERE id = ?) ORDER BY sequence LIMIT 100`
  return database.query<ArrivedEvent, [string]>(`SELECT id, type, created FROM (${since})`).all(after)
}
