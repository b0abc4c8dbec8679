import type { Account, UserId } from '../domain/account.ts'
import type { Answered } from '../domain/idempotency.ts'
import type { WishOf } from '../domain/intent.ts'
import { openApplyCode, priceInQuestion } from '../domain/promoting.ts'
import { type PromotionCode, type Purchase, shownPromotion } from '../domain/promotion-code.ts'
import { liveSubscription } from '../domain/subscription.ts'
import type { Ports } from '../ports.ts'
import { fulfil } from './fulfil-wish.ts'
import { type DiscountAnswer, pursueApplyCode } from './pursue-apply-code.ts'
import { newIntent, type Request, type Selling } from './wishes.ts'

export interface ValidationRequest {
  readonly user: UserId
  readonly code: string
  /** Without them the price of the user's subscription is meant, if there is one. */
  readonly planName: string | null
  readonly priceId: string | null
}

type Judging = Pick<Ports, 'ledger' | 'observatory' | 'clock' | 'catalogue' | 'priceIds'>

/**
 * Whether a user can use a promotion code, for which price and what it takes off; if not, why.
 * Refuses: `validation_failed`, `price_mismatch`, `stripe_unavailable`.
 */
export async function validatePromotionCode(ports: Judging, request: ValidationRequest) {
  const account = await ports.ledger.account(request.user, {})
  const { promotion, purchase } = await judged(ports, account, request)
  return shownPromotion(request.code, promotion, purchase)
}

export interface ApplyCodeRequest extends Request {
  readonly code: string
}

/**
 * Puts a promotion code on the running subscription, in place of any discount before it.
 * Refuses: `no_subscription`, `promotion_code_invalid`, `in_progress`, `stripe_unavailable`.
 */
export async function applyPromotionCode(ports: Selling, request: ApplyCodeRequest): Promise<Answered<DiscountAnswer>> {
  const { user, code } = request
  const wish: WishOf<'apply-code'> = { kind: 'apply-code', subscriptionId: '', promotionCodeId: '' }
  const intent = newIntent(ports, request, wish, { code: code.toLowerCase() })
  return fulfil(ports, user, intent, {
    prepare: async () => {
      const account = await ports.ledger.account(user, {})
      const looked = await judged(ports, account, { user, code, planName: null, priceId: null })
      return {
        open: (now) => openApplyCode<DiscountAnswer>(now, intent, looked.promotion, looked.purchase),
      }
    },
    pursue: (opened) => pursueApplyCode(ports, user, opened),
    revive: async (answered) => answered,
  })
}

/** The code as Stripe shows it, and the purchase that it would be for. */
export async function judged(
  ports: Judging,
  account: Account,
  { code, planName, priceId }: ValidationRequest,
): Promise<{ readonly promotion: PromotionCode | null; readonly purchase: Purchase }> {
  const { customerId } = account
  const current = liveSubscription(account.subscriptions)
  const price = priceInQuestion(ports.catalogue, ports.priceIds(), planName, priceId ?? current?.priceId ?? null)
  const promotion = await ports.observatory.promotionCode(code, customerId, price?.id ?? null)
  return { promotion, purchase: { customerId, price, at: ports.clock.now() } }
}
