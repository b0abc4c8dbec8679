import { BillingError, type ErrorCode } from '../domain/errors.ts'
import type { Ledger } from '../ports/ledger.ts'
import type { Recording, RecordUsageRequest } from './record-usage.ts'
import { type BatchOutcome, recordUsageBatch } from './record-usage-batch.ts'

/** A use out of a file. What stands in a file has happened, so there is no limit to enforce. */
interface ImportedUse extends Omit<RecordUsageRequest, 'key' | 'enforce'> {
  /** Tells it from every other where the file gives it no identity; null where it does. */
  readonly key: string | null
}

export interface ImportBatch {
  readonly uses: readonly ImportedUse[]
  /** Only say what would come of it, of each use as if it came alone. */
  readonly dryRun: boolean
}

export type ImportOutcome =
  | { readonly kind: 'recorded' | 'known' }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly detail: string }

const IMPORTER = 'operator:import'

/** Records the uses of a file, each by itself. What was recorded before is known, so that a file can be imported again. */
export async function importUsage(ports: Recording, { uses, dryRun }: ImportBatch): Promise<readonly ImportOutcome[]> {
  const requests = uses.map(({ key, ...use }) => ({
    ...use,
    key: key === null ? null : { caller: IMPORTER, key },
    enforce: false,
  }))
  const outcomes = await recordUsageBatch(dryRun ? { ...ports, ledger: readOnly(ports.ledger) } : ports, requests)
  return outcomes.map(shown)
}

/** Decides everything and saves nothing. */
function readOnly(ledger: Ledger): Ledger {
  return { ...ledger, change: async (user, needs, decide) => decide(await ledger.account(user, needs)).result }
}

function shown(outcome: BatchOutcome): ImportOutcome {
  if (outcome instanceof BillingError) return { kind: 'refused', code: outcome.code, detail: outcome.message }
  return { kind: outcome.status === 201 && !outcome.replayed ? 'recorded' : 'known' }
}
