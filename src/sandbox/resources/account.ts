import { fields } from '../http/decode.ts'
import { route } from '../http/route.ts'

/** All keys are one account. */
export const accountRoutes = [route('GET', '/v1/account', fields({}), () => account)]

const account = {
  id: 'acct_1SimulatedAccount',
  object: 'account',
  business_profile: { name: 'Stripe simulator', support_email: null, support_phone: null, url: null },
  business_type: 'company',
  capabilities: { card_payments: 'active', transfers: 'active' },
  charges_enabled: true,
  country: 'US',
  created: 1_577_836_800,
  default_currency: 'usd',
  details_submitted: true,
  email: 'simulator@example.com',
  metadata: {},
  payouts_enabled: true,
  settings: { dashboard: { display_name: 'Stripe simulator', timezone: 'Etc/UTC' } },
  type: 'standard',
}
