import type { Account, Decision, Needs, UserId } from '../domain/account.ts'

/** The books: one account a user. Refuses with `storage_unavailable` when it cannot be sure of the disk. */
export interface Ledger {
  /** One user's account in one snapshot. An unknown user has an empty account. */
  account(user: UserId, needs: Needs): Promise<Account>

  /**
   * Load, decide, save: atomic, and serial with every other change. `decide` is pure and synchronous and may run more
   * than once. If it throws, nothing is saved and the caller gets what it threw. When the promise is fulfilled the
   * changes are on disk.
   */
  change<R>(user: UserId, needs: Needs, decide: (account: Account) => Decision<R>): Promise<R>
}
