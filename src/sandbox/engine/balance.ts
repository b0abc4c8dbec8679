import { freshId } from '../identifiers.ts'
import type { Turn } from '../turn.ts'
import type { BalanceTransaction, Customer } from '../wire.ts'

export interface BalanceReason {
  readonly currency: string
  readonly type: BalanceTransaction['type']
  readonly invoice?: string | null
  readonly creditNote?: string | null
  readonly description?: string | null
  readonly metadata?: BalanceTransaction['metadata']
}

/** Notes a movement of a customer's balance; the customer itself is changed by the caller. */
export function recordBalance(
  turn: Turn,
  customer: Customer,
  amount: number,
  reason: BalanceReason,
): BalanceTransaction | undefined {
  if (amount === 0) return undefined
  const transaction: BalanceTransaction = {
    id: freshId('cbtxn'),
    object: 'customer_balance_transaction',
    amount,
    checkout_session: null,
    created: turn.now(customer.id),
    credit_note: reason.creditNote ?? null,
    currency: reason.currency,
    customer: customer.id,
    customer_account: null,
    description: reason.description ?? null,
    ending_balance: customer.balance + amount,
    invoice: reason.invoice ?? null,
    livemode: false,
    metadata: reason.metadata ?? {},
    type: reason.type,
  }
  turn.store.objects.save('customer_balance_transaction', transaction)
  return transaction
}
