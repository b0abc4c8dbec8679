import { describe, expect, test } from 'bun:test'
import type { Change, UserId } from '../../src/domain/account.ts'
import type { AppMessage } from '../../src/domain/app-message.ts'
import type { Dispute } from '../../src/domain/dispute.ts'
import { BillingError } from '../../src/domain/errors.ts'
import type { Grant } from '../../src/domain/grant.ts'
import type { Intent } from '../../src/domain/intent.ts'
import type { MeterReport } from '../../src/domain/metering.ts'
import type { Payment } from '../../src/domain/payment.ts'
import type { SetLimit } from '../../src/domain/spending.ts'
import type { Subscription } from '../../src/domain/subscription.ts'
import type { UsageRecord } from '../../src/domain/usage.ts'
import type { StripeEvent } from '../../src/domain/webhook-event.ts'
import type { Messages } from '../../src/ports/app-messages.ts'
import type { EventLog, Inbox } from '../../src/ports/inbox.ts'
import type { Ledger } from '../../src/ports/ledger.ts'
import type { Outbox } from '../../src/ports/outbox.ts'
import type { Page, Records, UsageFilter } from '../../src/ports/records.ts'
import { accountWith, activeSince, PAID_INVOICE } from '../support/sample-account.ts'

export interface Store {
  readonly ledger: Ledger
  readonly records: Records
  readonly inbox: Inbox
  readonly eventLog: EventLog
  readonly outbox: Outbox
  readonly messages: Messages
}

const NOON = Date.UTC(2026, 5, 10, 12)
const DAY = 86_400_000
const ANY: UsageFilter = { service: null, resourceId: null, from: null, to: null }

