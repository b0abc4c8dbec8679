import { BUILT_IN_PLANS } from '../../src/config/built-in-plans.ts'
import type { UserId } from '../../src/domain/account.ts'
import type { Bill } from '../../src/domain/bill.ts'
import { type BillingDetails, NO_DETAILS } from '../../src/domain/billing-details.ts'
import type { Catalogue } from '../../src/domain/catalogue.ts'
import type { Discount } from '../../src/domain/discount.ts'
import { BillingError, CustomerGone } from '../../src/domain/errors.ts'
import { type Intent, stripeKey, type WishOf } from '../../src/domain/intent.ts'
import type { Observation } from '../../src/domain/observation.ts'
import type { ObservedPaymentIntent, Payment } from '../../src/domain/payment.ts'
import { addMonths, DAY_MS, type Period } from '../../src/domain/period.ts'
import type { PromotionCode } from '../../src/domain/promotion-code.ts'
import { isEnded, type ObservedSubscription, type SubscriptionPrice } from '../../src/domain/subscription.ts'
import type {
  AttemptOutcome,
  Gateway,
  PaymentAttempt,
  PaymentMethodAttempt,
  RefundAttempt,
  SubscriptionAttempt,
} from '../../src/ports/gateway.ts'
import type { Bills, Observatory } from '../../src/ports/observatory.ts'
import type { Clock } from '../../src/ports/surroundings.ts'
import { memoryPlanChanges, type Stage } from './memory-plan-changes.ts'

/**
 * The two Stripe ports in memory. Cards are told by their id as at Stripe: `pm_card_visa` pays, `pm_card_chargeDeclined`
 * cannot be attached, `pm_card_chargeCustomerFail` attaches and then fails, `pm_card_authenticationRequired` waits.
 * Objects are made once per idempotency key, and a call can be made to fail before or after its effect.
 */
export interface MemoryStripe {
  readonly gateway: Gateway
  readonly observatory: Observatory
  readonly bills: Bills
  readonly subscriptions: Map<string, ObservedSubscription>
  readonly payments: Map<string, ObservedPaymentIntent>
  readonly customers: Map<string, UserId>
  /** The next call fails as unavailable: `before` it did anything or `after`. */
  failNext(when: 'before' | 'after', error?: Error): void
  /** The call after so many others fails. */
  failLater(others: number, when: 'before' | 'after', error?: Error): void
  /** The renewal of a subscription could not be paid: an invoice is open, and the subscription past due. */
  failRenewal(subscriptionId: string): void
  /** Somebody deletes it in the dashboard. */
  deleteCustomer(id: string): void
  /** The customer confirms in the browser what was waiting. */
  confirm(subscriptionId: string): void
  /** By event: the reports that a meter refused late. */
  readonly rejections: Map<string, readonly { readonly reportId: string; readonly reason: string }[]>
  /** What each price costs: those of the built-in plans, and what a test adds. */
  readonly prices: Map<string, SubscriptionPrice>
  /** What was charged or credited for changes of plan, in order. */
  readonly invoiced: readonly number[]
  /** By their text in small letters. */
  readonly promotionCodes: Map<string, PromotionCode>
  readonly checkouts: ReadonlyMap<string, MemoryCheckout>
  /** The first invoices of all subscriptions, as they stand. */
  firstInvoices(): readonly Payment[]
  /** The customer pays on the hosted page; the id of the subscription that comes of it. */
  payCheckout(checkoutId: string): string
}

interface MemoryCheckout {
  readonly id: string
  readonly customerId: string
  readonly intent: Intent<WishOf<'checkout'>>
  readonly expiresAt: number
  readonly status: 'open' | 'expired' | 'complete'
}

interface MadeRefund {
  readonly intentId: string
  readonly id: string
  readonly paymentId: string
  readonly amount: number
  readonly takeBack: boolean
}

interface Made {
  readonly intentId: string
  readonly id: string
}

