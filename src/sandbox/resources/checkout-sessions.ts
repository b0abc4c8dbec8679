import { draftSession } from '../checkout/draft.ts'
import { expireSession } from '../checkout/endings.ts'
import { lineItemsOf } from '../checkout/lines.ts'
import { type SessionCreation, sessionCreation, sessionUpdate } from '../checkout/parameters.ts'
import { asksForBuyer, paySession } from '../checkout/pay.ts'
import { plan } from '../engine/agenda.ts'
import { namedMethod } from '../engine/payment-methods.ts'
import { change } from '../events/record.ts'
import { fields, ignored, integer, need, oneOf, type Parameters, text } from '../http/decode.ts'
import { invalid } from '../http/failure.ts'
import { listing, paging } from '../http/listing.ts'
import { route } from '../http/route.ts'
import type { StoredCheckout } from '../surface-kinds.ts'
import { retrieve, type Turn } from '../turn.ts'
import { mergeMetadata } from './patches.ts'

const path = '/v1/checkout/sessions'
const filters = {
  ...paging,
  customer: text,
  customer_details: fields({ email: text }),
  payment_intent: text,
  payment_link: text,
  status: oneOf('complete', 'expired', 'open'),
  subscription: text,
}
const confirmation = {
  expected_amount: integer,
  expected_payment_method_type: ignored,
  key: ignored,
  payment_method: text,
  return_url: ignored,
}

export const checkoutRoutes = [
  route('POST', path, fields(sessionCreation), (turn, sent) => createSession(turn, sent)),
  route('GET', path, fields(filters), listSessions),
  route('GET', `${path}/:id`, fields({}), (turn, _sent, id) => retrieve(turn, 'checkout.session', id, 'session')),
  route('POST', `${path}/:id`, fields(sessionUpdate), (turn, sent, id) => {
    const before = retrieve(turn, 'checkout.session', id, 'session')
    const metadata = mergeMetadata(before.metadata, sent.metadata)
    return change(turn, 'checkout.session', before, { metadata })
  }),
  route('GET', `${path}/:id/line_items`, fields(paging), (turn, _sent, id) =>
    lineItemsOf(turn, retrieve(turn, 'checkout.session', id, 'session')),
  ),
  route('POST', `${path}/:id/expire`, fields({}), (turn, _sent, id) => {
    const session = retrieve(turn, 'checkout.session', id, 'session')
    requireOpen(session)
    return expireSession(turn, session)
  }),
  // What the hosted page of Stripe's works by, and its CLI calls.
  route('GET', '/v1/payment_pages/:id', fields({}), (turn, _sent, id) =>
    pageOf(turn, retrieve(turn, 'checkout.session', id, 'session')),
  ),
  route('POST', '/v1/payment_pages/:id/confirm', fields(confirmation), confirm),
]

function requireOpen(session: StoredCheckout): void {
  if (session.status === 'open') return
  throw invalid(`Only Checkout Sessions with a status in ["open"] can be expired. This one is ${session.status}.`)
}

export function createSession(turn: Turn, sent: SessionCreation, extra: Partial<StoredCheckout> = {}): StoredCheckout {
  const session = { ...draftSession(turn, sent), ...extra }
  turn.store.objects.save('checkout.session', session)
  plan(turn, session.customer, 'expire_checkout_session', session.id, session.expires_at)
  return session
}

function listSessions(turn: Turn, sent: Parameters<typeof filters>) {
  const accept = (session: StoredCheckout) =>
    (sent.status === undefined || session.status === sent.status) &&
    (sent.payment_link === undefined || session.payment_link === sent.payment_link) &&
    (sent.customer_details?.email === undefined || session.customer_details?.email === sent.customer_details.email)
  const where = { customer: sent.customer, parent: sent.subscription, lookup: sent.payment_intent }
  return listing(turn, 'checkout.session', path, sent, { where, accept })
}

function pageOf(turn: Turn, session: StoredCheckout): object {
  return {
    id: session.id.replace('cs_', 'ppage_'),
    object: 'payment_page',
    currency: session.currency,
    livemode: false,
    mode: session.mode,
    session_id: session.id,
    status: session.status,
    total: session.amount_total,
    line_items: lineItemsOf(turn, session).data,
  }
}

/** Without a browser there is nobody to authenticate, so a card that wants that counts as authenticated. */
function confirm(turn: Turn, sent: Parameters<typeof confirmation>, id: string): object {
  const session = retrieve(turn, 'checkout.session', id, 'session')
  if (sent.expected_amount !== undefined && sent.expected_amount !== (session.amount_total ?? 0)) {
    throw invalid('The amount of this payment has changed.', 'expected_amount')
  }
  const method = namedMethod(turn, need(sent.payment_method, 'payment_method'))
  const email = method.billing_details.email
  const authenticated = asksForBuyer(turn, method)
  return pageOf(turn, paySession(turn, session, { email, method: method.id, authenticated }))
}