/** What every store must do, whatever it is made of. `open` gives an empty one. */
export function storeContract(name: string, open: () => Store): void {
  const save = (store: Store, user: UserId, ...changes: readonly Change[]) =>
    store.ledger.change(user, {}, () => ({ changes, result: undefined }))

  describe(`the ledger of ${name}`, () => {
    test('gives an unknown user an empty account', async () => {
      const account = await open().ledger.account('nobody', { intents: true })
      expect(account).toEqual(accountWith({ user: 'nobody', customerId: null }))
    })

    test('saves nothing when the decision throws, and hands on what it threw', async () => {
      const { ledger } = open()
      const refusal = new BillingError('limit_reached', 'no more')
      const change = ledger.change('ann', {}, () => {
        throw refusal
      })
      expect(await change.catch((error: unknown) => error)).toBe(refusal)
      expect((await ledger.account('ann', {})).customerId).toBeNull()
    })

    test('saves all of the other changes when one beside them is refused', async () => {
      const store = open()
      const outcomes = await Promise.allSettled(
        ['ann', 'bob', 'eve'].map((user) =>
          store.ledger.change(user, {}, () => {
            if (user === 'bob') throw new BillingError('limit_reached', 'no more')
            return { changes: [linked(`cus_${user}`)], result: user }
          }),
        ),
      )
      expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
      expect((await store.ledger.account('eve', {})).customerId).toBe('cus_eve')
      expect((await store.ledger.account('bob', {})).customerId).toBeNull()
    })

    test('decides each change on the account that the one before left', async () => {
      const store = open()
      const counted = await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          store.ledger.change('ann', { totals: { services: ['sms'], months: ['2026-06'] } }, (account) => {
            const seen = account.totals.reduce((sum, total) => sum + total.quantity, 0n)
            return { changes: [recorded({ id: `usage_${index}`, service: 'sms', quantity: 1n })], result: seen }
          }),
        ),
      )
      expect(counted).toEqual(Array.from({ length: 50 }, (_, index) => BigInt(index)))
    })

    test('adds records up by month, allowance period and rate, and by day', async () => {
      const store = open()
      const july = Date.UTC(2026, 6, 1)
      await save(
        store,
        'ann',
        recorded({ id: 'usage_1', quantity: 10n, overage: 1n, billable: 1n }),
        recorded({ id: 'usage_2', quantity: 5n }),
        recorded({ id: 'usage_3', quantity: 7n, occurredAt: july }),
        recorded({ id: 'usage_4', quantity: 3n, allowanceStart: null }),
        recorded({ id: 'usage_5', quantity: 2n, rate: '7' }),
      )
      const { totals, days } = await store.ledger.account('ann', {
        totals: { services: ['voice_call'], months: ['2026-06', '2026-07'] },
        days: { from: '2026-06-01', to: '2026-07-31' },
      })
      const sums = totals.map(
        ({ month, allowanceStart, rate, quantity }) => `${month} ${allowanceStart} ${rate} ${quantity}`,
      )
      expect(sums.sort()).toEqual([
        `2026-06 ${NOON} 5 15`,
        `2026-06 ${NOON} 7 2`,
        '2026-06 null 5 3',
        `2026-07 ${NOON} 5 7`,
      ])
      expect(totals.find((total) => total.quantity === 15n)).toMatchObject({ overage: 1n, billable: 1n })
      expect(days.filter((entry) => entry.day === '2026-07-01').map((entry) => entry.quantity)).toEqual([7n])
    })

    test('loses no digit of a quantity beyond 2^53', async () => {
      const store = open()
      const quantity = 2n ** 60n + 1n
      await save(store, 'ann', recorded({ id: 'usage_1', quantity }), recorded({ id: 'usage_2', quantity: 2n }))
      const { totals } = await store.ledger.account('ann', {
        totals: { services: ['voice_call'], months: ['2026-06'] },
      })
      expect(totals[0]?.quantity).toBe(quantity + 2n)
    })

    test('finds a record by its identity, for its user alone', async () => {
      const store = open()
      const byEvent = { kind: 'event', eventId: 'e:1' } as const
      const byResource = { kind: 'resource', service: 'voice_call', resourceId: 'CA:1' } as const
      await save(
        store,
        'ann',
        recorded({ id: 'usage_1', identity: byEvent }),
        recorded({ id: 'usage_2', identity: byResource, resourceId: 'CA:1' }),
      )
      expect((await store.ledger.account('ann', { usage: byEvent })).usage).toMatchObject({
        id: 'usage_1',
        identity: byEvent,
      })
      expect((await store.ledger.account('ann', { usage: byResource })).usage).toMatchObject({
        id: 'usage_2',
        identity: byResource,
        resourceId: 'CA:1',
      })
      expect((await store.ledger.account('bob', { usage: byEvent })).usage).toBeNull()
      expect(
        (await store.ledger.account('ann', { usage: { ...byResource, service: 'transcription' } })).usage,
      ).toBeNull()
    })

    test('shows a record with its corrections, to its user alone', async () => {
      const store = open()
      await save(
        store,
        'ann',
        recorded({ id: 'usage_1' }),
        recorded({ id: 'usage_2', corrects: 'usage_1', quantity: -1n }),
        recorded({ id: 'usage_3' }),
      )
      const account = await store.ledger.account('ann', { record: 'usage_1' })
      expect([account.record?.id, account.corrections.map(({ id }) => id)]).toEqual(['usage_1', ['usage_2']])
      expect((await store.ledger.account('ann', { record: 'usage_3' })).corrections).toEqual([])
      expect(await store.ledger.account('bob', { record: 'usage_1' })).toMatchObject({ record: null, corrections: [] })
    })

    test('draws on grants and gives back to them, also to one that is used up', async () => {
      const store = open()
      const needs = { totals: { services: ['voice_call'], months: [] }, allGrants: 'voice_call' } as const
      const left = async () => {
        const { grants, allGrants } = await store.ledger.account('ann', needs)
        return [grants, allGrants].map((some) => some.map(({ remaining }) => remaining))
      }
      const other = { ...grant, id: 'grant_2', service: 'sms' } as const
      await save(store, 'ann', { type: 'grant-given', grant }, { type: 'grant-given', grant: other })
      expect(await left()).toEqual([[10n], [10n]])
      await save(store, 'ann', { type: 'grant-drawn', draw: { grantId: grant.id, quantity: 10n } })
      expect(await left()).toEqual([[], [0n]])
      await save(store, 'ann', { type: 'grant-returned', draw: { grantId: grant.id, quantity: 4n } })
      expect(await left()).toEqual([[4n], [4n]])
      expect(await store.ledger.account('ann', {})).toMatchObject({ grants: [], allGrants: [] })
    })

    test('keeps answers for good, each under its caller', async () => {
      const store = open()
      const answer = {
        caller: 'user:ann',
        key: 'k',
        fingerprint: 'f',
        answer: { status: 201, result: { a: 1, b: null } },
        answeredAt: NOON,
      }
      await save(store, 'ann', { type: 'answer-stored', answer })
      expect((await store.ledger.account('ann', { answer: { caller: 'user:ann', key: 'k' } })).answer).toEqual(answer)
      expect((await store.ledger.account('ann', { answer: { caller: 'user:bob', key: 'k' } })).answer).toBeNull()
    })

    test('keeps a wish open until it is closed', async () => {
      const store = open()
      await save(store, 'ann', { type: 'intent-opened', intent: wish })
      expect((await store.ledger.account('ann', { intents: true })).openIntents).toEqual([wish])
      expect(await store.records.usersWithOpenIntents()).toEqual(['ann'])
      const retried = { ...wish, tries: 2, keyNumber: 2, keyedAt: NOON + 1 }
      await save(store, 'ann', { type: 'intent-retried', intent: retried })
      expect((await store.ledger.account('ann', { intents: true })).openIntents).toEqual([retried])
      await save(store, 'ann', { type: 'intent-closed', intentId: wish.id, outcome: 'done', at: NOON })
      expect((await store.ledger.account('ann', { intents: true })).openIntents).toEqual([])
      expect(await store.records.usersWithOpenIntents()).toEqual([])
    })

    test('finds who is on a plan with a live subscription, in pages by user', async () => {
      const store = open()
      const on = (id: string, changes: object) => observed({ ...subscription, id, planName: 'team', ...changes })
      await save(store, 'cy', on('sub_c', {}))
      await save(store, 'ann', on('sub_a', { status: 'past_due' }))
      await save(store, 'bob', on('sub_b', { status: 'canceled' }))
      await save(store, 'dan', on('sub_d', { planName: 'other' }))
      expect(await store.records.usersOnPlan('team', null, 1)).toEqual(['ann'])
      expect(await store.records.usersOnPlan('team', 'ann', 2)).toEqual(['cy'])
    })

    test('finds who is on a price with a live subscription, in pages by user', async () => {
      const store = open()
      const at = (id: string, changes: object) => observed({ ...subscription, id, priceId: 'price_old', ...changes })
      await save(store, 'cy', at('sub_c', {}))
      await save(store, 'ann', at('sub_a', { status: 'past_due' }))
      await save(store, 'bob', at('sub_b', { status: 'canceled' }))
      await save(store, 'dan', at('sub_d', { priceId: 'price_new' }))
      await save(store, 'eve', at('sub_e1', {}), at('sub_e2', {}))
      expect(await store.records.usersOnPrice('price_old', null, 2)).toEqual(['ann', 'cy'])
      expect(await store.records.usersOnPrice('price_old', 'cy', 2)).toEqual(['eve'])
    })

    test('keeps which terms of its plan a subscription has, had and is to have', async () => {
      const store = open()
      const kept = async () => (await store.ledger.account('ann', {})).subscriptions[0]
      const plannedTerms = { from: NOON, planVersion: 'v2' }
      const bought = { ...subscription, planVersion: 'v1', plannedTerms }
      await save(store, 'ann', observed(bought))
      expect(await kept()).toEqual(bought)
      const pastTerms = [{ until: NOON, planName: 'pro_monthly', planVersion: 'v1', anchor: NOON }]
      const moved = { ...subscription, planVersion: 'v2', pastTerms }
      await save(store, 'ann', observed(moved))
      expect(await kept()).toEqual(moved)
    })

    test('keeps the latest observation of a subscription, the newest subscription first', async () => {
      const store = open()
      const older = { ...subscription, id: 'sub_0', createdAt: NOON - 1 }
      await save(
        store,
        'ann',
        observed(older),
        observed(subscription),
        observed({ ...subscription, status: 'past_due' }),
      )
      expect((await store.ledger.account('ann', {})).subscriptions).toEqual([
        { ...subscription, status: 'past_due' },
        older,
      ])
    })
  })

  describe(`keys and subscriptions in ${name}`, () => {
    test("an open wish reserves its key, in whoever's account it is", async () => {
      const store = open()
      await save(store, 'ann', { type: 'intent-opened', intent: wish })
      const answer = { caller: 'user:ann', key: 'k' }
      expect((await store.ledger.account('bob', { answer })).answer).toEqual({ fingerprint: 'f', answer: 'pending' })
      await save(store, 'ann', { type: 'intent-closed', intentId: wish.id, outcome: 'done', at: NOON })
      expect((await store.ledger.account('bob', { answer })).answer).toBeNull()
    })

    test('many unpaid beginnings do not crowd out the subscription that somebody had', async () => {
      const store = open()
      const ended: Subscription = { ...subscription, id: 'sub_had', status: 'canceled', createdAt: NOON - 1_000 }
      const unpaid = (index: number): Subscription => ({
        ...subscription,
        id: `sub_${index}`,
        status: 'incomplete_expired',
      })
      await save(store, 'ann', observed(ended), ...Array.from({ length: 12 }, (_, index) => observed(unpaid(index))))
      const { subscriptions } = await store.ledger.account('ann', {})
      expect(subscriptions.map(({ id }) => id)).toContain('sub_had')
    })
  })

  async function usagePages(store: Store, filter: UsageFilter, limit: number): Promise<readonly (readonly string[])[]> {
    const pages: (readonly string[])[] = []
    let cursor: string | null = null
    do {
      const page: Page<UsageRecord> = await store.records.usageRecords('ann', filter, limit, cursor)
      pages.push(page.items.map(({ id }) => id))
      cursor = page.nextCursor
    } while (cursor !== null)
    return pages
  }

  describe(`the records of ${name}`, () => {
    test('tell whose customer it is', async () => {
      const store = open()
      await save(store, 'ann', linked('cus_1'))
      expect(await store.records.userOfCustomer('cus_1')).toBe('ann')
      expect(await store.records.userOfCustomer('cus_2')).toBeNull()
    })

    test('page through payments, newest first, without loss or repetition', async () => {
      const store = open()
      const ids = Array.from({ length: 7 }, (_, index) => `in_${index}`)
      for (const [index, id] of ids.entries())
        await save(store, 'ann', {
          type: 'payment-observed',
          payment: { ...payment, id, createdAt: NOON + (index >> 1) },
        })
      await save(store, 'bob', { type: 'payment-observed', payment: { ...payment, id: 'in_bob' } })
      const seen: string[] = []
      let cursor: string | null = null
      do {
        const page = await store.records.payments('ann', 3, cursor)
        seen.push(...page.items.map((item) => item.id))
        cursor = page.nextCursor
      } while (cursor !== null)
      expect(seen).toEqual([...ids].reverse())
    })

    test('show all grants of a user, newest first', async () => {
      const store = open()
      const newer = { ...grant, id: 'grant_2', remaining: 0n, expiresAt: NOON }
      await save(store, 'ann', { type: 'grant-given', grant }, { type: 'grant-given', grant: newer })
      expect(await store.records.grants('ann')).toEqual([newer, grant])
      expect(await store.records.grants('bob')).toEqual([])
    })

    test('page through what operators did, newest first', async () => {
      const store = open()
      const entry = (id: string) =>
        ({ id, at: NOON, actor: 'operator:alice', action: 'grant-given', detail: 'x' }) as const
      for (const [user, id] of Object.entries({ ann: 'audit_1', bob: 'audit_2', eve: 'audit_3' }))
        await save(store, user, { type: 'audited', entry: entry(id) })
      const first = await store.records.auditLog(2, null)
      expect(first.items).toEqual([
        { ...entry('audit_3'), user: 'eve' },
        { ...entry('audit_2'), user: 'bob' },
      ])
      const second = await store.records.auditLog(2, first.nextCursor)
      expect([second.items.map(({ user }) => user), second.nextCursor]).toEqual([['ann'], null])
      expect(await store.records.auditLog(2, 'made up').catch((error: unknown) => error)).toMatchObject({
        code: 'validation_failed',
      })
    })

    test('page through the reports that were set aside, oldest first', async () => {
      const store = open()
      for (const id of ['report_1', 'report_2', 'report_3', 'report_4']) {
        const report = { ...openReport, id, windowStart: openReport.windowStart + Number(id.at(-1)) * 60_000 }
        const outcome = id === 'report_3' ? 'sent' : 'unbilled'
        const settled = { type: 'report-settled', reportId: id, outcome, reason: 'In words.', at: NOON } as const
        await save(store, 'ann', { type: 'report-added', report }, settled)
      }
      const first = await store.outbox.setAside(2, null)
      expect(first.items.map(({ report }) => report.id)).toEqual(['report_1', 'report_2'])
      const second = await store.outbox.setAside(2, first.nextCursor)
      expect(second).toMatchObject({
        items: [{ user: 'ann', state: 'unbilled', reason: 'In words.' }],
        nextCursor: null,
      })
      expect(await store.outbox.setAside(2, 'made up').catch((error: unknown) => error)).toMatchObject({
        code: 'validation_failed',
      })
    })

    test('show the latest observation of a payment, once', async () => {
      const store = open()
      await save(store, 'ann', { type: 'payment-observed', payment: { ...payment, status: 'open' } })
      await save(store, 'ann', { type: 'payment-observed', payment })
      expect((await store.records.payments('ann', 10, null)).items).toEqual([payment])
    })

    test('of a stretch from the first year to beyond the last are all there are, and of one beyond it none', async () => {
      const store = open()
      await save(store, 'ann', recorded({ id: 'usage_1' }))
      const [first, last] = [Date.parse('0000-01-01T00:00:00Z'), Date.parse('9999-12-31T00:00:00Z')]
      const found = async (from: number | null, to: number | null) =>
        (await usagePages(store, { ...ANY, from, to }, 10)).flat().length
      expect(await found(first - DAY, last + 2 * DAY)).toBe(1)
      expect(await found(Date.parse('0050-06-01T00:00:00Z'), null)).toBe(1)
      for (const [from, to] of [
        [last + 2 * DAY, null],
        [null, first - DAY],
        [last, first],
      ] as const)
        expect(await found(from, to)).toBe(0)
    })

    test('refuse a cursor that they did not give out', async () => {
      const { records } = open()
      for (const asked of [
        records.payments('ann', 10, 'made-up'),
        records.usageRecords('ann', ANY, 10, '2026-06-10.x'),
      ])
        expect(await asked.catch((error: unknown) => error)).toMatchObject({ code: 'validation_failed' })
    })

    test('page through usage, the latest day first, and within a day what was recorded last', async () => {
      const store = open()
      for (const [index, id] of ['a', 'b', 'c', 'd', 'e', 'f', 'g'].entries())
        await save(
          store,
          'ann',
          recorded({
            id: `usage_${id}`,
            service: index % 3 ? 'sms' : 'voice_call',
            occurredAt: NOON + (index % 2) * DAY,
          }),
        )
      await save(store, 'bob', recorded({ id: 'usage_z' }))
      const late = recorded({ id: 'usage_h', occurredAt: NOON - 400 * DAY })
      await save(store, 'ann', late)
      expect(await usagePages(store, ANY, 2)).toEqual([
        ['usage_f', 'usage_d'],
        ['usage_b', 'usage_g'],
        ['usage_e', 'usage_c'],
        ['usage_a', 'usage_h'],
      ])
    })

    test('show of the usage what is asked for: a service, a resource, a stretch of time', async () => {
      const store = open()
      await save(
        store,
        'ann',
        recorded({ id: 'usage_a', service: 'sms', resourceId: '77' }),
        recorded({ id: 'usage_b', occurredAt: NOON + DAY, resourceId: '77' }),
        recorded({ id: 'usage_c', occurredAt: NOON + 2 * DAY }),
      )
      const shown = async (filter: Partial<UsageFilter>) => (await usagePages(store, { ...ANY, ...filter }, 5)).flat()
      expect(await shown({ service: 'sms' })).toEqual(['usage_a'])
      expect(await shown({ resourceId: '77' })).toEqual(['usage_b', 'usage_a'])
      expect(await shown({ from: NOON + DAY })).toEqual(['usage_c', 'usage_b'])
      expect(await shown({ to: NOON + DAY })).toEqual(['usage_a'])
      expect(await shown({ from: NOON + 1, to: NOON + DAY })).toEqual([])
      expect(await shown({ from: NOON + 30 * DAY })).toEqual([])
    })

    test('do not let what is recorded meanwhile into the pages of usage that follow', async () => {
      const store = open()
      for (const id of ['usage_a', 'usage_b', 'usage_c']) await save(store, 'ann', recorded({ id }))
      const first = await store.records.usageRecords('ann', ANY, 2, null)
      await save(store, 'ann', recorded({ id: 'usage_d' }), recorded({ id: 'usage_e', service: 'sms' }))
      const second = await store.records.usageRecords('ann', ANY, 2, first.nextCursor)
      expect([first, second].map(({ items }) => items.map(({ id }) => id))).toEqual([
        ['usage_c', 'usage_b'],
        ['usage_a'],
      ])
      expect(second.nextCursor).toBeNull()
    })
  })

  describe(`what payments bought, at ${name}`, () => {
    const pack: Grant = { ...grant, id: 'grant_pi_1', paymentId: 'pi_1' }
    const paid: Payment = { ...payment, id: 'pi_1', kind: 'payment', takenBackAmount: 50 }
    const asked = async (store: Store, user: UserId) => {
      const { payments, bought } = await store.ledger.account(user, { payments: ['pi_1', 'pi_2'] })
      return { payments, bought }
    }

    test('is found by them, by their user alone', async () => {
      const store = open()
      const refund: Payment = { ...payment, id: 're_1', kind: 'refund', refundOf: 'pi_1' }
      await save(store, 'ann', { type: 'grant-given', grant: pack }, { type: 'grant-given', grant })
      await save(
        store,
        'ann',
        { type: 'payment-observed', payment: paid },
        { type: 'payment-observed', payment: refund },
      )
      expect(await asked(store, 'ann')).toEqual({ payments: [paid], bought: [pack] })
      expect(await asked(store, 'bob')).toEqual({ payments: [], bought: [] })
      expect(await store.records.refundsOf('ann', 'pi_1')).toEqual([refund])
      expect(await store.records.refundsOf('bob', 'pi_1')).toEqual([])
    })

    test('is taken back and given again, and what is taken back cannot be used', async () => {
      const store = open()
      const totals = { services: ['voice_call'], months: ['2026-06'] } as const
      const left = async () => (await store.ledger.account('ann', { totals })).grants
      await save(store, 'ann', { type: 'grant-given', grant: pack })
      const all = pack.remaining
      expect(await left()).toHaveLength(1)
      await save(store, 'ann', { type: 'grant-taken-back', draw: { grantId: pack.id, quantity: all } })
      expect(await left()).toEqual([])
      expect((await asked(store, 'ann')).bought).toEqual([{ ...pack, remaining: 0n, takenBack: all }])
      await save(store, 'ann', { type: 'grant-taken-back', draw: { grantId: pack.id, quantity: -all } })
      expect(await left()).toEqual([pack])
    })
  })

  describe(`the spending limits at ${name}`, () => {
    const usd = (amount: number): SetLimit => ({ amount, currency: 'usd' })
    const set = (user: SetLimit | null, operator: SetLimit | null): Change => ({
      type: 'spending-limits-set',
      limits: { user, operator },
      at: NOON,
    })
    const totals = { services: ['sms'], months: ['2026-06'] } as const

    test('are their user’s, as they were set last', async () => {
      const store = open()
      await save(store, 'ann', set(usd(500), null))
      expect((await store.ledger.account('ann', {})).spendingLimits).toEqual({ user: usd(500), operator: null })
      await save(store, 'ann', set(null, usd(900)))
      expect((await store.ledger.account('ann', {})).spendingLimits).toEqual({ user: null, operator: usd(900) })
      expect((await store.ledger.account('bob', {})).spendingLimits).toEqual({ user: null, operator: null })
    })

    test('bring the totals of all services with those that are asked for', async () => {
      const store = open()
      await save(store, 'ann', recorded({ id: 'usage_1' }), recorded({ id: 'usage_2', service: 'sms' }))
      const services = async (ofAll: boolean) => {
        const account = await store.ledger.account('ann', { totals: { ...totals, ofAll } })
        return account.totals.map(({ service }) => service).sort()
      }
      expect(await services(false)).toEqual(['sms'])
      expect(await services(true)).toEqual(['sms', 'voice_call'])
      await save(store, 'ann', set(usd(500), null))
      expect(await services(false)).toEqual(['sms', 'voice_call'])
    })
  })

  describe(`the messages of ${name}`, () => {
    const message = {
      id: 'subscription_payment_failed_sub_1',
      type: 'subscription.payment_failed',
      data: { subscription_id: 'sub_1', past_due_since: null },
      at: NOON,
    } as const
    const queued = (changes: Partial<AppMessage> = {}): Change => ({
      type: 'message-queued',
      message: { ...message, ...changes },
    })

    test('are due once under each id, when they happen', async () => {
      const store = open()
      await save(store, 'ann', queued(), queued({ data: {} }), queued({ id: 'later', at: NOON + 1_000 }))
      expect(await store.messages.due(NOON - 1, 10)).toEqual([])
      expect(await store.messages.due(NOON, 10)).toEqual([{ user: 'ann', message, failedTries: 0 }])
      const due = await store.messages.due(NOON + 1_000, 10)
      expect(due.map((each) => each.message.id)).toEqual([message.id, 'later'])
      expect(await store.messages.due(NOON + 1_000, 1)).toHaveLength(1)
    })

    test('are due again when their time has come, and never once they are told or given up', async () => {
      const store = open()
      await save(store, 'ann', queued(), queued({ id: 'other' }))
      await store.messages.giveUp('other', 'why', NOON)
      await store.messages.retry(message.id, 'why', NOON + 1_000)
      expect(await store.messages.due(NOON + 999, 10)).toEqual([])
      expect(await store.messages.due(NOON + 1_000, 10)).toEqual([{ user: 'ann', message, failedTries: 1 }])
      await store.messages.told(message.id, NOON + 1_000)
      expect(await store.messages.due(NOON * 2, 10)).toEqual([])
    })
  })

  describe(`the trial claims of ${name}`, () => {
    const claims = ['user:ann', 'email:ann@example.com']
    const claimed = (intentId = 'intent_1'): Change => ({ type: 'trial-claimed', claims, intentId, at: NOON })
    const held = async (store: Store, user: UserId, ...asked: readonly string[]) =>
      (await store.ledger.account(user, { trialClaims: asked })).trialClaims

    test('are seen by whoever asks for the same, and by nobody who does not ask', async () => {
      const store = open()
      await save(store, 'ann', claimed())
      expect(await held(store, 'bob', 'user:bob', 'email:ann@example.com')).toEqual([
        { claim: 'email:ann@example.com', user: 'ann', intentId: 'intent_1' },
      ])
      expect((await store.ledger.account('ann', {})).trialClaims).toEqual([])
    })

    test('are given back by the wish that made them, and only by that', async () => {
      const store = open()
      await save(store, 'ann', claimed())
      await save(store, 'ann', { type: 'trial-released', intentId: 'intent_2' })
      expect(await held(store, 'ann', 'user:ann')).toHaveLength(1)
      await save(store, 'ann', { type: 'trial-released', intentId: 'intent_1' })
      expect(await held(store, 'ann', ...claims)).toEqual([])
    })

    test('stay with whoever had them first, also when a later wish for them came to nothing', async () => {
      const store = open()
      await save(store, 'ann', claimed())
      const more = { type: 'trial-claimed', claims: [...claims, 'user:bob'], intentId: 'intent_2', at: NOON } as const
      await save(store, 'bob', more)
      expect(await held(store, 'bob', 'user:ann', 'user:bob')).toEqual([
        { claim: 'user:ann', user: 'ann', intentId: 'intent_1' },
        { claim: 'user:bob', user: 'bob', intentId: 'intent_2' },
      ])
      await save(store, 'bob', { type: 'trial-released', intentId: 'intent_2' })
      expect(await held(store, 'bob', ...claims, 'user:bob')).toHaveLength(2)
    })

    test('may be taken in spite of that by a user whom the operator allowed it, once', async () => {
      const store = open()
      await save(store, 'ann', { type: 'trial-allowed', at: NOON }, { type: 'trial-allowed', at: NOON })
      expect(await held(store, 'bob', 'allowed:bob')).toEqual([])
      expect(await held(store, 'ann', 'allowed:ann')).toHaveLength(1)
      await save(store, 'ann', { type: 'trial-allowance-used' })
      expect(await held(store, 'ann', 'allowed:ann')).toEqual([])
    })
  })

  describe(`the disputes of ${name}`, () => {
    const dispute: Dispute = {
      id: 'du_1',
      customerId: 'cus_1',
      paymentId: 'in_1',
      subscriptionId: null,
      amount: 900,
      currency: 'usd',
      reason: 'fraudulent',
      state: 'open',
      createdAt: NOON,
      closedAt: null,
    }

    test('are part of their user’s account, once each, as they were seen last', async () => {
      const store = open()
      await save(store, 'ann', { type: 'dispute-observed', dispute })
      expect((await store.ledger.account('ann', {})).disputes).toEqual([dispute])
      const lost: Dispute = { ...dispute, state: 'lost', closedAt: NOON + 1 }
      const later: Dispute = { ...dispute, id: 'du_2', createdAt: NOON + 2 }
      await save(
        store,
        'ann',
        { type: 'dispute-observed', dispute: lost },
        { type: 'dispute-observed', dispute: later },
      )
      expect((await store.ledger.account('ann', {})).disputes).toEqual([later, lost])
      expect((await store.ledger.account('bob', {})).disputes).toEqual([])
    })
  })

  describe(`the event log of ${name}`, () => {
    const ANY_EVENT = { state: null, type: null, customerId: null, objectId: null }
    const filled = async () => {
      const store = open()
      for (const [index, id] of ['evt_1', 'evt_2', 'evt_3'].entries())
        await store.inbox.receive({ ...event, id }, new TextEncoder().encode(id), NOON + index)
      await store.inbox.fail('evt_2', 'why', null)
      return store
    }
    const audit = (id: string) =>
      ({ id, at: NOON, actor: 'operator:eve', action: 'event-replayed', detail: 'Event' }) as const

    test('lists the latest first in pages, and refuses a cursor that it did not give out', async () => {
      const { eventLog } = await filled()
      const first = await eventLog.list(ANY_EVENT, 2, null)
      expect(first.items.map((kept) => kept.event.id)).toEqual(['evt_3', 'evt_2'])
      const second = await eventLog.list(ANY_EVENT, 2, first.nextCursor)
      expect([second.items.map((kept) => kept.event.id), second.nextCursor]).toEqual([['evt_1'], null])
      expect(await eventLog.list(ANY_EVENT, 2, 'x').catch((error: Error) => error)).toMatchObject({
        code: 'validation_failed',
      })
    })

    test('picks by state, type, customer and object', async () => {
      const { eventLog } = await filled()
      const found = async (filter: Partial<typeof ANY_EVENT> | object) =>
        (await eventLog.list({ ...ANY_EVENT, ...filter }, 10, null)).items.length
      expect(await found({ state: 'dead' })).toBe(1)
      expect([await found({ type: event.type }), await found({ type: 'other' })]).toEqual([3, 0])
      expect([await found({ customerId: event.customerId }), await found({ customerId: 'cus_9' })]).toEqual([3, 0])
      expect([await found({ objectId: event.objectId }), await found({ objectId: 'sub_9' })]).toEqual([3, 0])
    })

    test('finds an event with its bytes and what came of it', async () => {
      const { eventLog } = await filled()
      const kept = await eventLog.find('evt_2')
      expect(kept).toMatchObject({ state: 'dead', outcome: 'why', attempts: 1, receivedAt: NOON + 1, nextTryAt: null })
      expect(new TextDecoder().decode(kept?.body)).toBe('evt_2')
      expect(await eventLog.find('evt_9')).toBeNull()
    })

    test('puts events back to be applied, also applied ones, with who did it', async () => {
      const store = await filled()
      await save(store, 'ann', linked(event.customerId ?? ''))
      await save(store, 'ann', applied('evt_1'))
      const replays = ['evt_1', 'evt_2', 'evt_9'].map((eventId) => ({
        eventId,
        audit: audit(`audit_${eventId.slice(4)}`),
      }))
      expect(await store.eventLog.replay(replays, NOON + 9)).toEqual(['evt_1', 'evt_2'])
      expect(await store.inbox.due(NOON + 9, 10)).toMatchObject([
        { event: { id: 'evt_3' }, isReplayed: false },
        { event: { id: 'evt_1' }, isReplayed: true, attempts: 0 },
        { event: { id: 'evt_2' }, isReplayed: true, attempts: 0 },
      ])
      expect((await store.ledger.account('ann', { event: 'evt_1' })).eventApplied).toBe(false)
      expect((await store.records.auditLog(10, null)).items).toMatchObject([
        { id: 'audit_2', user: 'ann', actor: 'operator:eve' },
        { id: 'audit_1', user: 'ann' },
      ])
    })

    test('tells how many wait, are parked and were given up, and since when', async () => {
      const store = await filled()
      await store.inbox.park('evt_3', 'cus_9', 'nobody yet')
      expect(await store.inbox.counts()).toEqual({
        dead: 1,
        waiting: 1,
        waitingSince: NOON,
        parked: 1,
        parkedSince: NOON + 2,
      })
    })
  })

  describe(`the inbox of ${name}`, () => {
    const body = new TextEncoder().encode('{"id":"evt_1"}')
    const received = (attempts: number) => ({ event, body: expect.anything(), attempts, isReplayed: false })

    test('stores an event once, however often it is delivered', async () => {
      const { inbox } = open()
      const outcomes = await Promise.all([1, 2, 3].map(() => inbox.receive(event, body, NOON)))
      expect(outcomes.sort()).toEqual(['known', 'known', 'stored'])
      expect(await inbox.due(NOON, 10)).toEqual([received(0)])
    })

    test('marks an event in the same step as its effect', async () => {
      const store = open()
      await store.inbox.receive(event, body, NOON)
      const apply = () =>
        store.ledger.change('ann', { event: event.id }, ({ eventApplied }) => ({
          changes: eventApplied ? [] : [recorded({ id: 'usage_1' }), applied(event.id)],
          result: eventApplied,
        }))
      expect(await Promise.all([apply(), apply(), apply()])).toEqual([false, true, true])
      expect(await store.inbox.due(NOON, 10)).toEqual([])
    })

    test('finds an event that names no customer by the one whom it turned out to concern', async () => {
      const store = open()
      await store.inbox.receive({ ...event, customerId: null }, body, NOON)
      await save(store, 'ann', applied(event.id, 'cus_ann'))
      const of = (customerId: string) =>
        store.eventLog.list({ state: null, type: null, objectId: null, customerId }, 10, null)
      expect((await of('cus_ann')).items).toMatchObject([{ event: { id: event.id, customerId: 'cus_ann' } }])
      await save(store, 'ann', applied(event.id, 'cus_other'))
      expect((await of('cus_other')).items).toEqual([])
    })

    test('gives a failed event back when its time has come, and a hopeless one never', async () => {
      const { inbox } = open()
      await inbox.receive(event, body, NOON)
      await inbox.fail(event.id, 'why', NOON + 1_000)
      expect(await inbox.due(NOON + 999, 10)).toEqual([])
      expect(await inbox.due(NOON + 1_000, 10)).toEqual([received(1)])
      await inbox.fail(event.id, 'why', null)
      expect(await inbox.due(NOON + 99_000_000, 10)).toEqual([])
    })

    test('parks an event until its customer is linked', async () => {
      const store = open()
      await store.inbox.receive(event, body, NOON)
      await store.inbox.park(event.id, 'cus_1', 'nobody yet')
      expect(await store.inbox.due(NOON + 1_000_000, 10)).toEqual([])
      await save(store, 'ann', linked('cus_1'))
      expect(await store.inbox.due(NOON, 10)).toEqual([received(0)])
    })

    test('does not park an event whose customer was linked meanwhile', async () => {
      const store = open()
      await store.inbox.receive(event, body, NOON)
      await save(store, 'ann', linked('cus_1'))
      await store.inbox.park(event.id, 'cus_1', 'nobody yet')
      expect(await store.inbox.due(NOON, 10)).toHaveLength(1)
    })

    test('ignores what is none of ours, but never undoes an effect', async () => {
      const store = open()
      await store.inbox.receive(event, body, NOON)
      await save(store, 'ann', applied(event.id))
      await store.inbox.ignore(event.id, 'nothing', NOON)
      expect((await store.ledger.account('ann', { event: event.id })).eventApplied).toBe(true)
    })

    test('keeps the bytes of an event as they came', async () => {
      const { inbox } = open()
      await inbox.receive(event, body, NOON)
      const [kept] = await inbox.due(NOON, 10)
      expect(new TextDecoder().decode(kept?.body)).toBe('{"id":"evt_1"}')
    })

    test('leaves out whom it is told to, customers and events without one', async () => {
      const { inbox } = open()
      await inbox.receive(event, body, NOON)
      await inbox.receive({ ...event, id: 'evt_2', customerId: null }, body, NOON)
      const idsWithout = async (...except: readonly string[]) =>
        (await inbox.due(NOON, 10, except)).map((kept) => kept.event.id)
      expect(await idsWithout('cus_1')).toEqual(['evt_2'])
      expect(await idsWithout('evt_2')).toEqual(['evt_1'])
      expect(await idsWithout('cus_2', 'evt_1')).toEqual(['evt_1', 'evt_2'])
    })

    test('gives out the oldest first, no more than asked for', async () => {
      const { inbox } = open()
      for (const [index, id] of ['evt_3', 'evt_1', 'evt_2'].entries())
        await inbox.receive({ ...event, id }, body, NOON + index)
      const due = await inbox.due(NOON + 10, 2)
      expect(due.map((entry) => entry.event.id)).toEqual(['evt_3', 'evt_1'])
    })
  })
}

