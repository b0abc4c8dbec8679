import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Intent, Wish, WishOf } from '../../src/domain/intent.ts'
import type { SoldPack } from '../../src/domain/pack.ts'
import { addMonths, DAY_MS } from '../../src/domain/period.ts'
import { isEnded } from '../../src/domain/subscription.ts'
import type { TrialTerms } from '../../src/domain/trial.ts'
import type { Gateway } from '../../src/ports/gateway.ts'
import type { Bills, Observatory } from '../../src/ports/observatory.ts'

export interface GatewayUnderTest {
  readonly gateway: Gateway
  readonly observatory: Observatory
  readonly bills: Bills
  /** A price that costs something, another, and one that costs nothing. */
  readonly prices: { readonly pro: string; readonly basic: string; readonly free: string }
  /** The next renewal of a subscription is not paid. */
  failRenewal(subscriptionId: string): Promise<void>
  /** Makes a promotion code of ten percent for three months, good for one customer. */
  makeCode(code: string): Promise<void>
  close(): Promise<void>
}

/** What selling at Stripe must do, at whatever stands there for Stripe. */
export function gatewayContract(name: string, open: () => Promise<GatewayUnderTest>): void {
  describe(`selling through ${name}`, () => {
    let under: GatewayUnderTest
    let count = 0
    beforeAll(async () => {
      under = await open()
    })
    afterAll(() => under.close())

    function intentOf<W extends Wish>(wish: W): Intent<W> {
      const person = { email: 'ann@example.com', name: 'Ann' }
      const id = `intent_${name.replace(/\W/g, '')}_${++count}`
      return { id, wish, person, key: null, fingerprint: '', tries: 1, keyNumber: 1, keyedAt: 0, openedAt: 0 }
    }
    const wishFor = (
      paymentMethodId: string | null,
      priceId = under.prices.pro,
      trial: TrialTerms | null = null,
      promotionCodeId: string | null = null,
    ): Intent<WishOf<'subscribe'>> =>
      intentOf({
        kind: 'subscribe',
        planName: 'pro_monthly',
        priceId,
        meteredPriceIds: [],
        paymentMethodId,
        trial,
        promotionCodeId,
      })
    const payFor = (
      paymentMethodId: string | null,
      amount = 500,
      pack: SoldPack | null = null,
    ): Intent<WishOf<'pay'>> =>
      intentOf({
        kind: 'pay',
        amount,
        currency: 'usd',
        description: 'minutes',
        paymentMethodId,
        metadata: { order: '7' },
        pack,
      })
    const newCustomer = () => under.gateway.createCustomer('ann', wishFor(null))
    const subscribe = async (card: string | null, price?: string) =>
      under.gateway.subscribe('ann', await newCustomer(), wishFor(card, price))
    const idOf = ({ subscription }: Awaited<ReturnType<typeof subscribe>>) => subscription?.id ?? 'none'

    test('a good card pays at once', async () => {
      const attempt = await subscribe('pm_card_visa')
      expect(attempt).toMatchObject({
        subscription: {
          status: 'active',
          priceId: under.prices.pro,
          hasPaymentMethod: true,
          cancelAt: null,
          endedAt: null,
        },
        outcome: { type: 'settled' },
        clientSecret: null,
      })
    })

    test('an intent makes its customer and its subscription once', async () => {
      const intent = wishFor('pm_card_visa')
      const customer = await under.gateway.createCustomer('ann', intent)
      expect(await under.gateway.createCustomer('ann', intent)).toBe(customer)
      const first = await under.gateway.subscribe('ann', customer, intent)
      expect(idOf(await under.gateway.subscribe('ann', customer, intent))).toBe(idOf(first))
      expect(await under.observatory.customerMadeBy(intent)).toBe(customer)
      expect(await under.observatory.madeBy(intent, customer)).toBe(idOf(first))
      expect(await under.observatory.madeBy(wishFor(null), customer)).toBeNull()
    })

    test.each([null, 'pm_card_authenticationRequired'])('with the card %p it waits for its customer', async (card) => {
      const attempt = await subscribe(card)
      expect(attempt).toMatchObject({ subscription: { status: 'incomplete' }, outcome: { type: 'waiting' } })
      expect(attempt.clientSecret).toEqual(expect.any(String))
      expect(await under.observatory.clientSecret(idOf(attempt))).toBe(attempt.clientSecret)
    })

    test('a card that cannot be attached is declined with nothing made', async () => {
      expect(await subscribe('pm_card_chargeDeclined')).toMatchObject({
        subscription: null,
        outcome: { type: 'declined' },
      })
    })

    test('a card that attaches and then fails is declined with something to abandon', async () => {
      const attempt = await subscribe('pm_card_chargeCustomerFail')
      expect(attempt).toMatchObject({ subscription: { status: 'incomplete' }, outcome: { type: 'declined' } })
      expect(isEnded(await under.gateway.abandon(idOf(attempt), wishFor(null)))).toBe(true)
    })

    test('a card that does not exist is refused by its field', async () => {
      expect(await subscribe('pm_missing')).toMatchObject({
        subscription: null,
        outcome: { type: 'refused', path: '/payment_method_id' },
      })
    })

    test('a plan that costs nothing begins without a card and asks for one', async () => {
      const attempt = await subscribe(null, under.prices.free)
      expect(attempt).toMatchObject({
        subscription: { status: 'active', hasPaymentMethod: false },
        outcome: { type: 'settled' },
      })
      expect(attempt.clientSecret).toEqual(expect.any(String))
    })

    test('what waits can be paid with a card later, or declined again', async () => {
      const waiting = await subscribe(null)
      const declined = await under.gateway.resumeSubscribing(idOf(waiting), wishFor('pm_card_chargeCustomerFail'))
      expect(declined).toMatchObject({ subscription: { status: 'incomplete' }, outcome: { type: 'declined' } })
      const paid = await under.gateway.resumeSubscribing(idOf(waiting), wishFor('pm_card_visa'))
      expect(paid).toMatchObject({
        subscription: { status: 'active', hasPaymentMethod: true },
        outcome: { type: 'settled' },
      })
    })

    const trial = { days: 14, cardRequired: false, withoutCard: 'cancel' } as const
    const tryOut = async (card: string | null) =>
      under.gateway.subscribe('ann', await newCustomer(), wishFor(card, under.prices.pro, trial))

    test.each(['pm_card_visa', null])('a trial with the card %p begins at once and charges nothing', async (card) => {
      const { subscription, outcome, clientSecret } = await tryOut(card)
      expect(outcome).toEqual({ type: 'settled' })
      expect(subscription).toMatchObject({ status: 'trialing', hasPaymentMethod: card !== null })
      const { trialEnd, startedAt, currentPeriodEnd } = subscription ?? {
        trialEnd: 0,
        startedAt: 0,
        currentPeriodEnd: 0,
      }
      expect([trialEnd, currentPeriodEnd]).toEqual([startedAt + 14 * DAY_MS, startedAt + 14 * DAY_MS])
      expect(clientSecret === null).toBe(card !== null)
    })

    test('a card that comes in a trial is told by its fingerprint, as the one that it began with', async () => {
      const customer = await newCustomer()
      const trial = { days: 14, cardRequired: false, withoutCard: 'pause' } as const
      const begun = await under.gateway.subscribe('ann', customer, wishFor(null, under.prices.pro, trial))
      expect(begun.subscription?.trialCard).toBeUndefined()
      const set = await under.gateway.setPaymentMethod(
        customer,
        intentOf({
          kind: 'set-payment-method',
          paymentMethodId: 'pm_card_visa',
          subscriptionId: begun.subscription?.id ?? '',
        }),
      )
      const trialCard = await under.observatory.cardFingerprint('pm_card_visa')
      expect(set.subscription?.trialCard).toBe(trialCard ?? 'none')
      expect((await tryOut('pm_card_visa')).subscription?.trialCard).toBe(trialCard ?? 'none')
      expect((await subscribe('pm_card_visa')).subscription?.trialCard).toBeUndefined()
    })

    test('the first payment shows its invoice, and so does the one that is waited for', async () => {
      const paid = await subscribe('pm_card_visa')
      expect(paid.subscription?.latestInvoice).toMatchObject({ kind: 'invoice', amount: 3_900, status: 'paid' })
      const waiting = await subscribe('pm_card_authenticationRequired')
      expect(waiting.subscription?.latestInvoice).toMatchObject({ amount: 3_900, status: 'open' })
      expect((await tryOut(null)).subscription?.latestInvoice).toMatchObject({ amount: 0, status: 'paid' })
    })

    test('a trial can be made longer, and not when it has ended', async () => {
      const { subscription } = await tryOut(null)
      const trialEnd = (subscription?.trialEnd ?? 0) + 7 * DAY_MS
      const extend = (subscriptionId: string) =>
        under.gateway.extendTrial(intentOf({ kind: 'extend-trial', subscriptionId, trialEnd }))
      expect(await extend(subscription?.id ?? '')).toMatchObject({ status: 'trialing', trialEnd })
      const paid = await subscribe('pm_card_visa')
      expect(await extend(idOf(paid))).toMatchObject({ status: 'active', trialEnd: null })
      expect(await extend('sub_missing')).toBeNull()
    })

    test('a promotion code is found in any case, redeemed, and stands on the subscription until its months are over', async () => {
      await under.makeCode('TEN')
      const customer = await newCustomer()
      const code = await under.observatory.promotionCode('ten', customer, under.prices.pro)
      expect(code).toMatchObject({
        code: 'TEN',
        isActive: true,
        isUsedUp: false,
        expiresAt: null,
        customerId: null,
        firstTimeOnly: false,
        minimum: null,
        coversPrice: true,
        customerHasPaid: false,
        terms: { percentOff: 10, amountOff: null, duration: 'repeating', durationInMonths: 3 },
      })
      const wish = wishFor('pm_card_visa', under.prices.pro, null, code?.id ?? null)
      const { subscription } = await under.gateway.subscribe('ann', customer, wish)
      expect(subscription?.discounts).toEqual([
        {
          percentOff: 10,
          amountOff: null,
          currency: null,
          duration: 'repeating',
          durationInMonths: 3,
          promotionCodeId: code?.id ?? 'none',
          code: 'TEN',
          endsAt: addMonths(subscription?.startedAt ?? 0, 3),
        },
      ])
      expect(await under.observatory.promotionCode('NOSUCH', customer, null)).toBeNull()
    })

    test('a promotion code is put on a running subscription, and twice is the same as once', async () => {
      await under.makeCode('LATER')
      const id = idOf(await subscribe('pm_card_visa'))
      const code = await under.observatory.promotionCode('LATER', null, null)
      const apply = (promotionCodeId = code?.id ?? '', subscriptionId = id) =>
        under.gateway.applyCode(intentOf({ kind: 'apply-code', subscriptionId, promotionCodeId }))
      expect(await apply()).toMatchObject({ subscription: { discounts: [{ code: 'LATER' }] }, refusal: null })
      expect(await apply()).toMatchObject({ subscription: { discounts: [{ code: 'LATER' }] }, refusal: null })
      expect(await apply('promo_missing')).toMatchObject({ refusal: { path: '/promotion_code' } })
      expect(await apply(undefined, 'sub_missing')).toEqual({ subscription: null, refusal: null })
    })

    const pageFor = (planName = 'pro_monthly') =>
      intentOf({
        kind: 'checkout',
        planName,
        priceId: under.prices.pro,
        meteredPriceIds: [],
        trial: null,
        trialAllowed: false,
        promotionCodeId: null,
        successUrl: 'https://app.example.com/yes',
        cancelUrl: 'https://app.example.com/no',
      })

    test('a page for subscribing is opened once for each intent, and found again', async () => {
      const [customer, intent] = [await newCustomer(), pageFor()]
      const { checkout } = await under.gateway.openCheckout('ann', customer, intent, null)
      expect(checkout?.url).toEqual(expect.any(String))
      expect((await under.gateway.openCheckout('ann', customer, intent, null)).checkout).toEqual(checkout)
      expect(await under.observatory.madeBy(intent, customer)).toBe(checkout?.id ?? 'none')
      expect((await under.gateway.openCheckout('ann', customer, intent, checkout?.id ?? '')).checkout).toEqual(checkout)
      expect(await under.observatory.checkoutUrl(checkout?.id ?? '')).toBe(checkout?.url ?? 'none')
    })

    test('a page is closed by another wish of the customer, not by its own and not by another customer', async () => {
      const [customer, other, intent] = [await newCustomer(), await newCustomer(), pageFor()]
      const opened = await under.gateway.openCheckout('ann', customer, intent, null)
      const url = () => under.observatory.checkoutUrl(opened.checkout?.id ?? '')
      await under.gateway.expireCheckouts(other, pageFor())
      await under.gateway.expireCheckouts(customer, intent)
      expect(await url()).toEqual(expect.any(String))
      expect(await under.gateway.expireCheckouts(customer, pageFor())).toEqual([])
      expect(await url()).toBeNull()
    })

    test('a subscription that should not be is ended and given back, once', async () => {
      const { subscription } = await subscribe('pm_card_visa')
      const wish = intentOf({ kind: 'undo', subscriptionId: subscription?.id ?? '', why: 'duplicate' })
      const undone = await under.gateway.undo('ann', wish)
      expect(undone).toMatchObject({
        subscription: { status: 'canceled' },
        money: { paid: 3900, refunded: 3900 },
        isOurs: true,
      })
      expect(undone.seen).toContainEqual({
        type: 'subscription',
        subscription: undone.subscription ?? expect.anything(),
      })
      const again = await under.gateway.undo('ann', wish)
      expect(again.subscription).toEqual(undone.subscription)
    })

    test('who is billed is said, kept where nothing is said, and a tax id taken away', async () => {
      const customer = await newCustomer()
      const address = {
        line1: 'Musterstraße 1',
        line2: null,
        city: 'Berlin',
        state: null,
        postalCode: '10115',
        country: 'DE',
      }
      const taxId = { type: 'eu_vat', value: 'DE123456789' }
      const say = (wish: Omit<WishOf<'billing-details'>, 'kind'>) =>
        under.gateway.setBillingDetails(customer, intentOf({ kind: 'billing-details', ...wish }))
      const all = { name: 'Beispiel GmbH', address, taxId }
      expect(await say(all)).toEqual({ details: all, refusal: null })
      expect(await say({ name: 'Muster GmbH', address: null })).toMatchObject({
        details: { name: 'Muster GmbH', address, taxId },
      })
      expect(await say({ name: null, address: null, taxId: null })).toMatchObject({ details: { address, taxId: null } })
      expect(await under.observatory.billingDetails(customer)).toEqual({ name: 'Muster GmbH', address, taxId: null })
    })

    test('the portal has an address', async () => {
      expect(await under.gateway.openPortal(await newCustomer(), 'https://app.example.com/')).toStartWith('http')
    })

    test('a card is known again by its fingerprint, and another one is not', async () => {
      const visa = await under.observatory.cardFingerprint('pm_card_visa')
      expect(visa).toEqual(expect.any(String))
      expect(await under.observatory.cardFingerprint('pm_card_visa')).toBe(visa)
      expect(await under.observatory.cardFingerprint('pm_card_mastercard')).not.toBe(visa)
      expect(await under.observatory.cardFingerprint('pm_missing')).toBeNull()
    })

    test('abandoning leaves a paid subscription alone', async () => {
      const paid = await subscribe('pm_card_visa')
      expect(await under.gateway.abandon(idOf(paid), wishFor(null))).toMatchObject({ status: 'active' })
    })

    const cancelOf = (subscriptionId: string, atPeriodEnd: boolean): Intent<WishOf<'cancel'>> =>
      intentOf({ kind: 'cancel', subscriptionId, atPeriodEnd, reason: 'too_expensive', feedback: 'Too much.' })

    test('cancelling at the end of the period keeps it until then', async () => {
      const { subscription } = await subscribe('pm_card_visa')
      const canceled = await under.gateway.cancel(cancelOf(subscription?.id ?? '', true))
      expect(canceled).toMatchObject({ status: 'active', cancelAt: subscription?.currentPeriodEnd })
    })

    test('cancelling at once ends it, and again changes nothing', async () => {
      const id = idOf(await subscribe('pm_card_visa'))
      const ended = await under.gateway.cancel(cancelOf(id, false))
      expect(ended).toMatchObject({ status: 'canceled', endedAt: expect.any(Number) })
      expect(await under.gateway.cancel(cancelOf(id, true))).toEqual(ended)
    })

    test('cancelling what still waits gives it up', async () => {
      const canceled = await under.gateway.cancel(cancelOf(idOf(await subscribe(null)), false))
      expect(canceled && isEnded(canceled)).toBe(true)
    })

    test('cancelling what is not there is told', async () => {
      expect(await under.gateway.cancel(cancelOf('sub_missing', true))).toBeNull()
    })

    test('a payment with a card is paid and enters the history', async () => {
      const intent = payFor('pm_card_visa')
      const customer = await newCustomer()
      const attempt = await under.gateway.pay('ann', customer, intent)
      expect(attempt).toMatchObject({
        paymentIntent: {
          status: 'succeeded',
          amount: 500,
          currency: 'usd',
          entry: { kind: 'payment', status: 'paid', description: 'minutes' },
        },
        outcome: { type: 'settled' },
      })
      expect(await under.observatory.madeBy(intent, customer)).toBe(attempt.paymentIntent?.id ?? 'none')
      expect((await under.gateway.pay('ann', customer, intent)).paymentIntent?.id).toBe(
        attempt.paymentIntent?.id ?? 'none',
      )
    })

    test.each([365, null])('a payment for a pack tells what was sold, for %p days', async (expiresAfterDays) => {
      const pack = { name: 'minutes_100', service: 'voice_call', amount: 99.5, expiresAfterDays } as const
      const { paymentIntent } = await under.gateway.pay('ann', await newCustomer(), payFor('pm_card_visa', 500, pack))
      expect(paymentIntent?.pack).toEqual(pack)
    })

    test('a payment without a card waits and is not yet in the history', async () => {
      const attempt = await under.gateway.pay('ann', await newCustomer(), payFor(null))
      expect(attempt).toMatchObject({
        paymentIntent: { status: 'requires_payment_method', entry: null },
        outcome: { type: 'waiting' },
      })
      expect(await under.gateway.resumePaying(attempt.paymentIntent?.id ?? '')).toEqual(attempt)
    })

    test('a declined payment is withdrawn and stands in the history as failed', async () => {
      const attempt = await under.gateway.pay('ann', await newCustomer(), payFor('pm_card_chargeCustomerFail'))
      expect(attempt).toMatchObject({
        paymentIntent: { status: 'canceled', entry: { status: 'failed' } },
        outcome: { type: 'declined' },
      })
    })

    test('the next invoice of a subscription is foreseen, until it is to end', async () => {
      const { subscription } = await subscribe('pm_card_visa')
      const id = subscription?.id ?? ''
      expect(await under.bills.upcoming(id)).toMatchObject({
        currency: 'usd',
        lines: [{ amount: 3_900, isProration: false, priceId: under.prices.pro }],
        total: 3_900,
        amountDue: 3_900,
        at: subscription?.currentPeriodEnd,
      })
      await under.gateway.cancel(cancelOf(id, true))
      expect(await under.bills.upcoming(id)).toBeNull()
    })

    test('a payment is a bill of one line, and what is not there is none', async () => {
      const { paymentIntent } = await under.gateway.pay('ann', await newCustomer(), payFor('pm_card_visa'))
      expect(await under.bills.bill(paymentIntent?.id ?? '')).toMatchObject({
        total: 500,
        tax: null,
        lines: [{ amount: 500 }],
      })
      expect(await under.bills.bill('pi_missing')).toBeNull()
      expect(await under.bills.bill('in_missing')).toBeNull()
    })

    const refundFor = (paymentId: string, amount: number | null = null): Intent<WishOf<'refund'>> =>
      intentOf({ kind: 'refund', paymentId, amount, reason: null, takeBack: false, operator: 'operator:a', note: null })
    const paid = async () =>
      (await under.gateway.pay('ann', await newCustomer(), payFor('pm_card_visa'))).paymentIntent?.id ?? ''

    test('a payment is given back in parts, and once for each intent', async () => {
      const payment = await paid()
      const intent = refundFor(payment, 200)
      const first = await under.gateway.refund('ann', intent)
      expect(first).toMatchObject({
        refund: { kind: 'refund', amount: 200, currency: 'usd', refundOf: payment },
        outcome: { type: 'settled' },
      })
      expect((await under.gateway.refund('ann', { ...intent, keyNumber: 2 })).refund?.id).toBe(first.refund?.id ?? '')
      const { seen } = await under.gateway.refund('ann', refundFor(payment))
      expect(seen.find(({ type }) => type === 'payment-intent')).toMatchObject({
        paymentIntent: { entry: { refundedAmount: 500 } },
      })
      const last = seen.findLast(({ type }) => type === 'payment-intent')
      const refunds = last?.type === 'payment-intent' ? (last.paymentIntent.refunds ?? []) : []
      expect(refunds.map(({ amount, takeBack }) => [amount, takeBack]).sort()).toEqual([
        [200, false],
        [300, false],
      ])
    })

    test('no more is given back than was paid', async () => {
      const payment = await paid()
      const more = await under.gateway.refund('ann', refundFor(payment, 501))
      expect(more).toMatchObject({ refund: null, outcome: { type: 'refused', path: '/amount' } })
      await under.gateway.refund('ann', refundFor(payment))
      const again = await under.gateway.refund('ann', refundFor(payment))
      expect(again).toMatchObject({ refund: null, outcome: { type: 'refused', path: '/payment_id' } })
    })

    const setFor = (paymentMethodId: string, subscriptionId: string | null = null) =>
      intentOf({ kind: 'set-payment-method', paymentMethodId, subscriptionId } as const)

    test('a card is kept for the subscription where nothing is open', async () => {
      const { subscription } = await subscribe(null, under.prices.free)
      const kept = await under.gateway.setPaymentMethod(
        subscription?.customerId ?? '',
        setFor('pm_card_visa', subscription?.id),
      )
      expect(kept).toMatchObject({
        subscription: { status: 'active', hasPaymentMethod: true },
        invoices: [],
        outcome: { type: 'settled' },
        clientSecret: null,
      })
      expect(kept.paymentMethodId).toEqual(expect.any(String))
    })

    test('a card is kept before there is a subscription', async () => {
      const kept = await under.gateway.setPaymentMethod(await newCustomer(), setFor('pm_card_visa'))
      expect(kept).toMatchObject({ subscription: null, outcome: { type: 'settled' } })
    })

    test('a card that cannot be attached is not kept', async () => {
      const customer = await newCustomer()
      const kept = await under.gateway.setPaymentMethod(customer, setFor('pm_card_chargeDeclined'))
      expect(kept).toMatchObject({ paymentMethodId: null, outcome: { type: 'declined' } })
      const missing = await under.gateway.setPaymentMethod(customer, setFor('pm_missing'))
      expect(missing).toMatchObject({ paymentMethodId: null, outcome: { type: 'refused', path: '/payment_method_id' } })
    })

    describe('with an unpaid renewal', () => {
      const unpaid = async () => {
        const { subscription } = await subscribe('pm_card_visa')
        await under.failRenewal(subscription?.id ?? '')
        return { customer: subscription?.customerId ?? '', id: subscription?.id ?? '' }
      }

      test('a good card pays it at once', async () => {
        const { customer, id } = await unpaid()
        expect(await under.gateway.setPaymentMethod(customer, setFor('pm_card_visa', id))).toMatchObject({
          subscription: { status: 'active', hasPaymentMethod: true },
          invoices: [{ kind: 'invoice', amount: 3_900, status: 'paid' }],
          outcome: { type: 'settled' },
        })
      })

      test('a card that is declined is not kept, and the invoice stays open', async () => {
        const { customer, id } = await unpaid()
        const refused = await under.gateway.setPaymentMethod(customer, setFor('pm_card_chargeCustomerFail', id))
        expect(refused).toMatchObject({ paymentMethodId: null, outcome: { type: 'declined' } })
        const paid = await under.gateway.setPaymentMethod(customer, setFor('pm_card_visa', id))
        expect(paid).toMatchObject({ invoices: [{ status: 'paid' }] })
      })

      test('a card whose bank asks waits with a client secret', async () => {
        const { customer, id } = await unpaid()
        const waiting = await under.gateway.setPaymentMethod(customer, setFor('pm_card_authenticationRequired', id))
        expect(waiting).toMatchObject({
          subscription: { status: 'past_due' },
          invoices: [{ status: 'open' }],
          outcome: { type: 'waiting' },
        })
        expect(waiting.clientSecret).toEqual(expect.any(String))
        expect(await under.observatory.clientSecret(waiting.invoices[0]?.id ?? '')).toBe(waiting.clientSecret)
      })
    })
  })
}
