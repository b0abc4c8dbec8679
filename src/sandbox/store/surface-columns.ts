import type { SurfaceKinds } from '../surface-kinds.ts'
import type { Columns } from './columns.ts'

export const surfaceColumns: { readonly [K in keyof SurfaceKinds]: (body: SurfaceKinds[K]) => Columns } = {
  'checkout.session': (body) => ({ customer: body.customer, parent: body.subscription, lookup: body.payment_intent }),
  'billing_portal.configuration': () => ({}),
  'billing_portal.session': (body) => ({ customer: body.customer }),
  payment_link: () => ({}),
  dispute: (body) => ({ parent: body.charge, lookup: body.payment_intent }),
  'radar.early_fraud_warning': (body) => ({ parent: body.charge, lookup: body.payment_intent }),
  tax_rate: () => ({}),
  tax_id: (body) => ({ customer: body.customer }),
  'entitlements.feature': (body) => ({ lookup: body.lookup_key }),
  product_feature: (body) => ({ parent: body.product, lookup: body.feature }),
  'billing.alert': (body) => ({ parent: body.usage_threshold?.meter }),
  'billing.credit_grant': (body) => ({ customer: body.customer }),
  'billing.credit_balance_transaction': (body) => ({ parent: body.credit_grant }),
  'v2.core.event': (body) => ({ lookup: body.type }),
  'v2.core.event_destination': () => ({}),
}
