import type { Database } from 'bun:sqlite'
import { type Clocks, createClocks } from './clocks.ts'
import { createDeliveries, type Deliveries } from './deliveries.ts'
import { createDueWork, type DueWork } from './due-work.ts'
import { createIdempotency, type Idempotency } from './idempotency.ts'
import { createMeterEvents, type MeterEvents } from './meter-events.ts'
import { createObjects, type Objects } from './objects.ts'
import { createSettings, type Settings } from './settings.ts'
import { createVault, type Vault } from './vault.ts'
import { inSavepoint } from './writer.ts'

/** Everything that survives a restart. All of it is synchronous, so a request is one transaction without a pause. */
export interface Store {
  readonly objects: Objects
  readonly vault: Vault
  readonly idempotency: Idempotency
  readonly deliveries: Deliveries
  readonly dueWork: DueWork
  readonly meterEvents: MeterEvents
  readonly settings: Settings
  readonly clocks: Clocks
  /** Runs a change so that a throw undoes just this one. */
  readonly undoable: <T>(change: () => T) => T
  /** Runs a change, undoes it, and tells what it would have answered. */
  readonly rehearse: <T>(change: () => T) => T
}

export function createStore(database: Database): Store {
  return {
    objects: createObjects(database),
    vault: createVault(database),
    idempotency: createIdempotency(database),
    deliveries: createDeliveries(database),
    dueWork: createDueWork(database),
    meterEvents: createMeterEvents(database),
    settings: createSettings(database),
    clocks: createClocks(database),
    undoable: (change) => inSavepoint(database, change),
    rehearse: (change) => rehearse(database, change),
  }
}

function rehearse<T>(database: Database, change: () => T): T {
  const done: { result: T }[] = []
  try {
    inSavepoint(database, () => {
      done.push({ result: change() })
      throw done
    })
  } catch (reason) {
    // Only the throw above is expected; a refusal of the change itself goes on.
    if (reason !== done) throw reason
  }
  const [outcome] = done
  if (!outcome) throw new Error('a rehearsal ended without a result')
  return outcome.result
}
