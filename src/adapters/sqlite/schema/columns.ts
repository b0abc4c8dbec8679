import { customType } from 'drizzle-orm/sqlite-core'

/*
 * Every table is STRICT, those that are read by their primary key alone also WITHOUT ROWID: drizzle-kit can write
 * neither, so both are added by hand to each generated CREATE TABLE, and a test looks after the first.
 * SQLite hands out every integer as a bigint here. Times are milliseconds since 1970 UTC. Unique keys lead with the
 * identity and not with the user, so that time-ordered ids append.
 */

/** A whole number that stays far below 2^53: times, counts, minor units. */
export const integer = customType<{ data: number; driverData: bigint | number }>({
  dataType: () => 'integer',
  fromDriver: Number,
  toDriver: (value) => value,
})

export const flag = customType<{ data: boolean; driverData: bigint | number }>({
  dataType: () => 'integer',
  fromDriver: (value) => Number(value) === 1,
  toDriver: (value) => (value ? 1 : 0),
})

/** A value that is read and written as a whole. */
export function json<T>(name: string) {
  return customType<{ data: T; driverData: string }>({
    dataType: () => 'text',
    fromDriver: (text) => JSON.parse(text) as T,
    toDriver: (value) => JSON.stringify(value),
  })(name)
}

/** Quanta of usage: exact at any size. */
export const quantity = customType<{ data: bigint; driverData: bigint }>({ dataType: () => 'integer' })
