import { changeWish, type PlanChange } from '../domain/changing-plan.ts'
import type { Answered } from '../domain/idempotency.ts'
import type { ShownSubscription } from '../domain/shown-subscription.ts'
import { openWish } from '../domain/subscribing.ts'
import { fulfil } from './fulfil-wish.ts'
import { pursueChange } from './pursue-change.ts'
import { newIntent, type Request, type Selling } from './wishes.ts'

export interface ChangeRequest extends Request, PlanChange {}

/**
 * Changes the plan of the user's subscription: at once if it can be paid, or at the end of the period. One that waits for
 * its first payment is replaced. A planned end or change is withdrawn by it.
 * Refuses: what `changeWish` refuses, `card_declined`, `in_progress`, `stripe_unavailable`.
 */
export async function changePlan(ports: Selling, request: ChangeRequest): Promise<Answered<ShownSubscription>> {
  const { user, planName, priceId, when, prorationDate, paymentMethodId, promotionCode } = request
  const asked = { planName, priceId, when, prorationDate, paymentMethodId, promotionCode }
  const intent = newIntent(ports, request, { ...UNDECIDED, planName, paymentMethodId, promotionCode }, asked)
  return fulfil(ports, user, intent, {
    open: (account) =>
      openWish(account, intent, () => changeWish(ports.catalogue, ports.priceIds(), account, asked, ports.clock.now())),
    pursue: (opened) => pursueChange(ports, user, opened),
    revive: (answered) => withClientSecret(ports, answered),
  })
}

/** What the rules decide when the wish is opened. */
const UNDECIDED = {
  kind: 'change',
  subscriptionId: null,
  priceId: '',
  meteredPriceIds: [],
  when: 'now',
  restarts: false,
  prorationDate: 0,
  isQuoted: false,
} as const

/** A client secret is never stored; it is asked for anew. */
export async function withClientSecret(
  ports: Pick<Selling, 'observatory'>,
  answered: Answered<ShownSubscription>,
): Promise<Answered<ShownSubscription>> {
  const client_secret = await ports.observatory.clientSecret(answered.result.subscription_id)
  return { ...answered, result: { ...answered.result, client_secret } }
}
