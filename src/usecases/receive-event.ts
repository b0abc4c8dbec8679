import type { StripeEvent } from '../domain/webhook-event.ts'
import type { Ports } from '../ports.ts'

/**
 * Keeps a verified event with its bytes; when this is fulfilled it is on disk and Stripe may be told so. What it changes
 * is decided afterwards, by `applyDueEvents`.
 */
export function receiveEvent(
  ports: Pick<Ports, 'inbox' | 'clock'>,
  event: StripeEvent,
  body: Uint8Array,
): Promise<'stored' | 'known'> {
  return ports.inbox.receive(event, body, ports.clock.wall())
}
