import { isDecided, type ObservedDispute } from './dispute.ts'
import type { Difference, DriftKind, OurHoldings } from './drift.ts'
import { moneyText } from './money.ts'
import { isCalledOff, type Payment, type PaymentIntentStatus, type PaymentKind } from './payment.ts'

/** By what makes an entry worth its money; Stripe gives some of the rest a new value at every look. */
export function isEntryKnown(known: Payment | undefined, seen: Omit<Payment, 'refundedAmount'>): boolean {
  return (
    known !== undefined &&
    known.kind === seen.kind &&
    known.amount === seen.amount &&
    known.currency === seen.currency &&
    known.status === seen.status
  )
}

/** Where an entry of the billing history is missing here, or is worth something else. */
export function entryDifferences(
  { user, customerId, payments }: OurHoldings,
  seen: Payment,
  entries: readonly Payment[],
): readonly Difference[] {
  const known = payments.get(seen.id)
  const isRefundKnown = known?.refundedAmount === seen.refundedAmount
  if (isEntryKnown(known, seen) && isRefundKnown) return []
  const amount = differenceIn(known, seen) + untoldRefund(known, seen, payments, entries)
  return [
    {
      kind: (known === undefined ? MISSING : DIFFERS)[seen.kind],
      user,
      customerId,
      objectId: seen.id,
      here: known === undefined ? 'nothing' : entryText(known),
      atStripe: entryText(seen),
      meaning: 'The billing history that the user sees is not what was charged.',
      amount,
      currency: seen.currency,
    },
  ]
}

/** One that we have and that Stripe does not know. */
export function unknownEntry(ours: OurHoldings, id: string): readonly Difference[] {
  const known = ours.payments.get(id)
  return known === undefined || isCalledOff(known) ? [] : [neverThere(ours, known, 'Stripe does not know it')]
}

/** One that we have for paid and that was never paid at Stripe, nor tried. */
export function unpaidEntry(ours: OurHoldings, id: string, status: PaymentIntentStatus): readonly Difference[] {
  const known = ours.payments.get(id)
  return known === undefined || moneyIn(known) === 0 ? [] : [neverThere(ours, known, `${status}: nothing was paid`)]
}

function neverThere({ user, customerId }: OurHoldings, known: Payment, atStripe: string): Difference {
  return {
    kind: UNKNOWN[known.kind],
    user,
    customerId,
    objectId: known.id,
    here: entryText(known),
    atStripe,
    meaning: UNKNOWN_MEANINGS[known.kind],
    amount: moneyIn(known),
    currency: known.currency,
  }
}

/** A decided one stays decided, so that only a state that we would take over is a difference. */
export function disputeDifferences(
  { user, customerId, disputes }: OurHoldings,
  seen: ObservedDispute,
): readonly Difference[] {
  const known = disputes.find(({ id }) => id === seen.id)
  if (known?.state === seen.state && known.amount === seen.amount) return []
  if (known !== undefined && isDecided(known.state) && !isDecided(seen.state)) return []
  return [
    {
      kind: known === undefined ? 'dispute_missing' : 'dispute_differs',
      user,
      customerId,
      objectId: seen.id,
      here: known === undefined ? 'nothing' : `${moneyText(known.amount, known.currency)} ${known.state}`,
      atStripe: `${moneyText(seen.amount, seen.currency)} ${seen.state}`,
      meaning: 'Money is with the bank, or back from it, and access does not follow.',
      amount: seen.amount,
      currency: seen.currency,
    },
  ]
}

const MISSING: Record<PaymentKind, DriftKind> = {
  invoice: 'invoice_missing',
  payment: 'payment_missing',
  refund: 'refund_missing',
}
const UNKNOWN: Record<PaymentKind, DriftKind> = {
  invoice: 'invoice_unknown',
  payment: 'payment_unknown',
  refund: 'refund_unknown',
}
const UNKNOWN_MEANINGS: Record<PaymentKind, string> = {
  invoice: 'The user sees an invoice that was never made; mended, it is void.',
  payment:
    'The user sees a payment that was never made, and may have what it bought; mended, it is void and that is taken back.',
  refund: 'The user sees money given back that never was; mended, the refund is canceled.',
}
const DIFFERS: Record<PaymentKind, DriftKind> = {
  invoice: 'invoice_differs',
  payment: 'payment_differs',
  refund: 'refund_differs',
}

function entryText({ amount, currency, status, refundedAmount }: Payment): string {
  const refunded = refundedAmount > 0 ? `, of which ${moneyText(refundedAmount, currency)} was given back` : ''
  return `${moneyText(amount, currency)} ${status}${refunded}`
}

/** What moved: an invoice that nobody has paid is no money yet. */
function moneyIn({ kind, status, amount }: Payment): number {
  if (kind === 'refund') return status === 'failed' || status === 'canceled' ? 0 : amount
  return status === 'paid' ? amount : 0
}

function differenceIn(known: Payment | undefined, seen: Payment): number {
  if (known === undefined || known.currency !== seen.currency) return moneyIn(seen)
  return Math.abs(moneyIn(known) - moneyIn(seen))
}

/** What was given back of it hangs on the refunds, where they differ too: the same money is counted once. */
function untoldRefund(
  known: Payment | undefined,
  seen: Payment,
  payments: OurHoldings['payments'],
  entries: readonly Payment[],
): number {
  if (known === undefined || known.currency !== seen.currency) return 0
  const told = entries
    .filter(({ refundOf }) => refundOf === seen.id)
    .reduce((sum, refund) => sum + differenceIn(payments.get(refund.id), refund), 0)
  return Math.max(0, Math.abs(known.refundedAmount - seen.refundedAmount) - told)
}
