import { invalidField } from '../../domain/errors.ts'

/** A date and a time of day with its distance to UTC, as RFC 3339 writes them; whether the day exists is checked below. */
export const ISO_TIME =
  '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$'

/** Milliseconds since 1970. `Date.parse` would make 30 February the 1st of March; Temporal refuses it. */
export function instantOf(path: string, time: string): number {
  try {
    return Temporal.Instant.from(time).epochMilliseconds
  } catch (error) {
    if (error instanceof RangeError) throw invalidField(path, 'there is no such day or time')
    throw error
  }
}
