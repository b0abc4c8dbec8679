import type { Permission } from '../../../src/adapters/http/caller.ts'

export interface KnownRoute {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly path: string
  readonly permission: Permission
  /** The least that it takes, without a user. */
  readonly query?: string
  readonly body?: Record<string, unknown>
}

/** Every route that needs a token. A route that is missing here fails a test. */
export const ROUTES: readonly KnownRoute[] = [
  { method: 'GET', path: '/payments/subscription-plans', permission: 'see-plans' },
  {
    method: 'POST',
    path: '/payments/create-subscription',
    permission: 'manage-account',
    body: { plan_name: 'basic_monthly', payment_method_id: 'pm_card_visa' },
  },
  {
    method: 'POST',
    path: '/payments/checkout-session',
    permission: 'manage-account',
    body: {
      plan_name: 'basic_monthly',
      success_url: 'https://app.example.com/yes',
      cancel_url: 'https://app.example.com/no',
    },
  },
  {
    method: 'POST',
    path: '/payments/portal-session',
    permission: 'manage-account',
    body: { return_url: 'https://app.example.com/' },
  },
  {
    method: 'POST',
    path: '/payments/promotion-codes/validate',
    permission: 'manage-account',
    body: { code: 'TEN' },
  },
  {
    method: 'POST',
    path: '/payments/promotion-codes/apply',
    permission: 'manage-account',
    body: { code: 'TEN' },
  },
  { method: 'POST', path: '/payments/cancel-subscription', permission: 'manage-account', body: {} },
  {
    method: 'POST',
    path: '/payments/preview-plan-change',
    permission: 'manage-account',
    body: { plan_name: 'pro_monthly' },
  },
  {
    method: 'POST',
    path: '/payments/change-plan',
    permission: 'manage-account',
    body: { plan_name: 'pro_monthly' },
  },
  {
    method: 'POST',
    path: '/admin/plan-moves',
    permission: 'operate',
    body: { from_price_id: 'price_old', to: 'pro_monthly', dry_run: true },
  },
  { method: 'POST', path: '/payments/resume-subscription', permission: 'manage-account', body: {} },
  { method: 'GET', path: '/payments/subscription-status', permission: 'manage-account' },
  { method: 'POST', path: '/payments/create-payment-intent', permission: 'manage-account', body: { amount: 500 } },
  {
    method: 'POST',
    path: '/payments/payment-method',
    permission: 'manage-account',
    body: { payment_method_id: 'pm_card_visa' },
  },
  { method: 'GET', path: '/payments/billing-details', permission: 'manage-account' },
  {
    method: 'POST',
    path: '/payments/billing-details',
    permission: 'manage-account',
    body: { address: { country: 'DE' } },
  },
  { method: 'GET', path: '/payments/billing-history', permission: 'manage-account' },
  { method: 'GET', path: '/payments/billing-history/:id', permission: 'manage-account' },
  { method: 'PUT', path: '/payments/spending-limit', permission: 'manage-account', body: { amount: 500 } },
  {
    method: 'PUT',
    path: '/admin/users/:id/spending-limit',
    permission: 'operate',
    body: { amount: 500, reason: 'A test' },
  },
  { method: 'GET', path: '/payments/upcoming-invoice', permission: 'manage-account' },
  {
    method: 'POST',
    path: '/payments/record-usage',
    permission: 'record-usage',
    body: { service_type: 'sms', usage_amount: 1, usage_unit: 'messages' },
  },
  { method: 'GET', path: '/payments/usage-summary', permission: 'manage-account' },
  { method: 'GET', path: '/payments/usage-records', permission: 'manage-account' },
  {
    method: 'POST',
    path: '/admin/users/:id/grants',
    permission: 'operate',
    body: { service_type: 'sms', amount: 1, reason: 'A test' },
  },
  { method: 'GET', path: '/admin/users/:id/grants', permission: 'operate' },
  {
    method: 'POST',
    path: '/admin/users/:id/usage-corrections',
    permission: 'operate',
    body: { usage_record_id: 'usage_1', usage_amount: 1, usage_unit: 'messages', reason: 'A test' },
  },
  { method: 'POST', path: '/admin/users/:id/trials', permission: 'operate', body: { reason: 'A test' } },
  {
    method: 'POST',
    path: '/admin/users/:id/trial-extension',
    permission: 'operate',
    body: { days: 7, reason: 'A test' },
  },
  {
    method: 'POST',
    path: '/admin/users/:id/refunds',
    permission: 'operate',
    body: { payment_id: 'pi_1' },
  },
  { method: 'GET', path: '/admin/unbilled-usage', permission: 'operate' },
  { method: 'GET', path: '/admin/audit-log', permission: 'operate' },
  { method: 'GET', path: '/admin/webhooks', permission: 'operate' },
  { method: 'GET', path: '/admin/webhooks/:id', permission: 'operate' },
  { method: 'POST', path: '/admin/webhooks/:id/replay', permission: 'operate', body: {} },
  { method: 'GET', path: '/admin/drift', permission: 'operate' },
  { method: 'POST', path: '/admin/drift', permission: 'operate', body: {} },
  { method: 'GET', path: '/payments/entitlements', permission: 'see-entitlements' },
  { method: 'GET', path: '/payments/entitlements/check', permission: 'see-entitlements', query: 'service_type=sms' },
  {
    method: 'POST',
    path: '/payments/record-usage/batch',
    permission: 'record-usage-batch',
    body: { records: [{ service_type: 'sms', usage_amount: 1, usage_unit: 'messages' }] },
  },
]

export const OPEN_ROUTES = ['/payments/stripe-webhook', '/healthz', '/readyz', '/docs']

/** The route with this user named where a request names one: in the path, in the body or in the query. */
export function naming(route: KnownRoute, user: unknown): { path: string; body: Record<string, unknown> | undefined } {
  if (route.permission === 'operate') return { path: route.path.replace(':id', String(user)), body: route.body }
  if (route.body === undefined)
    return { path: `${route.path.replace(':id', 'in_1')}?${route.query ?? ''}&user_id=${user}`, body: undefined }
  return { path: route.path, body: { ...route.body, user_id: user } }
}
