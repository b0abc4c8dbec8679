import { attach, attachedMethod, namedMethod } from '../engine/payment-methods.ts'
import { redeem } from '../engine/redemption.ts'
import { readSetting } from '../engine/settings.ts'
import { endSubscription, terminal } from '../engine/subscription-end.ts'
import { announce, change, create, replace } from '../events/record.ts'
import { clearable, fields, list, type Parameters, text } from '../http/decode.ts'
import { invalid } from '../http/failure.ts'
import { listing, paging } from '../http/listing.ts'
import { route } from '../http/route.ts'
import { search, searching } from '../http/search.ts'
import { freshId, randomLetters } from '../identifiers.ts'
import { referenced, retrieve, type Turn } from '../turn.ts'
import type { Customer, PaymentMethod } from '../wire.ts'
import { customerDetails, withDetails } from './customer-details.ts'
import { createTaxId, taxIdParameters } from './tax-ids.ts'

const common = {
  ...customerDetails,
  // Of callers from before the current version only; see older-versions.
  coupon: clearable(text),
  source: text,
}
const creation = { ...common, payment_method: text, tax_id_data: list(taxIdParameters), test_clock: text }
type Sent = Parameters<typeof common>

export const customerRoutes = [
  route('POST', '/v1/customers', fields(creation), createCustomer),
  route('GET', '/v1/customers', fields({ ...paging, email: text, test_clock: text }), (turn, sent) =>
    listing(turn, 'customer', '/v1/customers', sent, {
      where: { lookup: sent.email },
      accept: (customer) => sent.test_clock === undefined || customer.test_clock === sent.test_clock,
    }),
  ),
  route('GET', '/v1/customers/search', searching, (turn, sent) =>
    search(turn, 'customer', sent, '/v1/customers/search', ['email', 'name', 'phone', 'created']),
  ),
  route('GET', '/v1/customers/:id', fields({}), (turn, _sent, id) =>
    turn.store.objects.isDeleted('customer', id) ? gone(id) : retrieve(turn, 'customer', id),
  ),
  route('POST', '/v1/customers/:id', fields(common), updateCustomer),
  route('DELETE', '/v1/customers/:id', fields({}), deleteCustomer),
]

const gone = (id: string) => ({ id, object: 'customer', deleted: true })

function createCustomer(turn: Turn, sent: Parameters<typeof creation>): Customer {
  const id = freshId('cus')
  const clock = sent.test_clock === undefined ? null : joinClock(turn, id, sent.test_clock)
  const blank: Customer = {
    ...blankCustomer,
    id,
    created: turn.now(id),
    invoice_prefix: randomLetters(8).toUpperCase(),
    test_clock: clock,
  }
  const customer = withDetails(blank, sent)
  const method = sent.payment_method === undefined ? undefined : adopt(turn, sent.payment_method, id)
  const wanted = sent.invoice_settings?.default_payment_method ?? undefined
  const source = sent.source === undefined ? {} : { default_source: adopt(turn, sent.source, id).id }
  const complete = { ...customer, ...source, ...defaultMethod(turn, customer, wanted, sent.payment_method, method) }
  const made = create(turn, 'customer', complete, 'customer.created')
  for (const data of sent.tax_id_data ?? []) createTaxId(turn, data, id)
  return sent.coupon ? rediscounted(turn, made, sent.coupon) : made
}

/** Stripe lets three customers live by one test clock. */
function joinClock(turn: Turn, customer: string, id: string): string {
  const clock = referenced(turn, 'test_helpers.test_clock', id, 'test_clock')
  const full = turn.store.clocks.members(clock.id).length >= 3 && readSetting(turn, 'test_clock_limits') === 'on'
  if (full) throw invalid('You can only create up to 3 customers on a test clock.', 'test_clock')
  turn.store.clocks.join(customer, clock.id)
  return clock.id
}

const adopt = (turn: Turn, name: string, customer: string) => attach(turn, namedMethod(turn, name), customer)

// Stripe's own examples name pm_card_visa both as the method to attach and as the default: the same new card is meant.
function defaultMethod(
  turn: Turn,
  customer: Customer,
  wanted: string | null | undefined,
  attachedName?: string,
  attached?: PaymentMethod,
): Partial<Customer> {
  if (wanted === undefined) return {}
  const param = 'invoice_settings[default_payment_method]'
  const id = wanted === null || wanted === attachedName ? (attached?.id ?? null) : wanted
  const method = id === null ? null : attachedMethod(turn, id, customer.id, param).id
  return { invoice_settings: { ...customer.invoice_settings, default_payment_method: method } }
}

function updateCustomer(turn: Turn, sent: Sent, id: string): Customer {
  const before = retrieve(turn, 'customer', id)
  const patched = withDetails(before, sent)
  const method = defaultMethod(turn, patched, sent.invoice_settings?.default_payment_method)
  const source = sent.source === undefined ? {} : { default_source: adopt(turn, sent.source, id).id }
  const after = replace(turn, 'customer', before, { ...patched, ...source, ...method }, 'customer.updated')
  return sent.coupon === undefined ? after : rediscounted(turn, after, sent.coupon)
}

/** Puts a coupon on a customer in place of the one before, or takes it off. */
function rediscounted(turn: Turn, customer: Customer, coupon: string | null): Customer {
  const former = customer.discount ? turn.store.objects.find('discount', customer.discount.id) : undefined
  const [id] = coupon === null ? [] : redeem(turn, [{ coupon }], { customer })
  const discount = turn.store.objects.find('discount', id ?? '') ?? null
  if (former && discount) announce(turn, 'customer.discount.updated', discount, former)
  else if (former) announce(turn, 'customer.discount.deleted', former)
  return change(turn, 'customer', customer, { discount })
}

/** Deleting a customer ends its subscriptions at once. */
function deleteCustomer(turn: Turn, _sent: object, id: string): object {
  const customer = retrieve(turn, 'customer', id)
  for (const subscription of turn.store.objects.select('subscription', { customer: id })) {
    if (!terminal(subscription)) endSubscription(turn, subscription, { reason: 'cancellation_requested' })
  }
  turn.store.objects.remove('customer', id)
  announce(turn, 'customer.deleted', customer)
  return gone(id)
}

const blankCustomer = {
  object: 'customer',
  address: null,
  balance: 0,
  currency: null,
  customer_account: null,
  default_source: null,
  delinquent: false,
  description: null,
  discount: null,
  email: null,
  invoice_settings: { custom_fields: null, default_payment_method: null, footer: null, rendering_options: null },
  livemode: false,
  metadata: {},
  name: null,
  next_invoice_sequence: 1,
  phone: null,
  preferred_locales: [],
  shipping: null,
  tax_exempt: 'none',
  test_clock: null,
} satisfies Partial<Customer>
