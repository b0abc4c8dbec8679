import { and, asc, eq, inArray, isNull, sql } from 'drizzle-orm'
import type { Account, Needs, UserId } from '../../domain/account.ts'
import type { Drizzle } from './database.ts'
import { lazily } from './lazily.ts'
import { toIntent, toStoredAnswer } from './rows.ts'
import { idempotencyKeys, intents } from './schema/intents.ts'
import { trialClaims } from './schema/subscriptions.ts'

/** Reads what is under way for an account, and the rows that its wishes share with those of others. */
export function accountWishes(database: Drizzle) {
  const of = sql.placeholder
  const openIntents = lazily(() =>
    database
      .select()
      .from(intents)
      .where(and(eq(intents.userId, of('user')), isNull(intents.closedAt)))
      .orderBy(asc(intents.id))
      .prepare(),
  )
  const answered = lazily(() =>
    database
      .select()
      .from(idempotencyKeys)
      .where(and(eq(idempotencyKeys.key, of('key')), eq(idempotencyKeys.caller, of('caller'))))
      .prepare(),
  )
  const reserved = lazily(() =>
    database
      .select({ fingerprint: intents.fingerprint })
      .from(intents)
      .where(and(eq(intents.key, of('key')), eq(intents.caller, of('caller')), isNull(intents.closedAt)))
      .prepare(),
  )
  return {
    open: (user: UserId): Account['openIntents'] => openIntents().all({ user }).map(toIntent),

    /** What was answered under a key; `pending` while a wish under way reserves it. */
    answer({ key, caller }: NonNullable<Needs['answer']>): Account['answer'] {
      const row = answered().get({ key, caller })
      if (row) return toStoredAnswer(row)
      const held = reserved().get({ key, caller })
      return held ? { fingerprint: held.fingerprint, answer: 'pending' } : null
    },

    trialClaims(claims: NonNullable<Needs['trialClaims']>): Account['trialClaims'] {
      const rows = database
        .select()
        .from(trialClaims)
        .where(inArray(trialClaims.claim, [...claims]))
        .all()
      return rows.map(({ claim, userId, intentId }) => ({ claim, user: userId, intentId }))
    },
  }
}
