import type { Kind, Kinds } from '../wire.ts'

/** What an object is looked up by besides its id. */
export interface Columns {
  readonly customer?: string | null | undefined
  readonly parent?: string | null | undefined
  readonly lookup?: string | null | undefined
}

/** One line per kind: which of its fields the three indexed columns hold. */
const columns: { readonly [K in Kind]: (body: Kinds[K]) => Columns } = {
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
  'billing.meter': (body) => ({ lookup: body.event_name }),
  webhook_endpoint: (body) => ({ lookup: body.url }),
  event: (body) => ({ lookup: body.type }),
}

export function columnsOf<K extends Kind>(kind: K, body: Kinds[K]): Columns {
  return columns[kind](body)
}
