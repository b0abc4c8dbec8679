import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { wallClock } from '../../src/adapters/process/clock.ts'
import { stripeBooks } from '../../src/adapters/stripe/books.ts'
import type { AskedAbout } from '../../src/domain/drift.ts'
import type { Intent, Wish } from '../../src/domain/intent.ts'
import type { Gateway } from '../../src/ports/gateway.ts'
import type { StripeBooks } from '../../src/ports/mirror.ts'
import type { Page } from '../../src/ports/records.ts'
import { memoryBooks } from '../support/memory-books.ts'
import { memoryStripe } from '../support/memory-stripe.ts'
import { openSandboxGateway } from '../support/sandbox-gateway.ts'

interface BooksUnderTest {
  readonly gateway: Gateway
  readonly books: StripeBooks
  readonly price: string
  close(): Promise<void>
}

const NOTHING: AskedAbout = { subscriptions: [], entries: [] }

/** What reading all of Stripe must do, at whatever stands there for Stripe. */
function booksContract(name: string, open: () => Promise<BooksUnderTest>): void {
  describe(`the books of ${name}`, () => {
    let under: BooksUnderTest
    let [customerId, subscriptionId, paymentId] = ['', '', '']
    let count = 0

    function intentOf<W extends Wish>(wish: W): Intent<W> {
      const person = { email: null, name: null }
      const id = `intent_books_${++count}`
      return { id, wish, person, key: null, fingerprint: '', tries: 1, keyNumber: 1, keyedAt: 0, openedAt: 0 }
    }
    beforeAll(async () => {
      under = await open()
      const card = { paymentMethodId: 'pm_card_visa' }
      const plan = {
        planName: 'pro_monthly',
        priceId: under.price,
        meteredPriceIds: [],
        trial: null,
        promotionCodeId: null,
      }
      const wish = intentOf({ kind: 'subscribe', ...plan, ...card } as const)
      customerId = await under.gateway.createCustomer('ann', wish)
      subscriptionId = (await under.gateway.subscribe('ann', customerId, wish)).subscription?.id ?? ''
      const money = { amount: 500, currency: 'usd', description: null, metadata: {} }
      const pay = intentOf({ kind: 'pay', ...money, ...card, pack: null } as const)
      paymentId = (await under.gateway.pay('ann', customerId, pay)).paymentIntent?.id ?? ''
      for (let index = 0; index < 4; index++)
        await under.gateway.createCustomer(`user_${index}`, intentOf({ kind: 'pay', ...money, ...card, pack: null }))
    })
    afterAll(() => under.close())

    async function all<T>(list: (cursor: string | null) => Promise<Page<T>>): Promise<readonly T[]> {
      const first = await list(null)
      const found = [...first.items]
      for (let next = first.nextCursor; next !== null; ) {
        const page: Page<T> = await list(next)
        found.push(...page.items)
        next = page.nextCursor
      }
      return found
    }

    test('show every customer once, with whom it names', async () => {
      const customers = await all(under.books.customers)
      expect(customers.map(({ user }) => user).sort()).toEqual(['ann', 'user_0', 'user_1', 'user_2', 'user_3'])
    })

    test('show subscriptions and one-time payments; the payment of an invoice is none', async () => {
      expect((await all(under.books.subscriptions)).map(({ id }) => id)).toEqual([subscriptionId])
      expect((await all(under.books.payments)).map(({ id, customerId: whose }) => [id, whose])).toEqual([
        [paymentId, customerId],
      ])
      expect([await all(under.books.refunds), await all(under.books.disputes)]).toEqual([[], []])
    })

    test('show all of one customer, and what of it is unknown', async () => {
      const holdings = await under.books.holdings(customerId, {
        subscriptions: [subscriptionId, 'sub_unknown'],
        entries: [
          { id: paymentId, kind: 'payment' },
          { id: 'pi_unknown', kind: 'payment' },
          { id: 'in_unknown', kind: 'invoice' },
          { id: 're_unknown', kind: 'refund' },
        ],
      })
      expect(holdings.customer).toEqual({ id: customerId, user: 'ann', isDeleted: false })
      expect(holdings.subscriptions.map(({ id, hasPaymentMethod }) => [id, hasPaymentMethod])).toEqual([
        [subscriptionId, true],
      ])
      expect(holdings.unknownSubscriptions).toEqual(['sub_unknown'])
      expect(holdings.unknownEntries).toEqual(['pi_unknown', 'in_unknown', 're_unknown'])
      expect(holdings.paymentIntents.map(({ id }) => id)).toEqual([paymentId])
      expect((await under.books.holdings('cus_unknown', NOTHING)).customer).toBeNull()
    })

    test('take a user’s name for a customer, and know who is not there', async () => {
      expect(await under.books.nameCustomer(customerId, 'bob')).toMatchObject({ id: customerId, user: 'bob' })
      expect((await under.books.holdings(customerId, NOTHING)).customer?.user).toBe('bob')
      expect(await under.books.nameCustomer('cus_unknown', 'bob')).toBeNull()
    })
  })
}

booksContract('the memory Stripe', async () => {
  const stripe = memoryStripe(wallClock())
  const { stripeBooks: books } = memoryBooks(stripe)
  return { gateway: stripe.gateway, books, price: 'price_pro_monthly', close: async () => {} }
})
booksContract('the SDK at the simulator', async () => {
  const { gateway, stripe, prices, close } = await openSandboxGateway()
  return { gateway, books: stripeBooks(stripe, 2_000), price: prices.pro, close }
})
