import { isoTime } from '../domain/period.ts'
import type { Ports } from '../ports.ts'

/** What operators did, newest first. */
export async function auditLog(ports: Pick<Ports, 'records'>, limit: number, cursor: string | null) {
  const page = await ports.records.auditLog(limit, cursor)
  return {
    entries: page.items.map(({ id, at, actor, action, user, detail }) => ({
      id,
      at: isoTime(at),
      actor,
      action,
      user_id: user,
      detail,
    })),
    next_cursor: page.nextCursor,
  }
}
