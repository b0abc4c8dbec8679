import { BillingError } from '../domain/errors.ts'
import type { Answered } from '../domain/idempotency.ts'
import type { RecordUsageAnswer } from '../domain/recording.ts'
import { type Recording, type RecordUsageRequest, recordUsage } from './record-usage.ts'

/** A use to record, or why it was refused before it came here. */
export type BatchEntry = RecordUsageRequest | BillingError

export type BatchOutcome = Answered<RecordUsageAnswer> | BillingError

/**
 * Records many uses, each by itself: every one has its own identity and outcome, and a refused one harms none beside it.
 * They are asked of the ledger in one stretch, so that they share a commit. The outcomes stand in the order of the
 * entries; a refusal is one of them and is not thrown.
 */
export async function recordUsageBatch(
  ports: Recording,
  entries: readonly BatchEntry[],
): Promise<readonly BatchOutcome[]> {
  return Promise.all(
    entries.map((entry) => (entry instanceof BillingError ? entry : recordUsage(ports, entry).catch(refusalOf))),
  )
}

function refusalOf(error: unknown): BillingError {
  if (error instanceof BillingError) return error
  throw error
}
