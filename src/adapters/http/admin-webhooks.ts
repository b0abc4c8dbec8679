import { Elysia, t } from 'elysia'
import type { Billing } from '../../billing.ts'
import { EVENT_STATES, EVENT_TYPE } from '../../domain/webhook-event.ts'
import { exactly, nextCursor, noQuery, nullable, page, pageOf, stripeId, text, time } from './fields.ts'
import type { Guard } from './guard.ts'
import { describe, example } from './route-document.ts'

interface Inbox {
  readonly billing: Billing
  /** There is something to apply. */
  readonly onEventStored: () => void
}

/** For the operator: what came from Stripe, what came of it, and putting it back to be applied. */
export function adminWebhooks({ billing, onEventStored }: Inbox, guard: Guard) {
  return new Elysia({ name: 'admin-webhooks' })
    .use(guard)
    .get(
      '/admin/webhooks',
      ({ query }) =>
        billing.listEvents({
          ...pageOf(query),
          state: query.state ?? null,
          type: query.type ?? null,
          customerId: query.customer ?? null,
          objectId: query.object ?? null,
        }),
      {
        may: 'operate',
        query: exactly({ ...filters, ...page }),
        response: t.NoValidate(t.Object({ events: t.Array(t.Object(event)), next_cursor: nextCursor })),
        detail: describe({
          tag: 'Admin',
          summary: 'The events that came from Stripe',
          description:
            'The latest received first, each with its state and with what it changed or why it changed nothing. `dead` ones were tried for hours and given up; `parked` ones wait for their customer to be linked to a user.',
          answers: {
            200: {
              description: 'One page',
              examples: { page: example('One event', { events: [EVENT], next_cursor: null }) },
            },
          },
        }),
      },
    )
    .get('/admin/webhooks/:id', ({ params }) => billing.showEvent(params.id), {
      may: 'operate',
      params: eventPath,
      query: noQuery,
      response: t.NoValidate(shown),
      detail: describe({
        tag: 'Admin',
        summary: 'One event with what Stripe sent',
        description: '`body` is what came, as Stripe signed it.',
        refusals: ['not_found'],
        answers: { 200: { description: 'The event', examples: { event: example('An event', SHOWN) } } },
      }),
    })
    .post(
      '/admin/webhooks/:id/replay',
      async ({ params, body, caller }) => {
        const by = { operator: caller.name, reason: body.reason ?? null }
        const replayed = await billing.replayEvent(params.id, by)
        onEventStored()
        return replayed
      },
      {
        may: 'operate',
        params: eventPath,
        query: noQuery,
        body: exactly({ reason: t.Optional(text(500, 'Why; kept in the audit log')) }),
        response: t.NoValidate(shown),
        detail: describe({
          tag: 'Admin',
          summary: 'Put an event back to be applied',
          description:
            'Whatever became of it. What it is about is looked up at Stripe, so that an old event brings nothing old. Kept in the audit log.',
          refusals: ['not_found'],
          requests: { again: example('After the fault was mended', { reason: 'The price is there now' }) },
          answers: {
            200: {
              description: 'The event, about to be applied',
              examples: {
                event: example('An event', { ...SHOWN, state: 'received', settled_at: null, replayed_at: AT }),
              },
            },
          },
        }),
      },
    )
}

const eventPath = exactly({ id: stripeId('The event’s id at Stripe, `evt_…`') })

const eventState = t.Union(
  [
    t.Literal('received'),
    t.Literal('applied'),
    t.Literal('ignored'),
    t.Literal('parked'),
    t.Literal('failed'),
    t.Literal('dead'),
  ],
  { rule: `must be one of ${EVENT_STATES.join(', ')}`, description: 'Where the event stands' },
)

const filters = {
  state: t.Optional(eventState),
  type: t.Optional(
    t.String({
      pattern: EVENT_TYPE.source,
      rule: 'must be an event type such as invoice.paid',
      description: 'Only events of this type',
    }),
  ),
  customer: t.Optional(stripeId('Only events of this Stripe customer')),
  object: t.Optional(stripeId('Only events about this object: a subscription, an invoice, …')),
}

const event = {
  id: t.String(),
  type: t.String(),
  state: eventState,
  outcome: nullable(t.String({ description: 'What it changed, or why it changed nothing' })),
  object_id: nullable(t.String()),
  customer_id: nullable(t.String()),
  attempts: t.Number({ multipleOf: 1, description: 'How often applying it has failed' }),
  created_at: time,
  received_at: time,
  settled_at: nullable(time),
  next_try_at: nullable(time),
  replayed_at: nullable(time),
  api_version: nullable(t.String()),
}

const shown = t.Object({ ...event, body: t.Any({ description: 'As Stripe sent it' }) })

const AT = '2026-11-22T10:15:00.000Z'
const EVENT = {
  id: 'evt_1QpQqLKxYt3mVd0a',
  type: 'customer.subscription.updated',
  state: 'applied',
  outcome: 'Subscription sub_1QpQqLKxYt3mVd0a (pro_monthly) went from incomplete to active. Told by the event itself.',
  object_id: 'sub_1QpQqLKxYt3mVd0a',
  customer_id: 'cus_SxY7mVd0aKxYt3',
  attempts: 0,
  created_at: AT,
  received_at: AT,
  settled_at: AT,
  next_try_at: null,
  replayed_at: null,
  api_version: '2026-10-28.endive',
}
const SHOWN = {
  ...EVENT,
  body: { id: EVENT.id, object: 'event', type: EVENT.type, data: { object: { id: EVENT.object_id } } },
}
