import type { Kind, Kinds } from '../wire.ts'
import { surfaceColumns } from './surface-columns.ts'

/** What an object is looked up by besides its id. */
export interface Columns {
  readonly customer?: string | null | undefined
  readonly parent?: string | null | undefined
  readonly lookup?: string | null | undefined
}

/** Under which the items of a customer are found that no invoice has taken in yet. */
export const unbilledOf = (customer: string) => `unbilled:${customer}`

/** One line per kind: which of its fields the three indexed columns hold. */
const columns: { readonly [K in Kind]: (body: Kinds[K]) => Columns } = {
  ...surfaceColumns,
  customer: (body) => ({ lookup: body.email }),
  product: () => ({}),
  price: (body) => ({ parent: body.product, lookup: body.lookup_key }),
  payment_method: (body) => ({ customer: body.customer }),
  setup_intent: (body) => ({ customer: body.customer }),
  payment_intent: (body) => ({ customer: body.customer }),
  charge: (body) => ({ customer: body.customer, parent: body.payment_intent }),
  refund: (body) => ({ parent: body.charge, lookup: body.payment_intent }),
  subscription: (body) => ({ customer: body.customer }),
  subscription_item: (body) => ({ parent: body.subscription }),
  invoice: (body) => ({ customer: body.customer, parent: body.parent?.subscription_details?.subscription }),
  invoice_payment: (body) => ({ parent: body.invoice, lookup: body.payment.payment_intent }),
  invoiceitem: (body) => ({ customer: body.customer, lookup: body.invoice ?? unbilledOf(body.customer) }),
  coupon: () => ({}),
  promotion_code: (body) => ({ customer: body.customer, parent: body.promotion.coupon, lookup: body.code }),
  discount: (body) => ({ customer: body.customer, parent: body.subscription }),
  credit_note: (body) => ({ customer: body.customer, parent: body.invoice }),
  customer_balance_transaction: (body) => ({ customer: body.customer, parent: body.invoice }),
  subscription_schedule: (body) => ({ customer: body.customer, parent: body.subscription }),
  'test_helpers.test_clock': () => ({}),
  'billing.meter': (body) => ({ lookup: body.event_name }),
  webhook_endpoint: (body) => ({ lookup: body.url }),
  event: (body) => ({ lookup: body.type }),
}

/** When an object was made; some kinds call it by another name. */
export function createdOf(body: Kinds[Kind]): number {
  if ('created' in body) return body.created
  return 'date' in body ? body.date : body.start
}

export function columnsOf<K extends Kind>(kind: K, body: Kinds[K]): Columns {
  return columns[kind](body)
}
