import type { Account } from '../../src/domain/account.ts'
import type { Payment } from '../../src/domain/payment.ts'
import { DAY_MS, type Instant } from '../../src/domain/period.ts'
import { NO_SPENDING_LIMITS } from '../../src/domain/spending.ts'
import type { Subscription } from '../../src/domain/subscription.ts'

/** A user with a customer and nothing else but what is said. */
export function accountWith(values: Partial<Account>): Account {
  return {
    user: 'ann',
    customerId: 'cus_1',
    subscriptions: [],
    openIntents: [],
    disputes: [],
    spendingLimits: NO_SPENDING_LIMITS,
    payments: [],
    bought: [],
    totals: [],
    days: [],
    grants: [],
    usage: null,
    record: null,
    corrections: [],
    allGrants: [],
    report: null,
    answer: null,
    trialClaims: [],
    eventApplied: false,
    ...values,
  }
}

export const PAID_INVOICE: Payment = {
  id: 'in_1',
  customerId: 'cus_1',
  kind: 'invoice',
  amount: 3_900,
  currency: 'usd',
  status: 'paid',
  description: null,
  invoiceNumber: null,
  hostedInvoiceUrl: null,
  invoicePdf: null,
  refundedAmount: 0,
  takenBackAmount: 0,
  refundOf: null,
  tax: null,
  amountExcludingTax: null,
  createdAt: 0,
}

export const ACTIVE_SUBSCRIPTION: Subscription = {
  id: 'sub_1',
  customerId: 'cus_1',
  planName: 'pro_monthly',
  priceId: 'price_pro',
  status: 'active',
  statusSince: 0,
  anchor: 0,
  currentPeriodStart: 0,
  currentPeriodEnd: 30 * DAY_MS,
  cancelAt: null,
  trialEnd: null,
  startedAt: 0,
  endedAt: null,
  createdAt: 0,
  hasPaymentMethod: true,
  pastDueSince: null,
  discounts: [],
  collectionPause: null,
  collectionPausedSince: null,
  price: { amount: 3900, currency: 'usd', interval: 'month' },
  pendingChange: null,
  metered: null,
  pastTerms: [],
}

/** The same, begun at a time, with its first month running. */
export function activeSince(start: Instant, values: Partial<Subscription> = {}): Subscription {
  const times = { statusSince: start, anchor: start, currentPeriodStart: start, startedAt: start, createdAt: start }
  return { ...ACTIVE_SUBSCRIPTION, ...times, currentPeriodEnd: start + 30 * DAY_MS, ...values }
}
