import { announce } from '../events/record.ts'
import { freshId } from '../identifiers.ts'
import { unbilledOf } from '../store/columns.ts'
import type { Turn } from '../turn.ts'
import type { InvoiceItem, Subscription } from '../wire.ts'
import { clockOf } from './agenda.ts'

/** What a subscription's next invoice takes in, newest change first: its own items and those of its customer. */
export function pendingItems(turn: Turn, subscription: Subscription): InvoiceItem[] {
  return unbilled(turn, subscription.customer).filter((item) => {
    const of = item.parent?.subscription_details?.subscription
    return (of === undefined || of === subscription.id) && item.currency === subscription.currency
  })
}

/** Every invoice item of a customer that no invoice has taken in yet, newest first. */
export function unbilled(turn: Turn, customer: string): InvoiceItem[] {
  return turn.store.objects.select('invoiceitem', { lookup: unbilledOf(customer) })
}

export type ItemDraft = Pick<InvoiceItem, 'amount' | 'currency' | 'customer' | 'description' | 'period'> &
  Partial<InvoiceItem>

export function newItem(turn: Turn, draft: ItemDraft): InvoiceItem {
  const { customer } = draft
  return {
    id: freshId('ii'),
    object: 'invoiceitem',
    customer_account: null,
    date: turn.now(customer),
    discountable: true,
    discounts: [],
    invoice: null,
    livemode: false,
    metadata: {},
    net_amount: draft.amount,
    parent: null,
    pricing: null,
    proration: false,
    quantity: 1,
    quantity_decimal: '1',
    tax_rates: [],
    test_clock: clockOf(turn, customer),
    ...draft,
  }
}

/** Stored last first, so that lists, which show the newest first, show them in the order given. */
export function storeItems(turn: Turn, items: readonly InvoiceItem[]): void {
  for (const item of [...items].reverse()) turn.store.objects.save('invoiceitem', item)
  for (const item of items) announce(turn, 'invoiceitem.created', item)
}