export function memoryStripe(clock: Clock, catalogue: Catalogue = BUILT_IN_PLANS): MemoryStripe {
  const subscriptions = new Map<string, ObservedSubscription>()
  const payments = new Map<string, ObservedPaymentIntent>()
  const customers = new Map<string, UserId>()
  const once = new Map<string, unknown>()
  const made: Made[] = []
  const refunds: MadeRefund[] = []
  const gone = new Set<string>()
  const promotionCodes = new Map<string, PromotionCode>()
  const details = new Map<string, BillingDetails>()
  const checkouts = new Map<string, MemoryCheckout>()
  const openInvoices = new Map<string, Payment>()
  /** By the subscription that each began. */
  const firstInvoices = new Map<string, Payment>()
  const prices = new Map<string, SubscriptionPrice>(
    catalogue.plans.flatMap((plan) => plan.prices).map((price) => [`price_${price.lookupKey}`, price]),
  )
  const cards = new Map<string, string>()
  const rejections = new Map<string, readonly { readonly reportId: string; readonly reason: string }[]>()
  let failure: { readonly when: 'before' | 'after'; readonly error: Error; others: number } | null = null
  let count = 0

  async function call<R>(work: () => R): Promise<R> {
    await Promise.resolve()
    const current = failure !== null && failure.others-- <= 0 ? failure : null
    if (current) failure = null
    if (current?.when === 'before') throw current.error
    const result = work()
    if (current?.when === 'after') throw current.error
    return result
  }

  function keyed<R>(key: string, work: () => R): R {
    if (!once.has(key)) once.set(key, work())
    return once.get(key) as R
  }

  function newSubscription(customerId: string, intent: Intent<WishOf<'subscribe'>>): ObservedSubscription {
    const now = Math.floor(clock.now() / 1000) * 1000
    const price = prices.get(intent.wish.priceId)
    const free = price?.amount === 0
    const { trial } = intent.wish
    const trialEnd = trial === null ? null : now + trial.days * DAY_MS
    const id = `sub_${++count}`
    made.push({ intentId: intent.id, id })
    if (intent.wish.paymentMethodId !== null) cards.set(id, intent.wish.paymentMethodId)
    const amount = trialEnd === null ? (price?.amount ?? 0) : 0
    firstInvoices.set(id, { ...openInvoice(`in_${id}`, customerId, intent.wish.planName, now), amount })
    return {
      id,
      customerId,
      status:
        trialEnd !== null
          ? 'trialing'
          : free || paysWith(intent.wish.paymentMethodId) === 'settled'
            ? 'active'
            : 'incomplete',
      priceId: intent.wish.priceId,
      anchor: trialEnd ?? now,
      currentPeriodStart: now,
      currentPeriodEnd: trialEnd ?? addMonths(now, price?.interval === 'year' ? 12 : 1),
      cancelAt: null,
      trialEnd,
      startedAt: now,
      endedAt: null,
      createdAt: now,
      hasPaymentMethod: intent.wish.paymentMethodId !== null,
      pastDueSince: null,
      discounts: discountBy(intent.wish.promotionCodeId, now),
      collectionPause: null,
      price: price ?? null,
      pendingChange: null,
      metered: { periodStart: intent.wish.meteredPriceIds.length > 0 ? now : null },
    }
  }

  function discountBy(promotionCodeId: string | null, now: number): readonly Discount[] {
    const promotion = [...promotionCodes.values()].find(({ id }) => id === promotionCodeId)
    if (promotion === undefined) return []
    const { terms, code } = promotion
    const endsAt = terms.durationInMonths === null ? null : addMonths(now, terms.durationInMonths)
    return [{ ...terms, promotionCodeId, code, endsAt }]
  }

  function keep(subscription: ObservedSubscription): ObservedSubscription {
    const card = subscription.trialEnd === null ? undefined : cards.get(subscription.id)
    const kept = card === undefined ? subscription : { ...subscription, trialCard: fingerprintOf(card) }
    subscriptions.set(kept.id, kept)
    return kept
  }

  /** The answer to a call shows the first invoice too, which is paid with the subscription or given up with it. */
  function withInvoice(subscription: ObservedSubscription): ObservedSubscription {
    const invoice = firstInvoices.get(subscription.id)
    if (invoice === undefined) return subscription
    const { status } = subscription
    const paid = status === 'incomplete' ? 'open' : status === 'incomplete_expired' ? 'void' : 'paid'
    return { ...subscription, latestInvoice: { ...invoice, status: paid } }
  }

  function attempt(kept: ObservedSubscription, card: string | null): SubscriptionAttempt {
    const subscription = withInvoice(kept)
    const waits = subscription.status === 'incomplete' || !subscription.hasPaymentMethod
    const clientSecret = waits ? `${subscription.id}_secret` : null
    if (isEnded(subscription)) return { subscription, outcome: declined, clientSecret: null }
    if (subscription.status !== 'incomplete') return { subscription, outcome: { type: 'settled' }, clientSecret }
    return { subscription, outcome: outcomeOf(card), clientSecret }
  }

  function found(id: string): ObservedSubscription {
    const subscription = subscriptions.get(id)
    if (subscription === undefined) throw new Error(`There is no ${id} in this test.`)
    return subscription
  }

  const stage: Stage = { clock, subscriptions, prices, cards, invoiced: [], call, keyed, keep, paysWith }

  const { confirm: confirmChange, ...changes } = memoryPlanChanges(stage)

  function mustBeThere(customerId: string): void {
    if (gone.has(customerId)) throw new CustomerGone(null)
  }

  const refundedOf = (id: string) =>
    refunds.reduce((sum, refund) => (refund.paymentId === id ? sum + refund.amount : sum), 0)

  /** A payment with all that was given back of it. */
  function lookAtPayment(id: string): readonly Observation[] {
    const payment = payments.get(id)
    if (payment === undefined) return []
    const mine = refunds.filter(({ paymentId }) => paymentId === id)
    const entry = payment.entry && { ...payment.entry, refundedAmount: refundedOf(id) }
    return [
      ...mine.map((refund): Observation => ({ type: 'entry', payment: refundEntry(refund, payment) })),
      { type: 'payment-intent', paymentIntent: { ...payment, entry, refunds: mine } },
    ]
  }

  function changedBy({ wish }: Intent): string | null {
    const changed = wish.kind === 'change' ? subscriptions.get(wish.subscriptionId ?? '') : undefined
    return changed !== undefined && wish.kind === 'change' && changed.priceId === wish.priceId ? changed.id : null
  }

  const gateway: Gateway = {
    ...changes,
    createCustomer: (user, intent) =>
      call(() =>
        keyed(stripeKey(intent, 'customer'), () => {
          const id = `cus_${++count}`
          customers.set(id, user)
          made.push({ intentId: intent.id, id })
          return id
        }),
      ),
    subscribe: (_user, customerId, intent) =>
      call(() => {
        const card = intent.wish.paymentMethodId
        mustBeThere(customerId)
        if (card === 'pm_card_chargeDeclined') return { subscription: null, outcome: declined, clientSecret: null }
        if (card?.startsWith('pm_missing'))
          return {
            subscription: null,
            outcome: missingCard,
            clientSecret: null,
          }
        const { id } = keyed(stripeKey(intent, 'subscribe'), () => keep(newSubscription(customerId, intent)))
        return attempt(found(id), card)
      }),
    resumeSubscribing: (id, intent) =>
      call(() => {
        const card = intent.wish.paymentMethodId
        const subscription = found(id)
        if (subscription.status === 'incomplete' && paysWith(card) === 'settled')
          keep({ ...subscription, status: 'active', hasPaymentMethod: true })
        return attempt(found(id), card)
      }),
    abandon: (id) =>
      call(() => {
        const subscription = found(id)
        if (subscription.status !== 'incomplete') return withInvoice(subscription)
        return withInvoice(keep({ ...subscription, status: 'incomplete_expired', endedAt: clock.now() }))
      }),
    openCheckout: (_user, customerId, intent) =>
      call(() => {
        const checkout = keyed(stripeKey(intent, 'checkout'), () => {
          const id = `cs_${++count}`
          made.push({ intentId: intent.id, id })
          const expiresAt = clock.now() + DAY_MS
          const open: MemoryCheckout = { id, customerId, intent, expiresAt, status: 'open' }
          checkouts.set(id, open)
          return open
        })
        const url = checkout.status === 'open' ? `https://checkout.stripe.test/${checkout.id}` : null
        return { checkout: { id: checkout.id, url, expiresAt: checkout.expiresAt }, refusal: null }
      }),
    expireCheckouts: (customerId, { id: own }) =>
      call(() => {
        for (const checkout of checkouts.values())
          if (checkout.customerId === customerId && checkout.status === 'open' && checkout.intent.id !== own)
            checkouts.set(checkout.id, { ...checkout, status: 'expired' })
        return []
      }),
    openPortal: (customerId) => call(() => `https://portal.stripe.test/${customerId}`),
    undo: (_user, { wish }) =>
      call(() => {
        const before = found(wish.subscriptionId)
        const ended = { ...before, status: 'canceled', pendingChange: null, endedAt: clock.now() } as const
        const subscription = keep(isEnded(before) ? before : ended)
        const paid = before.trialEnd === null ? (before.price?.amount ?? 0) : 0
        const money = paid === 0 ? null : { paid, refunded: paid, currency: before.price?.currency ?? 'usd' }
        return { subscription, money, seen: [{ type: 'subscription', subscription }], isOurs: true }
      }),
    setBillingDetails: (customerId, { wish }) =>
      call(() => {
        const before = details.get(customerId) ?? NO_DETAILS
        const taxId = wish.taxId === undefined ? before.taxId : wish.taxId
        const refusal = { path: '/tax_id/value', message: 'is not a tax id of this kind that Stripe takes' }
        if (taxId?.value === 'wrong') return { details: before, refusal }
        const after = { name: wish.name ?? before.name, address: wish.address ?? before.address, taxId }
        details.set(customerId, after)
        return { details: after, refusal: null }
      }),
    applyCode: (intent) =>
      call(() => {
        const { subscriptionId, promotionCodeId } = intent.wish
        const subscription = subscriptions.get(subscriptionId)
        if (subscription === undefined) return { subscription: null, refusal: null }
        if (isEnded(subscription)) return { subscription, refusal: null }
        const discounts = discountBy(promotionCodeId, clock.now())
        const refusal = { path: '/promotion_code', message: 'The promotion code can no longer be used for this.' }
        if (discounts.length === 0) return { subscription, refusal }
        return { subscription: keep({ ...subscription, discounts }), refusal: null }
      }),
    extendTrial: (intent) =>
      call(() => {
        const { subscriptionId, trialEnd } = intent.wish
        const subscription = subscriptions.get(subscriptionId)
        if (subscription?.status !== 'trialing') return subscription ?? null
        return keep({ ...subscription, trialEnd, anchor: trialEnd, currentPeriodEnd: trialEnd })
      }),
    cancel: (intent) =>
      call(() => {
        const subscription = subscriptions.get(intent.wish.subscriptionId)
        if (subscription === undefined || isEnded(subscription)) return subscription ?? null
        if (subscription.status === 'incomplete')
          return keep({ ...subscription, status: 'incomplete_expired', endedAt: clock.now() })
        const present = { ...subscription, pendingChange: null }
        if (intent.wish.atPeriodEnd) return keep({ ...present, cancelAt: subscription.currentPeriodEnd })
        return keep({ ...present, status: 'canceled', cancelAt: null, endedAt: clock.now() })
      }),
    setPaymentMethod: (customerId, intent) =>
      call((): PaymentMethodAttempt => {
        const card = intent.wish.paymentMethodId
        mustBeThere(customerId)
        const nothing = { paymentMethodId: null, subscription: null, invoices: [], clientSecret: null }
        if (card === 'pm_card_chargeDeclined') return { ...nothing, outcome: declined }
        if (card.startsWith('pm_missing')) return { ...nothing, outcome: missingCard }
        const due = [...openInvoices.values()].filter((invoice) => invoice.customerId === customerId)
        const paid = paysWith(card)
        if (due.length > 0 && paid === 'declined') return { ...nothing, outcome: declined }
        const subscription = subscriptions.get(intent.wish.subscriptionId ?? '') ?? null
        if (paid === 'settled') for (const { id } of due) openInvoices.delete(id)
        const waits = due.length > 0 && paid === 'waiting'
        const status = paid === 'settled' && subscription?.status === 'past_due' ? 'active' : subscription?.status
        if (subscription) cards.set(subscription.id, card)
        if (subscription && status) keep({ ...subscription, status, hasPaymentMethod: true })
        return {
          paymentMethodId: card,
          subscription: subscription && found(subscription.id),
          invoices: due.map((invoice) => ({ ...invoice, status: paid === 'settled' ? 'paid' : 'open' })),
          outcome: waits ? { type: 'waiting' } : { type: 'settled' },
          clientSecret: waits ? `${due[0]?.id}_secret` : null,
        }
      }),
    pay: (_user, customerId, intent) =>
      call(() => {
        mustBeThere(customerId)
        const payment = keyed(stripeKey(intent, 'pay'), () => {
          const id = `pi_${++count}`
          made.push({ intentId: intent.id, id })
          const seen = newPayment(id, customerId, intent, clock.now())
          payments.set(id, seen)
          return seen
        })
        return paymentAttempt(payment, intent.wish.paymentMethodId)
      }),
    refund: (_user, intent) =>
      call((): RefundAttempt => {
        const { paymentId, amount, takeBack } = intent.wish
        const payment = payments.get(paymentId)
        if (payment?.entry?.status !== 'paid') return refusedRefund('/payment_id')
        const known = refunds.find((refund) => refund.intentId === intent.id)
        const left = payment.amount - refundedOf(paymentId)
        if (!known && left === 0) return refusedRefund('/payment_id')
        if (!known && (amount ?? left) > left) return refusedRefund('/amount')
        const refund = known ?? {
          intentId: intent.id,
          id: `re_${++count}`,
          paymentId,
          amount: amount ?? left,
          takeBack,
        }
        if (!known) refunds.push(refund)
        const seen = lookAtPayment(paymentId)
        const entries = seen.flatMap((each) => (each.type === 'entry' ? [each.payment] : []))
        return { refund: entries.find(({ id }) => id === refund.id) ?? null, seen, outcome: { type: 'settled' } }
      }),
    resumePaying: (id) =>
      call(() => {
        const payment = payments.get(id)
        if (payment === undefined) throw new Error(`There is no ${id} in this test.`)
        return paymentAttempt(payment, null)
      }),
  }

  const observatory: Observatory = {
    told: () => null,
    rejectedReports: (event) => call(() => rejections.get(event.id) ?? []),
    look: (event) =>
      call((): readonly Observation[] => {
        const subscription = subscriptions.get(event.objectId ?? '')
        if (subscription) return [{ type: 'subscription', subscription }]
        return lookAtPayment(event.objectId ?? '')
      }),
    customerMadeBy: (intent) =>
      call(() => made.find(({ intentId, id }) => intentId === intent.id && id.startsWith('cus_'))?.id ?? null),
    madeBy: (intent) =>
      call(
        () =>
          changedBy(intent) ??
          made.find(({ intentId, id }) => intentId === intent.id && !id.startsWith('cus_'))?.id ??
          null,
      ),
    billingDetails: (customerId) => call(() => details.get(customerId) ?? NO_DETAILS),
    checkoutUrl: (id) =>
      call(() => (checkouts.get(id)?.status === 'open' ? `https://checkout.stripe.test/${id}` : null)),
    promotionCode: (code) => call(() => promotionCodes.get(code.toLowerCase()) ?? null),
    // One card a name; one that cannot be told from others has none.
    cardFingerprint: (id) => call(() => (id.startsWith('pm_card') ? fingerprintOf(id) : null)),
    clientSecret: (id) => call(() => `${id}_secret`),
  }

  const bills: Bills = {
    bill: (id) =>
      call(() => (payments.has(id) ? { ...billOf(payments.get(id)?.amount ?? 0, null, null), tax: null } : null)),
    upcoming: (id, unreported) =>
      call(() => {
        const { cancelAt, currentPeriodEnd, priceId } = found(id)
        const isLast = cancelAt !== null && cancelAt <= currentPeriodEnd
        if (isLast && unreported === undefined) return null
        const period = { start: currentPeriodEnd, end: addMonths(currentPeriodEnd, 1) }
        const bill = billOf(isLast ? 0 : (prices.get(priceId ?? '')?.amount ?? 0), priceId, period)
        const added = (unreported?.lines ?? []).reduce((sum, { amount }) => sum + amount, 0)
        const sums = { subtotal: bill.subtotal + added, total: bill.total + added, amountDue: bill.amountDue + added }
        return { ...bill, ...sums, at: isLast ? null : currentPeriodEnd }
      }),
  }

  return {
    firstInvoices: () => [...subscriptions.values()].flatMap((one) => withInvoice(one).latestInvoice ?? []),
    gateway,
    observatory,
    bills,
    subscriptions,
    payments,
    customers,
    prices,
    invoiced: stage.invoiced,
    promotionCodes,
    checkouts,
    payCheckout(id) {
      const checkout = checkouts.get(id)
      if (checkout?.status !== 'open') throw new Error(`${id} cannot be paid.`)
      checkouts.set(id, { ...checkout, status: 'complete' })
      const { planName, priceId, meteredPriceIds, trial, promotionCodeId } = checkout.intent.wish
      const wish = { kind: 'subscribe', planName, priceId, meteredPriceIds, trial, promotionCodeId } as const
      const paid = { ...checkout.intent, wish: { ...wish, paymentMethodId: 'pm_card_visa' } }
      return keep(newSubscription(checkout.customerId, paid)).id
    },
    rejections,
    failNext(when, error = unreachable()) {
      failure = { when, error, others: 0 }
    },
    failLater(others, when, error = unreachable()) {
      failure = { when, error, others }
    },
    deleteCustomer: (id) => void gone.add(id),
    failRenewal(id) {
      const { customerId, priceId } = keep({ ...found(id), status: 'past_due' })
      const invoice = `in_${++count}`
      openInvoices.set(invoice, openInvoice(invoice, customerId, priceId ?? '', clock.now()))
    },
    confirm(id) {
      if (confirmChange(id)) return
      keep({ ...found(id), status: 'active', hasPaymentMethod: true })
    },
  }
}

