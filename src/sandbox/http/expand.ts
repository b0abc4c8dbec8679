import { checkoutExtras, linkExtras } from '../checkout/extras.ts'
import { chargeExtras, couponExtras, customerExtras, invoiceExtras, priceExtras } from '../engine/extras.ts'
import { present } from '../present.ts'
import type { Turn } from '../turn.ts'
import type { Kind } from '../wire.ts'
import { type Failure, invalid } from './failure.ts'

const deepest = 4

// Which kind an id belongs to is told by its prefix, as at Stripe.
const kindOfPrefix: Readonly<Record<string, Kind>> = {
  cus: 'customer',
  prod: 'product',
  price: 'price',
  pm: 'payment_method',
  card: 'payment_method',
  seti: 'setup_intent',
  pi: 'payment_intent',
  ch: 'charge',
  re: 'refund',
  sub: 'subscription',
  in: 'invoice',
  inpay: 'invoice_payment',
  ii: 'invoiceitem',
  si: 'subscription_item',
  di: 'discount',
  promo: 'promotion_code',
  cn: 'credit_note',
  cbtxn: 'customer_balance_transaction',
  clock: 'test_helpers.test_clock',
  cs: 'checkout.session',
  bpc: 'billing_portal.configuration',
  plink: 'payment_link',
  du: 'dispute',
  issfr: 'radar.early_fraud_warning',
  txr: 'tax_rate',
  feat: 'entitlements.feature',
  alrt: 'billing.alert',
  credgr: 'billing.credit_grant',
  mtr: 'billing.meter',
}

// Fields that name another object, per kind of object; hashes without a kind of their own are listed by their path.
const expandable: Readonly<Record<string, readonly string[]>> = {
  customer: ['invoice_settings.default_payment_method', 'default_source', 'test_clock'],
  product: ['default_price', 'tax_code'],
  price: ['product'],
  // Left out where there is none.
  coupon: ['applies_to', 'currency_options'],
  payment_method: ['customer'],
  setup_intent: ['customer', 'payment_method', 'latest_attempt', 'mandate', 'on_behalf_of', 'single_use_mandate'],
  payment_intent: ['customer', 'payment_method', 'latest_charge', 'on_behalf_of', 'review', 'source'],
  charge: ['customer', 'payment_intent', 'balance_transaction', 'review', 'on_behalf_of'],
  refund: ['charge', 'payment_intent', 'balance_transaction', 'customer', 'payment_method'],
  subscription: [
    'customer',
    'latest_invoice',
    'default_payment_method',
    'pending_setup_intent',
    'default_source',
    'schedule',
    'test_clock',
    'discounts',
    'on_behalf_of',
  ],
  subscription_item: ['discounts'],
  invoiceitem: ['customer', 'discounts', 'invoice', 'pricing.price_details.price', 'test_clock'],
  discount: ['customer', 'promotion_code', 'source.coupon'],
  promotion_code: ['customer', 'promotion.coupon'],
  credit_note: ['customer', 'customer_balance_transaction', 'discount_amounts.discount', 'invoice', 'refunds.refund'],
  customer_balance_transaction: ['credit_note', 'customer', 'invoice'],
  subscription_schedule: [
    'customer',
    'default_settings.default_payment_method',
    'phases.default_payment_method',
    'phases.discounts.coupon',
    'phases.discounts.promotion_code',
    'phases.items.discounts.coupon',
    'phases.items.discounts.promotion_code',
    'phases.items.price',
    'subscription',
    'test_clock',
  ],
  invoice: [
    'customer',
    'default_payment_method',
    'discounts',
    'default_source',
    'latest_revision',
    'parent.subscription_details.subscription',
    'test_clock',
    'total_discount_amounts.discount',
    'total_pretax_credit_amounts.credit_balance_transaction',
  ],
  line_item: [
    'discount_amounts.discount',
    'discounts',
    'pretax_credit_amounts.credit_balance_transaction',
    'pricing.price_details.price',
    'subscription',
  ],
  'checkout.session': [
    'customer',
    'discounts.coupon',
    'discounts.promotion_code',
    'invoice',
    'payment_intent',
    'payment_link',
    'setup_intent',
    'subscription',
  ],
  'billing_portal.configuration': ['features.subscription_update.products'],
  'billing_portal.session': ['configuration'],
  dispute: ['charge', 'payment_intent'],
  'radar.early_fraud_warning': ['charge', 'payment_intent'],
  tax_id: ['customer'],
  'entitlements.active_entitlement': ['feature'],
  'billing.alert': ['usage_threshold.filters.customer', 'usage_threshold.meter'],
  'billing.credit_grant': ['customer', 'test_clock'],
  'billing.credit_balance_transaction': [
    'credit_grant',
    'credits_applied.invoice',
    'debit.credits_applied.invoice',
    'test_clock',
  ],
  invoice_payment: ['invoice', 'payment.payment_intent', 'payment.charge'],
}

