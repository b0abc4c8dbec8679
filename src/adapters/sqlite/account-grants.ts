import { and, eq, sql } from 'drizzle-orm'
import type { UserId } from '../../domain/account.ts'
import type { Grant } from '../../domain/grant.ts'
import type { ServiceType } from '../../domain/quantity.ts'
import type { Drizzle } from './database.ts'
import { lazily } from './lazily.ts'
import { toGrant } from './rows.ts'
import { usageGrants } from './schema/usage.ts'

/** Reads what an account was given or has bought beyond its plan. */
export function accountGrants(database: Drizzle) {
  const of = sql.placeholder
  const ofService = lazily(() =>
    database
      .select()
      .from(usageGrants)
      .where(and(eq(usageGrants.userId, of('user')), eq(usageGrants.serviceType, of('service'))))
      .prepare(),
  )
  const leftOfService = lazily(() =>
    database
      .select()
      .from(usageGrants)
      .where(and(eq(usageGrants.userId, of('user')), eq(usageGrants.serviceType, of('service')), sql`remaining > 0`))
      .prepare(),
  )
  const byPayment = lazily(() =>
    database
      .select()
      .from(usageGrants)
      .where(and(eq(usageGrants.paymentId, of('id')), eq(usageGrants.userId, of('user'))))
      .prepare(),
  )
  return {
    all: (user: UserId, service: ServiceType): readonly Grant[] => ofService().all({ user, service }).map(toGrant),
    left: (user: UserId, service: ServiceType): readonly Grant[] => leftOfService().all({ user, service }).map(toGrant),
    bought: (user: UserId, paymentId: string): readonly Grant[] =>
      byPayment().all({ id: paymentId, user }).map(toGrant),
  }
}
