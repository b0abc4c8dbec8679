/** A kind of object at Stripe that accounts follow: by which events, and what goes on without them only later. */
export interface FollowedObject {
  readonly objectType: string
  /** The events that the webhook endpoint is made for. Any other event about such an object is taken just as well. */
  readonly types: readonly string[]
  /** What waits, in words for the operator, where the endpoint does not send these. */
  readonly without: string
}

/** What this program wants to hear of, in one place: the inbox goes by it, and so do setup and the checks of the endpoint. */
export const FOLLOWED_OBJECTS: readonly FollowedObject[] = [
  {
    objectType: 'subscription',
    types: [
      'customer.subscription.created',
      'customer.subscription.updated',
      'customer.subscription.deleted',
      'customer.subscription.paused',
      'customer.subscription.resumed',
      'customer.subscription.pending_update_applied',
      'customer.subscription.pending_update_expired',
    ],
    without: 'a subscription that is made or paused elsewhere shows with its next invoice or change',
  },
  {
    objectType: 'invoice',
    types: [
      'invoice.finalized',
      'invoice.updated',
      'invoice.paid',
      'invoice.payment_succeeded',
      'invoice.payment_failed',
      'invoice.payment_action_required',
      'invoice.voided',
      'invoice.marked_uncollectible',
    ],
    without: 'an invoice stands in the billing history only once it is paid or has failed',
  },
  {
    objectType: 'payment_intent',
    types: ['payment_intent.succeeded', 'payment_intent.payment_failed', 'payment_intent.canceled'],
    without: 'a one-time payment that the customer confirms later stays open in the billing history',
  },
  {
    objectType: 'charge',
    types: ['charge.refunded'],
    without: 'what was given back of a payment shows only with the refund itself',
  },
  {
    objectType: 'refund',
    types: ['refund.created', 'refund.updated', 'refund.failed'],
    without: 'refunds made in the Stripe Dashboard do not show in the billing history',
  },
  {
    objectType: 'dispute',
    types: ['charge.dispute.created', 'charge.dispute.updated', 'charge.dispute.closed'],
    without: 'a payment that is disputed at the bank suspends nothing, and its end gives nothing back',
  },
]

/** Every event type that the webhook endpoint should send. */
export const EVENT_TYPES: readonly string[] = FOLLOWED_OBJECTS.flatMap(({ types }) => types)

/** Stripe tells by these, as thin events, that a meter would not take afterwards what it had accepted at first. */
export const METER_ERROR_TYPES: readonly string[] = [
  'v1.billing.meter.error_report_triggered',
  'v1.billing.meter.no_meter_found',
]

const ALL_EVENTS = '*'

/** The event types that an endpoint should send and does not. */
export function missingEventTypes(enabled: readonly string[], wanted: readonly string[] = EVENT_TYPES) {
  return enabled.includes(ALL_EVENTS) ? [] : wanted.filter((type) => !enabled.includes(type))
}

/** What waits without these event types, a sentence for each kind of object. */
export function whatWaits(missing: readonly string[]): readonly string[] {
  return FOLLOWED_OBJECTS.flatMap(({ types, without }) => {
    const absent = types.filter((type) => missing.includes(type))
    return absent.length === 0 ? [] : [`without ${absent.join(', ')}: ${without}`]
  })
}
