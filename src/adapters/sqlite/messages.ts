import { asc, eq, lte, sql } from 'drizzle-orm'
import type { Messages } from '../../ports/app-messages.ts'
import type { Drizzle } from './database.ts'
import { toAppMessage } from './rows.ts'
import { appMessages } from './schema/app-messages.ts'
import type { Writer } from './writer.ts'

/** What the app is to be told, and how telling it stands. Its writes share the ledger's commits. */
export function sqliteMessages(database: Drizzle, writer: Writer): Messages {
  const update = async (id: string, values: Partial<typeof appMessages.$inferInsert>) => {
    const set = { ...values, tries: sql`tries + 1` }
    await writer.submit({
      decide: () => undefined,
      apply: () => void database.update(appMessages).set(set).where(eq(appMessages.id, id)).run(),
    })
  }
  const due = database
    .select()
    .from(appMessages)
    .where(lte(appMessages.nextTryAt, sql.placeholder('at')))
    .orderBy(asc(appMessages.nextTryAt))
    .limit(sql.placeholder('limit'))
    .prepare()
  return {
    async due(at, limit) {
      const rows = due.all({ at, limit })
      // The app is told of nothing that a power cut could still undo.
      await writer.onDisk()
      return rows.map((row) => ({
        user: row.userId,
        message: toAppMessage(row),
        failedTries: row.tries,
      }))
    },
    told: (id, at) => update(id, { postedAt: at, nextTryAt: null, outcome: null }),
    retry: (id, reason, nextTryAt) => update(id, { nextTryAt, outcome: reason }),
    giveUp: (id, reason) => update(id, { nextTryAt: null, outcome: reason }),
  }
}
