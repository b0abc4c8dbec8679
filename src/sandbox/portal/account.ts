import { terminal } from '../engine/subscription-end.ts'
import type { PortalConfiguration, PortalSession } from '../surface-kinds.ts'
import { retrieve, type Turn } from '../turn.ts'
import type { Customer, Invoice, PaymentMethod, Price, Subscription } from '../wire.ts'

/** Everything a portal session shows of its customer. */
export interface PortalAccount {
  readonly session: PortalSession
  readonly features: PortalConfiguration['features']
  readonly headline: string | null
  readonly customer: Customer
  readonly subscriptions: readonly Subscription[]
  readonly card: PaymentMethod | undefined
  readonly invoices: readonly Invoice[]
}

export function portalAccount(turn: Turn, id: string): PortalAccount | undefined {
  const { objects } = turn.store
  const session = objects.find('billing_portal.session', id)
  const customer = session && objects.find('customer', session.customer)
  if (!session || !customer) return undefined
  const configuration = retrieve(turn, 'billing_portal.configuration', session.configuration)
  const all = objects.select('subscription', { customer: customer.id })
  const subscriptions = all.filter((found) => !terminal(found) && found.status !== 'incomplete')
  const own = subscriptions.find(({ default_payment_method: method }) => method !== null)?.default_payment_method
  return {
    session,
    features: configuration.features,
    headline: configuration.business_profile.headline,
    customer,
    subscriptions,
    card: objects.find('payment_method', customer.invoice_settings.default_payment_method ?? own ?? ''),
    invoices: objects.first(
      'invoice',
      { customer: customer.id },
      24,
      ({ status }) => status !== 'draft' && status !== null,
    ),
  }
}

export const isEnding = (subscription: Subscription) =>
  subscription.cancel_at !== null || subscription.cancel_at_period_end

/** What is billed for several things, or by use, can only be cancelled in the portal: as at Stripe. */
export function isUpdatable({ items: { data } }: Subscription): boolean {
  return data.length === 1 && data.every(({ price }) => price.recurring?.usage_type === 'licensed')
}

/** The prices a subscription may change to, as the configuration lists them. */
export function choices(turn: Turn, account: PortalAccount, subscription: Subscription): Price[] {
  const { enabled, default_allowed_updates: updates, products } = account.features.subscription_update
  if (!enabled || !updates.includes('price') || !isUpdatable(subscription)) return []
  const present = new Set(subscription.items.data.map(({ price }) => price.id))
  return (products ?? [])
    .flatMap(({ prices }) => prices)
    .filter((id) => !present.has(id))
    .flatMap((id) => turn.store.objects.find('price', id) ?? [])
    .filter(({ active, currency }) => active && currency === subscription.currency)
}