/** Fields a response leaves out unless they are asked for. */
const extras: Readonly<Record<string, (turn: Turn, id: string, field: string) => unknown>> = {
  charge: chargeExtras,
  coupon: couponExtras,
  customer: customerExtras,
  invoice: invoiceExtras,
  price: priceExtras,
  'checkout.session': checkoutExtras,
  payment_link: linkExtras,
}

type Fields = Record<string, unknown>
type Refusal = () => Failure

/** Replaces the ids at the wanted paths by their objects; a path may lead through lists and hashes. */
export function expand(turn: Turn, answer: object, paths: readonly string[]): object {
  let expanded: unknown = answer
  for (const path of paths) {
    const steps = path.split('.')
    if (steps.length > deepest) throw invalid(`You cannot expand more than ${deepest} levels of a property.`, 'expand')
    expanded = follow(turn, expanded, steps, '', () => cannotExpand(path, answer))
  }
  return expanded as object
}

function follow(turn: Turn, value: unknown, steps: readonly string[], within: string, refusal: Refusal): unknown {
  const [step, ...rest] = steps
  if (step === undefined || value === null || value === undefined) return value
  if (Array.isArray(value)) return value.map((element) => follow(turn, element, steps, within, refusal))
  if (typeof value !== 'object') throw refusal()
  const fields: Fields = { ...value }
  // Of what was deleted nothing is left that could be shown.
  if (fields.deleted === true) return value
  const owner = typeof fields.object === 'string' ? fields.object : ''
  const place = within === '' || owner !== '' ? step : `${within}.${step}`
  const kind = owner === '' ? ownerOf(within) : owner
  const name = owner === '' ? (place.split(':').at(-1) ?? place) : step
  const opened = open(turn, fields, step, kind, name, rest.length === 0, refusal)
  const below = `${kind}:${name}`
  return { ...fields, [step]: follow(turn, opened, rest, typeof opened === 'object' ? below : '', refusal) }
}

const ownerOf = (within: string) => within.split(':')[0] ?? ''

/** The value of one field on the way, its id replaced by the object it names. */
function open(
  turn: Turn,
  fields: Fields,
  step: string,
  kind: string,
  name: string,
  last: boolean,
  refusal: Refusal,
): unknown {
  const extra = extras[kind]?.(turn, String(fields.id), step)
  if (extra !== undefined) return extra
  const value = fields[step]
  const mayExpand = expandable[kind]?.includes(name) === true
  if (mayExpand) return Array.isArray(value) ? value.map((id) => resolve(turn, id)) : resolve(turn, value)
  const leadsOn = typeof value === 'object' || value === undefined
  if (last || !leadsOn || !(step in fields)) throw refusal()
  return value
}

// A coupon's id is whatever its maker chose.
function kindOf(id: string): Kind {
  if (id.startsWith('sub_sched_')) return 'subscription_schedule'
  return kindOfPrefix[id.slice(0, id.indexOf('_'))] ?? 'coupon'
}

function resolve(turn: Turn, id: unknown): unknown {
  if (typeof id !== 'string') return id
  const kind = kindOf(id)
  const found = turn.store.objects.find(kind, id)
  if (found) return present(turn, found)
  return turn.store.objects.isDeleted(kind, id) ? { id, object: kind, deleted: true } : id
}

// What was meant in a list is told of lists only.
function cannotExpand(path: string, answer: object): Failure {
  const hint =
    'data' in answer && !path.startsWith('data.') ? ` You may want to try expanding 'data.${path}' instead.` : ''
  return invalid(`This property cannot be expanded (${path}).${hint}`, 'expand')
}
