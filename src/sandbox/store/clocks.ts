import type { Database } from 'bun:sqlite'

/** Test clocks: the time each shows, where it is being advanced to, and the customers who live by it. */
export interface Clocks {
  readonly add: (clock: string, now: number) => void
  readonly remove: (clock: string) => void
  readonly join: (customer: string, clock: string) => void
  /** The clock of a customer; none for one who lives by the default clock. */
  readonly ofCustomer: (customer: string) => string | undefined
  readonly timeOf: (customer: string) => number | undefined
  readonly members: (clock: string) => string[]
  readonly show: (clock: string, now: number) => void
  readonly aimAt: (clock: string, target: number | null) => void
  readonly advancing: () => { readonly id: string; readonly target: number } | undefined
}

export function createClocks(database: Database): Clocks {
  const insert = database.query<unknown, [string, number]>('INSERT INTO clocks (id, now) VALUES (?, ?)')
  const remove = database.query<unknown, [string]>('DELETE FROM clocks WHERE id = ?')
  const leave = database.query<unknown, [string]>('DELETE FROM clock_members WHERE clock = ?')
  const join = database.query<unknown, [string, string]>('INSERT INTO clock_members (customer, clock) VALUES (?, ?)')
  const clockOf = database.query<{ clock: string }, [string]>('SELECT clock FROM clock_members WHERE customer = ?')
  const timeOf = database.query<{ now: number }, [string]>(
    'SELECT now FROM clock_members JOIN clocks ON clocks.id = clock_members.clock WHERE customer = ?',
  )
  const members = database.query<{ customer: string }, [string]>('SELECT customer FROM clock_members WHERE clock = ?')
  const show = database.query<unknown, [number, string]>('UPDATE clocks SET now = ? WHERE id = ?')
  const aim = database.query<unknown, [number | null, string]>('UPDATE clocks SET target = ? WHERE id = ?')
  const advancing = database.query<{ id: string; target: number }, []>(
    'SELECT id, target FROM clocks WHERE target IS NOT NULL LIMIT 1',
  )
  return {
    add: (clock, now) => void insert.run(clock, now),
    remove: (clock) => {
      leave.run(clock)
      remove.run(clock)
    },
    join: (customer, clock) => void join.run(customer, clock),
    ofCustomer: (customer) => clockOf.get(customer)?.clock,
    timeOf: (customer) => timeOf.get(customer)?.now,
    members: (clock) => members.all(clock).map(({ customer }) => customer),
    show: (clock, now) => void show.run(now, clock),
    aimAt: (clock, target) => void aim.run(target, clock),
    advancing: () => advancing.get() ?? undefined,
  }
}