const subscription = activeSince(NOON, { priceId: 'price_1', currentPeriodEnd: NOON + 1_000 })

const payment: Payment = { ...PAID_INVOICE, invoiceNumber: 'A-1', createdAt: NOON }

const grant: Grant = {
  id: 'grant_1',
  service: 'voice_call',
  amount: 10n,
  remaining: 10n,
  grantedAt: NOON,
  expiresAt: null,
  reason: 'Goodwill',
  paymentId: null,
  takenBack: 0n,
}

const wish: Intent = {
  id: 'intent_1',
  wish: {
    kind: 'pay',
    amount: 500,
    currency: 'usd',
    description: null,
    paymentMethodId: null,
    metadata: { a: 'b' },
    pack: null,
  },
  person: { email: 'ann@example.com', name: null },
  key: { caller: 'user:ann', key: 'k', fingerprint: 'f' },
  fingerprint: 'f',
  tries: 1,
  keyNumber: 1,
  keyedAt: NOON,
  openedAt: NOON,
}

const event: StripeEvent = {
  id: 'evt_1',
  type: 'customer.subscription.updated',
  objectType: 'subscription',
  objectId: 'sub_1',
  customerId: 'cus_1',
  paymentIntentId: null,
  livemode: false,
  account: null,
  apiVersion: '2026-10-28.endive',
  createdAt: NOON,
}

function linked(customerId: string): Change {
  return { type: 'customer-linked', customerId, at: NOON }
}

function applied(eventId: string, customerId: string | null = 'cus_1'): Change {
  return { type: 'event-applied', eventId, customerId, at: NOON, outcome: 'done' }
}

function observed(seen: Subscription): Change {
  return { type: 'subscription-observed', subscription: seen }
}

function recorded(values: Partial<UsageRecord> & { readonly id: string }): Change {
  const record: UsageRecord = {
    service: 'voice_call',
    quantity: 1n,
    rated: values.quantity ?? 1n,
    corrects: null,
    unit: 'minutes',
    identity: null,
    resourceId: null,
    occurredAt: NOON,
    recordedAt: NOON,
    subscriptionId: 'sub_1',
    planName: 'pro_monthly',
    allowanceStart: NOON,
    rate: '5',
    granted: 0n,
    overage: 0n,
    billable: 0n,
    ...values,
  }
  return { type: 'usage-recorded', record }
}

const openReport: MeterReport = {
  id: 'report_1',
  service: 'sms',
  subscriptionId: 'sub_1',
  allowanceStart: NOON,
  windowStart: NOON,
  quantity: 3_000_000n,
  occurredAt: NOON,
  openedAt: NOON,
}
