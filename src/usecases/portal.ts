import type { UserId } from '../domain/account.ts'
import { BillingError } from '../domain/errors.ts'
import { checkReturnUrl } from '../domain/return-url.ts'
import type { Ports } from '../ports.ts'

export interface PortalRequest {
  readonly user: UserId
  readonly returnUrl: string
}

/**
 * Opens Stripe's hosted page where a user looks after cards, invoices and the subscription.
 * Refuses: `validation_failed`, `no_subscription`, `stripe_unavailable`.
 */
export async function createPortalSession(
  ports: Pick<Ports, 'ledger' | 'gateway' | 'returnRules'>,
  { user, returnUrl }: PortalRequest,
) {
  checkReturnUrl(ports.returnRules, '/return_url', returnUrl)
  const { customerId } = await ports.ledger.account(user, {})
  if (customerId === null)
    throw new BillingError(
      'no_subscription',
      'There is nothing to look after: this user is no customer at Stripe. POST /payments/create-subscription makes one.',
    )
  return { url: await ports.gateway.openPortal(customerId, returnUrl) }
}
