import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { ChangeMoment, Intent, Wish, WishOf } from '../../src/domain/intent.ts'
import { addMonths } from '../../src/domain/period.ts'
import type { ObservedSubscription } from '../../src/domain/subscription.ts'
import type { Gateway } from '../../src/ports/gateway.ts'
import type { Observatory } from '../../src/ports/observatory.ts'

export interface PlanChangesUnderTest {
  readonly gateway: Gateway
  readonly observatory: Observatory
  priceOf(lookupKey: string): string
  /** The customer confirms in the browser what waits. */
  confirm(subscriptionId: string): Promise<void>
  /** The total of the latest invoice. */
  lastInvoice(subscriptionId: string): Promise<number | null>
  /** How many invoices the customer could still pay. */
  openInvoices(customerId: string): Promise<number>
  subscription(id: string): Promise<ObservedSubscription | null>
  close(): Promise<void>
}

/** How plans are changed at Stripe, at whatever stands there for it. */
export function planChangeContract(name: string, open: () => Promise<PlanChangesUnderTest>): void {
  describe(`changing plans through ${name}`, () => {
    let under: PlanChangesUnderTest
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

    async function begin(plan: string, card: string | null = 'pm_card_visa'): Promise<ObservedSubscription> {
      const wish = {
        planName: plan,
        priceId: under.priceOf(plan),
        meteredPriceIds: [],
        paymentMethodId: card,
        trial: null,
        promotionCodeId: null,
      }
      const intent = intentOf({ kind: 'subscribe', ...wish })
      const customer = await under.gateway.createCustomer('ann', intent)
      const { subscription } = await under.gateway.subscribe('ann', customer, intent)
      if (subscription === null) throw new Error('It was not made.')
      // Its invoices come and go; how it stands is what is compared.
      const { latestInvoice: _, ...standing } = subscription
      return standing
    }

    interface Wanted {
      readonly when?: ChangeMoment
      readonly restarts?: boolean
      readonly card?: string | null
      readonly metered?: readonly string[]
      readonly isQuoted?: boolean
    }
    const nowish = () => Math.floor(Date.now() / 1_000) * 1_000
    function changeTo(subscription: ObservedSubscription, plan: string, wanted: Wanted = {}): Intent<WishOf<'change'>> {
      return intentOf({
        kind: 'change',
        subscriptionId: subscription.id,
        planName: plan,
        priceId: under.priceOf(plan),
        meteredPriceIds: wanted.metered ?? [],
        when: wanted.when ?? 'now',
        restarts: wanted.restarts ?? false,
        prorationDate: Math.max(nowish(), subscription.currentPeriodStart),
        isQuoted: wanted.isQuoted ?? false,
        paymentMethodId: wanted.card ?? null,
        promotionCodeId: null,
      })
    }
    const resume = (subscription: ObservedSubscription) =>
      under.gateway.resume(intentOf({ kind: 'resume', subscriptionId: subscription.id, paymentMethodId: null }))
    const cancel = (subscription: ObservedSubscription) =>
      under.gateway.cancel(
        intentOf({ kind: 'cancel', subscriptionId: subscription.id, atPeriodEnd: true, reason: null, feedback: null }),
      )

    test('more is paid at once, and costs what was previewed', async () => {
      const basic = await begin('basic_monthly')
      const change = changeTo(basic, 'pro_monthly')
      const preview = await under.gateway.previewChange(basic.customerId, change.wish)
      expect(preview.invoice.total).toBeGreaterThan(2_990)
      expect(preview.invoice.lines.map(({ amount }) => amount).reduce((sum, amount) => sum + amount)).toBe(
        preview.invoice.total,
      )
      expect(preview.next).toEqual({ amount: 3_900, at: basic.currentPeriodEnd })
      const { subscription, outcome, clientSecret } = await under.gateway.changePlan(change)
      expect([outcome.type, clientSecret]).toEqual(['settled', null])
      expect(subscription).toMatchObject({
        id: basic.id,
        status: 'active',
        priceId: under.priceOf('pro_monthly'),
        price: { amount: 3_900, currency: 'usd', interval: 'month' },
        currentPeriodEnd: basic.currentPeriodEnd,
        pendingChange: null,
      })
      expect(await under.lastInvoice(basic.id)).toBe(preview.invoice.total)
    })

    test('the same intent changes it once', async () => {
      const basic = await begin('basic_monthly')
      const change = changeTo(basic, 'pro_monthly')
      await under.gateway.changePlan(change)
      const paid = await under.lastInvoice(basic.id)
      expect((await under.gateway.changePlan({ ...change, tries: 2 })).outcome.type).toBe('settled')
      expect(await under.lastInvoice(basic.id)).toBe(paid)
    })

    test('less now is given back as credit', async () => {
      const pro = await begin('pro_monthly')
      const change = changeTo(pro, 'basic_monthly')
      const preview = await under.gateway.previewChange(pro.customerId, change.wish)
      expect(preview.invoice.amountDue).toBe(0)
      expect(preview.invoice.total).toBeLessThan(-2_990)
      expect((await under.gateway.changePlan(change)).outcome.type).toBe('settled')
      expect(await under.lastInvoice(pro.id)).toBe(preview.invoice.total)
    })

    test.each(['pm_card_chargeDeclined', 'pm_card_chargeCustomerFail'])(
      'declined with %s it leaves the old plan and its card',
      async (card) => {
        const basic = await begin('basic_monthly')
        const { outcome, subscription } = await under.gateway.changePlan(changeTo(basic, 'pro_monthly', { card }))
        expect(outcome.type).toBe('declined')
        expect(subscription).toMatchObject(basic)
        expect(await under.subscription(basic.id)).toMatchObject(basic)
        expect((await under.gateway.changePlan(changeTo(basic, 'pro_monthly'))).outcome.type).toBe('settled')
      },
    )

    test('a change that must be confirmed waits, and holds when it is', async () => {
      const basic = await begin('basic_monthly')
      const change = changeTo(basic, 'pro_monthly', { card: 'pm_card_authenticationRequired' })
      const preview = await under.gateway.previewChange(basic.customerId, change.wish)
      const { outcome, subscription, clientSecret } = await under.gateway.changePlan(change)
      expect(outcome.type).toBe('waiting')
      expect(clientSecret).toEqual(expect.any(String))
      expect(await under.observatory.clientSecret(basic.id)).toBe(clientSecret)
      expect(subscription).toMatchObject({
        status: 'active',
        priceId: basic.priceId,
        pendingChange: { priceId: under.priceOf('pro_monthly'), effectiveAt: null },
      })
      const again = await under.gateway.changePlan(changeTo(basic, 'pro_monthly'))
      expect([again.outcome.type, again.clientSecret]).toEqual(['waiting', clientSecret])
      await under.confirm(basic.id)
      expect(await under.subscription(basic.id)).toMatchObject({
        priceId: under.priceOf('pro_monthly'),
        pendingChange: null,
      })
      expect(await under.lastInvoice(basic.id)).toBe(preview.invoice.total)
    })

    test('a change that waits is withdrawn by resuming, and another one replaces it', async () => {
      const basic = await begin('basic_monthly')
      const unconfirmed = () => changeTo(basic, 'pro_monthly', { card: 'pm_card_authenticationRequired' })
      await under.gateway.changePlan(unconfirmed())
      const withdrawn = await resume(basic)
      expect([withdrawn.outcome.type, withdrawn.subscription]).toMatchObject(['settled', basic])
      await under.gateway.changePlan(unconfirmed())
      const other = await under.gateway.changePlan(changeTo(basic, 'enterprise_monthly', { card: 'pm_card_visa' }))
      expect(other).toMatchObject({
        outcome: { type: 'settled' },
        subscription: { priceId: under.priceOf('enterprise_monthly'), pendingChange: null },
      })
    })

    test('a change that was made is found again, and one that was not is not', async () => {
      const basic = await begin('basic_monthly')
      const change = changeTo(basic, 'pro_monthly')
      expect(await under.observatory.madeBy(change, basic.customerId)).toBeNull()
      await under.gateway.changePlan(change)
      expect(await under.observatory.madeBy(change, basic.customerId)).toBe(basic.id)
    })

    test('a change that waits goes with a subscription that should not be, and what was paid before is given back', async () => {
      const basic = await begin('basic_monthly')
      await under.gateway.changePlan(changeTo(basic, 'pro_monthly', { card: 'pm_card_authenticationRequired' }))
      const undo = intentOf({ kind: 'undo', subscriptionId: basic.id, why: 'duplicate' })
      expect(await under.gateway.undo('ann', undo)).toMatchObject({
        subscription: { status: 'canceled', pendingChange: null },
        money: { paid: 900, refunded: 900 },
      })
      expect(await under.openInvoices(basic.customerId)).toBe(0)
    })

    test('less is planned for the end of the period, and is withdrawn by resuming', async () => {
      const pro = await begin('pro_monthly')
      const change = changeTo(pro, 'basic_monthly', { when: 'period_end' })
      const preview = await under.gateway.previewChange(pro.customerId, change.wish)
      expect(preview).toMatchObject({
        invoice: { amountDue: 0, lines: [] },
        next: { amount: 900, at: pro.currentPeriodEnd },
        effectiveAt: pro.currentPeriodEnd,
      })
      const planned = await under.gateway.changePlan(change)
      const pendingChange = {
        priceId: under.priceOf('basic_monthly'),
        effectiveAt: pro.currentPeriodEnd,
        expiresAt: null,
      }
      expect([planned.outcome.type, planned.subscription]).toMatchObject(['settled', { ...pro, pendingChange }])
      expect((await under.gateway.changePlan({ ...change, tries: 2 })).subscription).toMatchObject({
        ...pro,
        pendingChange,
      })
      const resumed = await resume(pro)
      expect([resumed.outcome.type, resumed.subscription]).toMatchObject(['settled', pro])
      expect((await resume(pro)).outcome.type).toBe('stale')
    })

    test('another planned change replaces the first, and cancelling drops it', async () => {
      const enterprise = await begin('enterprise_monthly')
      const plan = (name: string) => under.gateway.changePlan(changeTo(enterprise, name, { when: 'period_end' }))
      await plan('pro_monthly')
      const second = await plan('basic_monthly')
      expect(second.subscription?.pendingChange?.priceId).toBe(under.priceOf('basic_monthly'))
      expect(await cancel(enterprise)).toMatchObject({ cancelAt: enterprise.currentPeriodEnd, pendingChange: null })
    })

    test('a planned end is withdrawn by resuming and by a change, but not by a declined one', async () => {
      const basic = await begin('basic_monthly')
      await cancel(basic)
      expect(await resume(basic)).toMatchObject({ outcome: { type: 'settled' }, subscription: { cancelAt: null } })
      await cancel(basic)
      const card = 'pm_card_chargeCustomerFail'
      await under.gateway.changePlan(changeTo(basic, 'pro_monthly', { card }))
      expect(await under.subscription(basic.id)).toMatchObject({
        cancelAt: basic.currentPeriodEnd,
        priceId: basic.priceId,
      })
      expect(await under.gateway.changePlan(changeTo(basic, 'pro_monthly'))).toMatchObject({
        outcome: { type: 'settled' },
        subscription: { cancelAt: null, priceId: under.priceOf('pro_monthly') },
      })
    })

    test('a planned end outlives a change that waits, and is withdrawn when it is confirmed', async () => {
      const basic = await begin('basic_monthly')
      await cancel(basic)
      const card = 'pm_card_authenticationRequired'
      const { subscription } = await under.gateway.changePlan(changeTo(basic, 'pro_monthly', { card }))
      expect(subscription?.cancelAt).toBe(basic.currentPeriodEnd)
      await under.confirm(basic.id)
      expect(await under.subscription(basic.id)).toMatchObject({
        cancelAt: null,
        priceId: under.priceOf('pro_monthly'),
      })
    })

    test('from monthly to yearly a new period begins', async () => {
      const pro = await begin('pro_monthly')
      const change = changeTo(pro, 'pro_monthly.usd.year', { restarts: true })
      const preview = await under.gateway.previewChange(pro.customerId, change.wish)
      const { subscription } = await under.gateway.changePlan(change)
      const start = subscription?.currentPeriodStart ?? 0
      expect(subscription).toMatchObject({ anchor: start, price: { amount: 39_000, interval: 'year' } })
      expect(subscription?.currentPeriodEnd).toBe(addMonths(start, 12))
      expect(await under.lastInvoice(pro.id)).toBe(preview.invoice.total)
    })

    test('to another plan and back within a second is even', async () => {
      const basic = await begin('basic_monthly')
      const there = changeTo(basic, 'pro_monthly')
      await under.gateway.changePlan(there)
      const paid = (await under.lastInvoice(basic.id)) ?? 0
      const back = changeTo(basic, 'basic_monthly')
      const sameSecond = { ...back, wish: { ...back.wish, prorationDate: there.wish.prorationDate } }
      const { subscription } = await under.gateway.changePlan(sameSecond)
      expect(subscription?.priceId).toBe(basic.priceId)
      expect((await under.lastInvoice(basic.id)) ?? 0).toBe(-paid)
    })

    test('what is billed by use changes with the renewal at the price that is paid, and is no change of plan', async () => {
      const pro = await begin('pro_monthly')
      const change = changeTo(pro, 'pro_monthly', {
        when: 'period_end',
        metered: [under.priceOf('usage_based.voice_call')],
      })
      const ofTerms = { ...change, wish: { ...change.wish, isOfTerms: true as const } }
      const { outcome, subscription } = await under.gateway.changePlan(ofTerms)
      expect([outcome.type, subscription]).toMatchObject(['settled', pro])
      expect((await under.gateway.changePlan({ ...ofTerms, tries: 2 })).outcome.type).toBe('settled')
    })

    test('the plan in use withdraws what is planned', async () => {
      const pro = await begin('pro_monthly')
      await under.gateway.changePlan(changeTo(pro, 'basic_monthly', { when: 'period_end' }))
      const { outcome, subscription } = await under.gateway.changePlan(changeTo(pro, 'pro_monthly'))
      expect([outcome.type, subscription]).toMatchObject(['settled', pro])
    })

    test('what is not there, has ended or goes on anyway is told', async () => {
      const basic = await begin('basic_monthly')
      expect((await resume(basic)).outcome.type).toBe('stale')
      const missing = { ...basic, id: 'sub_missing' }
      expect(await under.gateway.changePlan(changeTo(missing, 'pro_monthly'))).toMatchObject({ subscription: null })
      await under.gateway.cancel(
        intentOf({ kind: 'cancel', subscriptionId: basic.id, atPeriodEnd: false, reason: null, feedback: null }),
      )
      expect((await under.gateway.changePlan(changeTo(basic, 'pro_monthly'))).outcome.type).toBe('stale')
      expect((await resume(basic)).outcome.type).toBe('stale')
    })
  })
}
