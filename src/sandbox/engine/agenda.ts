import type { Task } from '../store/due-work.ts'
import type { Turn } from '../turn.ts'

/** Plans work for a time on the clock its customer lives by, in place of an earlier plan of the same work. */
export function plan(turn: Turn, customer: string | null, task: Task, subject: string, at: number): void {
  const clock = customer === null ? undefined : turn.store.clocks.ofCustomer(customer)
  turn.store.dueWork.plan(task, subject, at, clock)
}

/** The test clock an object shows: its customer's. */
export const clockOf = (turn: Turn, customer: string | null) =>
  (customer === null ? undefined : turn.store.clocks.ofCustomer(customer)) ?? null
