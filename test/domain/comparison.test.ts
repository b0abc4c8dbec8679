import { expect, test } from 'bun:test'
import { BUILT_IN_PLANS } from '../../src/config/built-in-plans.ts'
import { differencesOf } from '../../src/domain/comparison.ts'
import type { Payment } from '../../src/domain/payment.ts'
import { PAID_INVOICE } from '../support/sample-account.ts'

const CUSTOMER = 'cus_ann'
const INVOICE: Payment = { ...PAID_INVOICE, customerId: CUSTOMER }
const REFUND: Payment = { ...INVOICE, id: 're_1', kind: 'refund', amount: 1_000, status: 'succeeded', refundOf: 'in_1' }
const GIVEN_BACK = { ...INVOICE, refundedAmount: 1_000 }

/** The money on each difference between entries of ours and of Stripe's. */
function money(here: readonly Payment[], atStripe: readonly Payment[]): Record<string, number> {
  const ours = { user: 'ann', customerId: CUSTOMER, isCurrent: true, subscriptions: [], disputes: [] }
  const theirs = {
    subscriptions: [],
    unknownSubscriptions: [],
    unknownEntries: [],
    paymentIntents: [],
    disputes: [],
    entries: atStripe,
  }
  const found = differencesOf(
    { ...ours, payments: new Map(here.map((entry) => [entry.id, entry])) },
    { ...theirs, customer: { id: CUSTOMER, user: 'ann', isDeleted: false } },
    { catalogue: BUILT_IN_PLANS, priceIds: new Map(), at: 0 },
  )
  return Object.fromEntries(found.map(({ kind, amount }) => [kind, amount]))
}

test('what was given back hangs on the refund, and not once more on its invoice', () => {
  expect(money([INVOICE], [GIVEN_BACK, REFUND])).toEqual({ invoice_differs: 0, refund_missing: 1_000 })
})

test('it hangs on the invoice where the refund is known', () => {
  expect(money([INVOICE, REFUND], [GIVEN_BACK, REFUND])).toEqual({ invoice_differs: 1_000 })
})

test('a failed refund that we take for a good one is counted once, too', () => {
  expect(money([GIVEN_BACK, REFUND], [INVOICE, { ...REFUND, status: 'failed' }])).toEqual({
    invoice_differs: 0,
    refund_differs: 1_000,
  })
})

test('an invoice that was paid has its own money beside that of its refund', () => {
  expect(money([{ ...INVOICE, status: 'open' }], [GIVEN_BACK, REFUND])).toEqual({
    invoice_differs: 3_900,
    refund_missing: 1_000,
  })
})
