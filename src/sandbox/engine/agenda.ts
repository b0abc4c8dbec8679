import { wallNow } from '../clock.ts'
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

/** When a payment or charge is made: Stripe dates them by the wall even where the customer lives on a test clock. */
export const paymentTime = (turn: Turn, customer: string | null) =>
  clockOf(turn, customer) === null ? turn.now(customer) : wallNow()
