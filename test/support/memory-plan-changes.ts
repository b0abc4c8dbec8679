import { stripeKey, type WishOf } from '../../src/domain/intent.ts'
import { addMonths, HOUR_MS } from '../../src/domain/period.ts'
import { NOTHING_INVOICED, type PreviewedInvoice } from '../../src/domain/plan-preview.ts'
import { isEnded, type ObservedSubscription, type SubscriptionPrice } from '../../src/domain/subscription.ts'
import type { ChangeAttempt, Gateway } from '../../src/ports/gateway.ts'
import type { Clock } from '../../src/ports/surroundings.ts'

/** What the changes of plan need of the rest of the Stripe in memory. */
export interface Stage {
  readonly clock: Clock
  readonly subscriptions: Map<string, ObservedSubscription>
  readonly prices: Map<string, SubscriptionPrice>
  /** The card that each subscription is charged to. */
  readonly cards: Map<string, string>
  /** What was charged or credited for changes, in order. */
  readonly invoiced: number[]
  call<R>(work: () => R): Promise<R>
  keyed<R>(key: string, work: () => R): R
  keep(subscription: ObservedSubscription): ObservedSubscription
  paysWith(card: string | null): 'settled' | 'waiting' | 'declined'
}

interface Changing extends Pick<Gateway, 'previewChange' | 'changePlan' | 'callOffChange' | 'resume'> {
  /** The customer confirms the payment of a change that waits. Tells whether one did. */
  confirm(subscriptionId: string): boolean
}

type ChangeWish = WishOf<'change'>

const PENDING_MS = 23 * HOUR_MS
const DECLINED = { type: 'declined', message: 'Your card was declined.' } as const

/** Changes of plan as Stripe makes them: prorated to the second, held back until they are paid, or planned. */
export function memoryPlanChanges(stage: Stage): Changing {
  const { clock, keep, subscriptions } = stage
  /** The wish behind each change that waits for its payment. */
  const waiting = new Map<string, ChangeWish>()

  /** What waited too long has lapsed. */
  function current(id: string | null): ObservedSubscription | null {
    const found = subscriptions.get(id ?? '') ?? null
    if (found === null || (found.pendingChange?.expiresAt ?? Infinity) > clock.now()) return found
    return keep({ ...found, pendingChange: null })
  }

  function changed(subscription: ObservedSubscription, wish: ChangeWish): ObservedSubscription {
    const { invoice } = previewOf(stage, subscription, wish)
    stage.invoiced.push(invoice.total)
    const price = priceOf(stage, wish.priceId)
    const begun = wish.restarts ? periodFrom(wholeSecond(clock.now()), price) : {}
    const metered = meteredOf(wish, subscription.currentPeriodStart)
    const planned = { pendingChange: null, cancelAt: null }
    return keep({ ...subscription, ...begun, ...planned, priceId: wish.priceId, price, metered })
  }

  function changeNow(subscription: ObservedSubscription, wish: ChangeWish, card: string | null): ChangeAttempt {
    const { invoice } = previewOf(stage, subscription, wish)
    const way = invoice.amountDue === 0 ? 'settled' : stage.paysWith(card)
    if (card === null && invoice.amountDue > 0)
      return { subscription, outcome: { type: 'payment-method-required' }, clientSecret: null }
    if (way === 'declined') return { subscription, outcome: DECLINED, clientSecret: null }
    if (way === 'waiting') {
      const pendingChange = { priceId: wish.priceId, effectiveAt: null, expiresAt: clock.now() + PENDING_MS }
      waiting.set(subscription.id, wish)
      return waits(keep({ ...subscription, pendingChange }))
    }
    if (wish.paymentMethodId !== null) stage.cards.set(subscription.id, wish.paymentMethodId)
    return settled(changed({ ...subscription, hasPaymentMethod: true }, wish))
  }

  return {
    confirm(id) {
      const wish = waiting.get(id)
      const subscription = current(id)
      if (wish === undefined || subscription?.pendingChange?.priceId !== wish.priceId) return false
      changed(subscription, wish)
      return true
    },
    previewChange: (_customer, wish) =>
      stage.call(() => {
        const subscription = current(wish.subscriptionId)
        if (subscription !== null) return previewOf(stage, subscription, wish)
        const price = priceOf(stage, wish.priceId)
        const amount = price.amount ?? 0
        const period = { start: wish.prorationDate, end: addMonths(wish.prorationDate, monthsOf(price)) }
        const invoice = invoiceOf([{ description: 'The plan', amount, isProration: false, period }])
        return { currency: price.currency, invoice, next: { amount, at: period.end }, effectiveAt: wish.prorationDate }
      }),
    changePlan: (intent) =>
      stage.call(() =>
        stage.keyed(stripeKey(intent, 'change'), (): ChangeAttempt => {
          const { wish } = intent
          const found = current(wish.subscriptionId)
          if (found === null) return GONE
          if (found.status !== 'active' && found.status !== 'trialing') return stale(found)
          const { pendingChange } = found
          if (wish.paymentMethodId === 'pm_card_chargeDeclined')
            return { subscription: found, outcome: DECLINED, clientSecret: null }
          if (pendingChange?.effectiveAt === null && pendingChange.priceId === wish.priceId && !wish.isQuoted)
            if (wish.paymentMethodId === null) return waits(found)
          const present = keep({ ...found, pendingChange: null })
          if (wish.isOfTerms === true && wish.when === 'period_end') return settled(present)
          if (present.priceId === wish.priceId && wish.isOfTerms !== true)
            return settled(keep({ ...present, cancelAt: null }))
          if (wish.when === 'now')
            return changeNow(present, wish, wish.paymentMethodId ?? stage.cards.get(present.id) ?? null)
          const planned = { priceId: wish.priceId, effectiveAt: present.currentPeriodEnd, expiresAt: null }
          return settled(keep({ ...present, cancelAt: null, pendingChange: planned }))
        }),
      ),
    callOffChange: ({ wish }) =>
      stage.call(() => {
        const subscription = current(wish.subscriptionId)
        if (subscription === null || subscription.pendingChange?.priceId !== wish.priceId) return subscription
        waiting.delete(subscription.id)
        return keep({ ...subscription, pendingChange: null })
      }),
    resume: (intent) =>
      stage.call(() =>
        stage.keyed(stripeKey(intent, 'resume'), (): ChangeAttempt => {
          const found = current(intent.wish.subscriptionId)
          if (found === null || isEnded(found)) return found === null ? GONE : stale(found)
          if (found.status === 'paused') return settled(keep({ ...found, status: 'active' }))
          if (found.cancelAt === null && found.pendingChange === null && found.collectionPause === null)
            return intent.tries > 1 ? settled(found) : stale(found)
          return settled(keep({ ...found, cancelAt: null, pendingChange: null, collectionPause: null }))
        }),
      ),
  }
}

