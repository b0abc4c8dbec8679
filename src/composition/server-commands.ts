import type { Readiness } from '../adapters/http/health.ts'
import { type ImportBatch, importUsage } from '../usecases/import-usage.ts'
import { deskCommands } from './inbox-desk.ts'
import type { WiredPorts } from './ports.ts'
import { stripeCommands } from './stripe-commands.ts'

/** By this name the command line asks a running server. */
export const IMPORT_COMMAND = 'import-usage'

/** What a running server does for the command line, which is this very program and has checked what it sends. */
export function serverCommands(ports: WiredPorts, readiness: () => Promise<Readiness>, onReplayed: () => void) {
  return {
    health: readiness,
    [IMPORT_COMMAND]: (batch: unknown) => importUsage(ports, batch as ImportBatch),
    ...deskCommands(ports, onReplayed),
    ...stripeCommands(ports),
  }
}
