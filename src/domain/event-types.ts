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
      'customer.subscription.trial_will_end',
      'customer.subscription.pending_update_applied',
      'customer.subscription.pending_update_expired',
    ],
    without: 'a subscription that is made or paused elsewhere shows with its next invoice or change',
  },
  {
    objectType: 'subscription_schedule',
    types: [
      'subscription_schedule.created',
      'subscription_schedule.updated',
      'subscription_schedule.released',
      'subscription_schedule.completed',
      'subscription_schedule.canceled',
      'subscription_schedule.aborted',
    ],
    without: 'a change of plan that is planned in the Stripe Dashboard shows only when it takes effect',
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
    types: [
      'charge.dispute.created',
      'charge.dispute.updated',
      'charge.dispute.closed',
      'charge.dispute.funds_withdrawn',
      'charge.dispute.funds_reinstated',
    ],
    without: 'a payment that is disputed at the bank suspends nothing, and its end gives nothing back',
  },
  {
    objectType: 'checkout.session',
    types: [
      'checkout.session.completed',
      'checkout.session.async_payment_succeeded',
      'checkout.session.async_payment_failed',
      'checkout.session.expired',
    ],
    without: 'what is bought in Stripe Checkout shows with its first invoice',
  },
  {
    objectType: 'payment_method',
    types: [
      'payment_method.attached',
      'payment_method.detached',
      'payment_method.updated',
      'payment_method.automatically_updated',
    ],
    without: 'whether there is a card to charge is known only from the next change of the subscription on',
  },
  {
    objectType: 'setup_intent',
    types: ['setup_intent.succeeded'],
    without: 'a card that its holder confirmed later is known only from the next change of the subscription on',
  },
  {
    objectType: 'customer',
    types: ['customer.updated', 'customer.deleted'],
    without: "a change of the customer's default card is known only from the next change of the subscription on",
  },
  {
    objectType: 'price',
    types: ['price.created', 'price.updated', 'price.deleted'],
    without: 'prices made or changed at Stripe are found up to a minute later',
  },
]

/** Every event type that the webhook endpoint should send. */
export const EVENT_TYPES: readonly string[] = FOLLOWED_OBJECTS.flatMap(({ types }) => types)

/** With these alone everything converges: the four that the setup by hand asks for. */
export const LEAST_EVENT_TYPES: readonly string[] = [
  'invoice.payment_succeeded',
  'invoice.payment_failed',
  'customer.subscription.updated',
  'customer.subscription.deleted',
]

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

/** About objects that are followed, and yet nothing of theirs concerns an account: why not, for the operator. */
export const QUIET_TYPES: ReadonlyMap<string, string> = new Map([
  ...sayingWhy('Whoever is new at Stripe has bought nothing yet.', ['customer.created']),
  ...sayingWhy('A charge is told of by the events of its payment and of its refunds.', [
    'charge.succeeded',
    'charge.failed',
    'charge.pending',
    'charge.captured',
    'charge.expired',
    'charge.updated',
  ]),
  ...sayingWhy('A draft is not owed: an invoice enters the history when it is finalized.', [
    'invoice.created',
    'invoice.deleted',
  ]),
  ...sayingWhy('It tells that the customer was written to; the invoice is as it was.', [
    'invoice.sent',
    'invoice.will_be_due',
  ]),
  ...sayingWhy('A payment enters the history when it is made or has failed.', ['payment_intent.created']),
  ...sayingWhy('A card is known once its set-up has succeeded.', [
    'setup_intent.created',
    'setup_intent.requires_action',
    'setup_intent.setup_failed',
    'setup_intent.canceled',
  ]),
])

function sayingWhy(why: string, types: readonly string[]) {
  return types.map((type) => [type, why] as const)
}
