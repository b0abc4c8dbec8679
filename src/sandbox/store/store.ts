import type { Database } from 'bun:sqlite'
import { createDeliveries, type Deliveries } from './deliveries.ts'
import { createDueWork, type DueWork } from './due-work.ts'
import { createIdempotency, type Idempotency } from './idempotency.ts'
import { createMeterEvents, type MeterEvents } from './meter-events.ts'
import { createObjects, type Objects } from './objects.ts'
import { createSettings, type Settings } from './settings.ts'
import { createVault, type Vault } from './vault.ts'

/** Everything that survives a restart. All of it is synchronous, so a request is one transaction without a pause. */
export interface Store {
  readonly objects: Objects
  readonly vault: Vault
  readonly idempotency: Idempotency
  readonly deliveries: Deliveries
  readonly dueWork: DueWork
  readonly meterEvents: MeterEvents
  readonly settings: Settings
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
  }
}