function meteredOf({ meteredPriceIds: priceIds }: ChangeWish, periodStart: number) {
  return priceIds.length === 0 ? { periodStart: null } : { periodStart, priceIds }
}

function previewOf(stage: Stage, subscription: ObservedSubscription, wish: ChangeWish) {
  const target = priceOf(stage, wish.priceId)
  const isNow = wish.when === 'now'
  const invoice = isNow && subscription.status !== 'trialing' ? prorated(subscription, target, wish) : NOTHING_INVOICED
  const end =
    wish.restarts && isNow ? periodFrom(wish.prorationDate, target).currentPeriodEnd : subscription.currentPeriodEnd
  return {
    currency: target.currency,
    invoice,
    next: { amount: target.amount ?? 0, at: end },
    effectiveAt: isNow ? wish.prorationDate : subscription.currentPeriodEnd,
  }
}

/** Credit and debit for the rest of the period, each rounded for itself, half away from zero. */
function prorated(subscription: ObservedSubscription, target: SubscriptionPrice, wish: ChangeWish): PreviewedInvoice {
  const { currentPeriodStart: start, currentPeriodEnd: end } = subscription
  const left = (end - wish.prorationDate) / (end - start)
  const period = { start: wish.prorationDate, end }
  const credit = { description: 'Unused time', amount: -Math.round((subscription.price?.amount ?? 0) * left) }
  const whole = target.amount ?? 0
  const begun = periodFrom(wish.prorationDate, target)
  const debit = wish.restarts
    ? {
        description: 'The plan',
        amount: whole,
        isProration: false,
        period: { start: period.start, end: begun.currentPeriodEnd },
      }
    : { description: 'Remaining time', amount: Math.round(whole * left), isProration: true, period }
  return invoiceOf([{ ...credit, isProration: true, period }, debit])
}

function invoiceOf(lines: PreviewedInvoice['lines']): PreviewedInvoice {
  const total = lines.reduce((sum, { amount }) => sum + amount, 0)
  return { subtotal: total, discount: 0, discounts: [], tax: 0, total, amountDue: Math.max(0, total), lines }
}

function periodFrom(anchor: number, price: SubscriptionPrice) {
  return { anchor, currentPeriodStart: anchor, currentPeriodEnd: addMonths(anchor, monthsOf(price)) }
}

function monthsOf({ interval }: SubscriptionPrice): number {
  return interval === 'year' ? 12 : 1
}

function priceOf({ prices }: Stage, id: string): SubscriptionPrice {
  const price = prices.get(id)
  if (price === undefined) throw new Error(`There is no ${id} in this test.`)
  return price
}

function wholeSecond(at: number): number {
  return Math.floor(at / 1_000) * 1_000
}

const GONE: ChangeAttempt = { subscription: null, outcome: { type: 'stale' }, clientSecret: null }

function stale(subscription: ObservedSubscription): ChangeAttempt {
  return { subscription, outcome: { type: 'stale' }, clientSecret: null }
}

function settled(subscription: ObservedSubscription): ChangeAttempt {
  return { subscription, outcome: { type: 'settled' }, clientSecret: null }
}

function waits(subscription: ObservedSubscription): ChangeAttempt {
  return { subscription, outcome: { type: 'waiting' }, clientSecret: `${subscription.id}_secret` }
}
