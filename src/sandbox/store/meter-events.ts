import type { Database } from 'bun:sqlite'

export interface TakenMeterEvent {
  readonly identifier: string
  readonly eventName: string
  readonly customer: string
  readonly value: string
  readonly timestamp: number
  readonly receivedAt: number
}

export interface MeterEvents {
  readonly take: (event: TakenMeterEvent) => void
  readonly seenSince: (identifier: string, receivedFrom: number) => boolean
  /** Takes an event that came in since then out of all sums; its identifier stays taken. False when there is none. */
  readonly cancel: (eventName: string, identifier: string, receivedFrom: number) => boolean
  /**
   * Values with their times, oldest first; the end is exclusive. With `receivedUntil`, only what had come in by then:
   * sums that lag behind.
   */
  readonly between: (
    customer: string,
    eventName: string,
    from: number,
    to: number,
    receivedUntil?: number,
  ) => { readonly value: string; readonly timestamp: number }[]
}

const living = 'sequence NOT IN (SELECT sequence FROM canceled_meter_events)'

export function createMeterEvents(database: Database): MeterEvents {
  const insert = database.query<unknown, [string, string, string, string, number, number]>(
    'INSERT INTO meter_events (identifier, event_name, customer, value, timestamp, received_at) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const seen = database.query<unknown, [string, number]>(
    'SELECT 1 FROM meter_events WHERE identifier = ? AND received_at > ? LIMIT 1',
  )
  const latest = database.query<{ sequence: number }, [string, string, number]>(
    `SELECT sequence FROM meter_events WHERE identifier = ? AND event_name = ? AND received_at > ? AND ${living}
     ORDER BY sequence DESC LIMIT 1`,
  )
  const markCanceled = database.query<unknown, [number]>('INSERT INTO canceled_meter_events (sequence) VALUES (?)')
  const between = database.query<{ value: string; timestamp: number }, [string, string, number, number, number]>(
    `SELECT value, timestamp FROM meter_events
     WHERE customer = ? AND event_name = ? AND timestamp >= ? AND timestamp < ? AND received_at <= ? AND ${living}
     ORDER BY timestamp, sequence`,
  )
  return {
    take: (event) =>
      void insert.run(
        event.identifier,
        event.eventName,
        event.customer,
        event.value,
        event.timestamp,
        event.receivedAt,
      ),
    seenSince: (identifier, receivedFrom) => seen.get(identifier, receivedFrom) !== null,
    cancel: (eventName, identifier, receivedFrom) => {
      const found = latest.get(identifier, eventName, receivedFrom)
      if (found) markCanceled.run(found.sequence)
      return found !== null
    },
    between: (customer, eventName, from, to, receivedUntil) =>
      between.all(customer, eventName, from, to, receivedUntil ?? Number.MAX_SAFE_INTEGER),
  }
}
