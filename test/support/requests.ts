import type { RecordUsageRequest } from '../../src/usecases/record-usage.ts'

/** A use of Ann's, as the API hands it on: minutes of a call that has no name, where a test says nothing else. */
export function voiceMinutes(amount: number, changes: Partial<RecordUsageRequest> = {}): RecordUsageRequest {
  return {
    user: 'ann',
    key: null,
    service: 'voice_call',
    amount,
    unit: 'minutes',
    resourceId: null,
    eventId: null,
    occurredAt: null,
    enforce: false,
    ...changes,
  }
}
