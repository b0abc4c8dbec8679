import { asc, eq, lte, sql } from 'drizzle-orm'
import type { ServiceType } from '../../domain/quantity.ts'
import type { Crossings } from '../../ports/app-messages.ts'
import type { Drizzle } from './database.ts'
import { allowanceCrossings as crossings } from './schema/app-messages.ts'
import type { Writer } from './writer.ts'

/** Thresholds that were crossed, and how telling the app of them stands. Its writes share the ledger's commits. */
export function sqliteCrossings(database: Drizzle, writer: Writer): Crossings {
  const update = async (id: string, values: Partial<typeof crossings.$inferInsert>) => {
    const set = { ...values, tries: sql`tries + 1` }
    await writer.submit({
      decide: () => undefined,
      apply: () => void database.update(crossings).set(set).where(eq(crossings.id, id)).run(),
    })
  }
  return {
    async due(at, limit) {
      const oldestFirst = asc(crossings.nextTryAt)
      const rows = database
        .select()
        .from(crossings)
        .where(lte(crossings.nextTryAt, at))
        .orderBy(oldestFirst)
        .limit(limit)
        .all()
      // The app is told of nothing that a power cut could still undo.
      await writer.onDisk()
      return rows.map(({ userId, serviceType, crossedAt, tries, ...row }) => {
        const { id, allowanceStart, threshold, used, included } = row
        const service = serviceType as ServiceType
        return {
          user: userId,
          crossing: { id, service, allowanceStart, threshold, used, included, at: crossedAt },
          failedTries: tries,
        }
      })
    },
    told: (id, at) => update(id, { postedAt: at, nextTryAt: null, outcome: null }),
    retry: (id, reason, nextTryAt) => update(id, { nextTryAt, outcome: reason }),
    giveUp: (id, reason) => update(id, { nextTryAt: null, outcome: reason }),
  }
}
