import { BillingError } from '../../src/domain/errors.ts'

/** What some work was refused with; null when it was done. Any other error is not what was asked about, and is thrown. */
export function refusalOf(work: Promise<unknown>): Promise<BillingError | null> {
  return work.then(
    () => null,
    (error: unknown) => {
      if (error instanceof BillingError) return error
      throw error
    },
  )
}
