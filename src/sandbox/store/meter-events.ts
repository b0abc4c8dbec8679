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
  /** Values with their times, oldest first; the end is exclusive. */
  readonly between: (
    customer: string,
    eventName: string,
    from: number,
    to: number,
  ) => { readonly value: string; readonly timestamp: number }[]
}

export function createMeterEvents(database: Database): MeterEvents {
  const insert = database.query<unknown, [string, string, string, string, number, number]>(
    'INSERT INTO meter_events (identifier, event_name, customer, value, timestamp, received_at) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const seen = database.query<unknown, [string, number]>(
    'SELECT 1 FROM meter_events WHERE identifier = ? AND received_at > ? LIMIT 1',
  )
  const between = database.query<{ value: string; timestamp: number }, [string, string, number, number]>(
    `SELECT value, timestamp FROM meter_events
     WHERE customer = ? AND event_name = ? AND timestamp >= ? AND timestamp < ? ORDER BY timestamp, sequence`,
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
    between: (customer, eventName, from, to) => between.all(customer, eventName, from, to),
  }
}
