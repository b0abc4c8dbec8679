import { Elysia, t } from 'elysia'
import type { Billing } from '../../billing.ts'
import type { StripeEvent } from '../../domain/webhook-event.ts'
import { readBody } from './body.ts'
import { describe, example } from './route-document.ts'

export interface Receiving {
  readonly billing: Billing
  readonly verifyWebhook: (body: Uint8Array, signature: string | null) => Promise<StripeEvent>
  readonly onEventStored: () => void
}

/** Where Stripe posts its events: verified over the raw bytes, stored, and applied later. */
export function webhook(receiving: Receiving) {
  return new Elysia({ name: 'webhook' }).post(
    '/payments/stripe-webhook',
    ({ request }) => receive(receiving, request),
    {
      // The signature is over the bytes: they are read as they are.
      parse: 'none',
      response: t.NoValidate(receipt),
      detail: describe({
        tag: 'Webhook',
        summary: 'For Stripe: an event',
        description:
          'Verified by its `Stripe-Signature` over the raw body. Answered once the event is stored for good, also when it was known before; what it changes happens afterwards.',
        open: true,
        headers: { 'Stripe-Signature': 'Stripe’s signature over the time and the raw body' },
        refusals: ['invalid_signature', 'invalid_event', 'payload_too_large', 'storage_unavailable'],
        requests: { event: example('An event', EVENT) },
        answers: {
          200: { description: 'The event is stored', examples: { stored: example('Stored', { received: true }) } },
        },
      }),
    },
  )
}

async function receive({ billing, verifyWebhook, onEventStored }: Receiving, request: Request) {
  const body = await readBody(request)
  const event = await verifyWebhook(body, request.headers.get('stripe-signature'))
  if ((await billing.receiveEvent(event, body)) === 'stored') onEventStored()
  return { received: true }
}

const receipt = t.Object({ received: t.Boolean() })

const EVENT = {
  id: 'evt_1QpQqLKxYt3mVd0a',
  object: 'event',
  api_version: '2026-10-28.endive',
  created: 1_793_871_000,
  livemode: false,
  type: 'customer.subscription.updated',
  data: { object: { id: 'sub_1QpQqLKxYt3mVd0a', object: 'subscription' } },
}
