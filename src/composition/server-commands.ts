import type { Readiness } from '../adapters/http/health.ts'
import { type ImportBatch, importUsage } from '../usecases/import-usage.ts'
import { type MoveRequest, movePlans } from '../usecases/move-plans.ts'
import { deskCommands } from './inbox-desk.ts'
import { COMMAND_LINE, mirrorCommands } from './mirror-commands.ts'
import type { WiredPorts } from './ports.ts'

/** By these names the command line asks a running server. */
export const IMPORT_COMMAND = 'import-usage'
export const MOVE_COMMAND = 'move-plans'

export type MoveWish = Omit<MoveRequest, 'operator' | 'limit'>

/** The command line goes on from page to page; one may take no longer than it waits for an answer. */
const MOVED_AT_ONCE = 10

/** What a running server does for the command line, which is this very program and has checked what it sends. */
export function serverCommands(ports: WiredPorts, readiness: () => Promise<Readiness>, onReplayed: () => void) {
  return {
    health: readiness,
    [IMPORT_COMMAND]: (batch: unknown) => importUsage(ports, batch as ImportBatch),
    [MOVE_COMMAND]: (wish: unknown) =>
      movePlans(ports, { ...(wish as MoveWish), operator: COMMAND_LINE, limit: MOVED_AT_ONCE }),
    ...deskCommands(ports, onReplayed),
    ...mirrorCommands(ports),
  }
}