const missingCard = { type: 'refused', path: '/payment_method_id', message: 'No such PaymentMethod' } as const
const declined = { type: 'declined', message: 'Your card was declined.' } as const

function fingerprintOf(card: string): string {
  return `fingerprint of ${card}`
}

function paysWith(card: string | null): 'settled' | 'waiting' | 'declined' {
  if (card === null || card === 'pm_card_authenticationRequired') return 'waiting'
  return card.includes('Fail') || card.includes('Declined') ? 'declined' : 'settled'
}

function outcomeOf(card: string | null): AttemptOutcome {
  return paysWith(card) === 'declined' ? declined : { type: 'waiting' }
}

function newPayment(
  id: string,
  customerId: string,
  intent: Intent<WishOf<'pay'>>,
  createdAt: number,
): ObservedPaymentIntent {
  const { amount, currency, description, paymentMethodId, pack } = intent.wish
  const paid = paysWith(paymentMethodId)
  const entry = {
    id,
    customerId,
    kind: 'payment',
    amount,
    currency,
    status: paid === 'settled' ? 'paid' : 'failed',
    description,
    invoiceNumber: null,
    hostedInvoiceUrl: null,
    invoicePdf: null,
    refundedAmount: 0,
    takenBackAmount: 0,
    refundOf: null,
    tax: null,
    amountExcludingTax: null,
    createdAt,
  } as const
  const status = paid === 'settled' ? 'succeeded' : paid === 'declined' ? 'canceled' : 'requires_payment_method'
  return { id, customerId, status, amount, currency, entry: paid === 'waiting' ? null : entry, pack, refunds: null }
}

