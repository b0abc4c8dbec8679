import type { Ledger } from '../../ports/ledger.ts'
import { accountReader } from './accounts.ts'
import { changeApplier } from './changes.ts'
import type { Drizzle } from './database.ts'
import { reading, type Writer } from './writer.ts'

/** The books in SQLite: decisions are made and saved inside the writer's shared transaction. */
export function sqliteLedger(database: Drizzle, writer: Writer): Ledger {
  const { apply, writeSums, forgetSums } = changeApplier(database)
  const { read, cache } = accountReader(database, writeSums)
  writer.beforeCommit(writeSums)
  writer.onUndone(forgetSums)
  writer.onUndone(cache.clear)
  return {
    async account(user, needs) {
      return reading(() => read(user, needs))
    },
    async change(user, needs, decide) {
      const decided = await writer.submit({
        decide: () => decide(read(user, needs)),
        apply: ({ changes }) => {
          for (const change of changes) {
            apply(user, change)
            cache.changed(user, change)
          }
        },
      })
      return decided.result
    },
  }
}
