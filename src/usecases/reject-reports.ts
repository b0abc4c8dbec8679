import type { Change } from '../domain/account.ts'
import { settledAs } from '../domain/reporting.ts'
import type { StripeEvent } from '../domain/webhook-event.ts'
import type { Ports } from '../ports.ts'

/**
 * Sets reports aside that Stripe's meter refused after it had taken them: their usage is not billed, and the operator finds
 * them with the money at stake. Doing it again changes nothing.
 */
export async function rejectReports(
  ports: Pick<Ports, 'ledger' | 'inbox' | 'outbox' | 'observatory' | 'clock'>,
  event: StripeEvent,
): Promise<void> {
  const rejected = await ports.observatory.rejectedReports(event)
  const known: { readonly user: string; readonly reportId: string; readonly reason: string }[] = []
  for (const report of rejected) {
    const user = await ports.outbox.userOfReport(report.reportId)
    if (user !== null) known.push({ user, ...report })
  }
  if (known.length === 0)
    return ports.inbox.ignore(event.id, 'It names no report of ours, or Stripe no longer has it.', ports.clock.wall())
  const applied: Change = {
    type: 'event-applied',
    eventId: event.id,
    customerId: null,
    at: ports.clock.wall(),
    outcome: `The meter refused ${known.map(({ reportId, reason }) => `${reportId} (${reason})`).join(', ')}.`,
  }
  for (const [index, { user, reportId, reason }] of known.entries()) {
    const isLast = index === known.length - 1
    const settled = settledAs(reportId, 'rejected', reason, ports.clock.now())
    await ports.ledger.change(user, {}, () => ({ changes: isLast ? [settled, applied] : [settled], result: undefined }))
  }
}
