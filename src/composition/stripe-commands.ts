import type { Ports } from '../ports.ts'
import { type AdoptionBatch, adoptCustomers } from '../usecases/adopt-customers.ts'
import { type MoveRequest, movePlans } from '../usecases/move-plans.ts'

/** By these names the command line asks a running server. */
export const START_DRIFT_CHECK = 'start-drift-check'
export const DRIFT_STATE = 'drift-state'
export const ADOPT_COMMAND = 'adopt-customers'
export const MOVE_COMMAND = 'move-plans'

/** Whoever sits at the command line, as the audit log names them: who may use the socket is the operator of the machine. */
export const COMMAND_LINE = 'operator:command-line'

export interface ReconcileWish {
  readonly repair: boolean
}

export type MoveWish = Omit<MoveRequest, 'operator' | 'limit'>

/** The command line goes on from page to page; one may take no longer than it waits for an answer. */
const MOVED_AT_ONCE = 10

/**
 * What the command line has done at Stripe, which is this very program and has checked what it sends: by a running server,
 * or by its own process in the server's place.
 */
export function stripeCommands(ports: Ports) {
  return {
    [START_DRIFT_CHECK]: async (wish: unknown) =>
      ports.driftCheck.start((wish as ReconcileWish).repair ? COMMAND_LINE : null),
    [DRIFT_STATE]: () => ports.driftCheck.state(),
    [ADOPT_COMMAND]: (batch: unknown) => adoptCustomers(ports, { ...(batch as AdoptionBatch), operator: COMMAND_LINE }),
    [MOVE_COMMAND]: (wish: unknown) =>
      movePlans(ports, { ...(wish as MoveWish), operator: COMMAND_LINE, limit: MOVED_AT_ONCE }),
  }
}
