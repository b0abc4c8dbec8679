import type { Account, UserId } from '../domain/account.ts'
import { changeWish, type PlanChange } from '../domain/changing-plan.ts'
import { hasCode } from '../domain/discount.ts'
import type { Answered } from '../domain/idempotency.ts'
import type { WishOf } from '../domain/intent.ts'
import { usableCode } from '../domain/promotion-code.ts'
import type { ShownSubscription } from '../domain/shown-subscription.ts'
import { openWish } from '../domain/subscribing.ts'
import { liveSubscription } from '../domain/subscription.ts'
import { fulfil } from './fulfil-wish.ts'
import { judged } from './promotion-codes.ts'
import { pursueChange } from './pursue-change.ts'
import { newIntent, type Request, type Selling } from './wishes.ts'

export interface ChangeRequest extends Request, Omit<PlanChange, 'promotionCodeId'> {
  readonly promotionCode: string | null
}

/**
 * Changes the plan of the user's subscription: at once if it can be paid, or at the end of the period. One that waits for
 * its first payment is replaced. A planned end or change is withdrawn by it.
 * Refuses: what `changeWish` refuses, `promotion_code_invalid`, `card_declined`, `in_progress`, `stripe_unavailable`.
 */
export async function changePlan(ports: Selling, request: ChangeRequest): Promise<Answered<ShownSubscription>> {
  const { user, planName, priceId, when, prorationDate, paymentMethodId, promotionCode } = request
  const asked = { planName, priceId, when, prorationDate, paymentMethodId, promotionCode }
  const undecided: WishOf<'change'> = { ...UNDECIDED, planName, paymentMethodId }
  const intent = newIntent(ports, request, undecided, asked)
  return fulfil(ports, user, intent, {
    prepare: async () => {
      const wanted = await withPromotionCodeId(ports, user, asked)
      const decide = wishAt(ports)
      return { open: (account) => openWish(account, intent, () => decide(account, wanted)) }
    },
    pursue: (opened) => pursueChange(ports, user, opened),
    revive: (answered) => withClientSecret(ports, answered),
  })
}

type Deciding = Pick<Selling, 'ledger' | 'observatory' | 'clock' | 'catalogue' | 'priceIds'>

/** What the rules make of a change at this moment, whenever the account is at hand. */
export function wishAt(ports: Pick<Deciding, 'clock' | 'catalogue' | 'priceIds'>) {
  const [priceIds, now] = [ports.priceIds(), ports.clock.now()]
  return (account: Account, wanted: PlanChange): WishOf<'change'> =>
    changeWish(ports.catalogue, priceIds, account, wanted, now)
}

/** A code that was typed is looked up for the price that the change comes to; one that is on already is not used again. */
export async function withPromotionCodeId(
  ports: Deciding,
  user: UserId,
  { promotionCode: code, ...asked }: Omit<PlanChange, 'promotionCodeId'> & { readonly promotionCode: string | null },
): Promise<PlanChange> {
  const without: PlanChange = { ...asked, promotionCodeId: null }
  if (code === null) return without
  const account = await ports.ledger.account(user, {})
  const { planName, priceId } = wishAt(ports)(account, without)
  const { promotion, purchase } = await judged(ports, account, { user, code, planName, priceId })
  const subscription = liveSubscription(account.subscriptions)
  const isOn = promotion !== null && subscription !== null && hasCode(subscription, promotion.id)
  return isOn ? without : { ...asked, promotionCodeId: usableCode(promotion, purchase).id }
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
  promotionCodeId: null,
} as const

/** A client secret is never stored; it is asked for anew. */
export async function withClientSecret(
  ports: Pick<Selling, 'observatory'>,
  answered: Answered<ShownSubscription>,
): Promise<Answered<ShownSubscription>> {
  const client_secret = await ports.observatory.clientSecret(answered.result.subscription_id)
  return { ...answered, result: { ...answered.result, client_secret } }
}
