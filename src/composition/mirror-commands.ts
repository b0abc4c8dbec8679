import type { Ports } from '../ports.ts'
import { type AdoptionBatch, adoptCustomers } from '../usecases/adopt-customers.ts'

/** By these names the command line asks a running server. */
export const START_DRIFT_CHECK = 'start-drift-check'
export const DRIFT_STATE = 'drift-state'
export const ADOPT_COMMAND = 'adopt-customers'

/** Whoever sits at the command line, as the audit log names them: who may use the socket is the operator of the machine. */
export const COMMAND_LINE = 'operator:command-line'

export interface ReconcileWish {
  readonly repair: boolean
}

/** What a running server does for the command line, which is this very program and has checked what it sends. */
export function mirrorCommands(ports: Ports) {
  return {
    [START_DRIFT_CHECK]: async (wish: unknown) =>
      ports.driftCheck.start((wish as ReconcileWish).repair ? COMMAND_LINE : null),
    [DRIFT_STATE]: () => ports.driftCheck.state(),
    [ADOPT_COMMAND]: (batch: unknown) => adoptCustomers(ports, { ...(batch as AdoptionBatch), operator: COMMAND_LINE }),
  }
}