function openInvoice(id: string, customerId: string, description: string, createdAt: number): Payment {
  return {
    id,
    customerId,
    kind: 'invoice',
    amount: 3_900,
    currency: 'usd',
    status: 'open',
    description,
    invoiceNumber: null,
    hostedInvoiceUrl: null,
    invoicePdf: null,
    refundedAmount: 0,
    takenBackAmount: 0,
    refundOf: null,
    tax: null,
    amountExcludingTax: null,
    createdAt,
  }
}

function refundEntry({ id, paymentId, amount }: MadeRefund, { customerId, currency }: ObservedPaymentIntent): Payment {
  const kind = { kind: 'refund', status: 'succeeded' } as const
  return { ...openInvoice(id, customerId, '', 0), ...kind, amount, currency, description: null, refundOf: paymentId }
}

function refusedRefund(path: string): RefundAttempt {
  return { refund: null, seen: [], outcome: { type: 'refused', path, message: 'Stripe will not give it back.' } }
}

function billOf(amount: number, priceId: string | null, period: Period | null): Bill {
  const line = { description: 'One line', quantity: 1, amount, isProration: false, period, priceId }
  const sums = { subtotal: amount, discount: 0, tax: 0, total: amount, amountDue: amount }
  return { currency: 'usd', lines: [line], ...sums, receiptUrl: null }
}

function paymentAttempt(paymentIntent: ObservedPaymentIntent, card: string | null): PaymentAttempt {
  const outcome: AttemptOutcome =
    paymentIntent.status === 'canceled'
      ? declined
      : paymentIntent.status === 'succeeded'
        ? { type: 'settled' }
        : outcomeOf(card)
  return { paymentIntent, outcome, clientSecret: `${paymentIntent.id}_secret` }
}

function unreachable(): BillingError {
  return new BillingError('stripe_unavailable', 'Stripe is out of reach in this test.', { retryAfterSeconds: 5 })
}
