import { book, currencyOf, isUsable, leftOf } from '../engine/credit-grants.ts'
import { change, create } from '../events/record.ts'
import { clearable, fields, integer, list, metadata, need, oneOf, type Parameters, text } from '../http/decode.ts'
import { invalid } from '../http/failure.ts'
import { listing, paging, requireKnown } from '../http/listing.ts'
import { route } from '../http/route.ts'
import { freshId } from '../identifiers.ts'
import type { CreditGrant, CreditTransaction } from '../surface-kinds.ts'
import { referenced, retrieve, type Turn } from '../turn.ts'
import { mergeMetadata, sentOnly } from './patches.ts'

const path = '/v1/billing/credit_grants'
const transactions = '/v1/billing/credit_balance_transactions'
const scope = fields({ price_type: oneOf('metered'), prices: list(fields({ id: text })) })
const creation = {
  amount: fields({ monetary: fields({ currency: text, value: integer }), type: oneOf('monetary') }),
  applicability_config: fields({ scope }),
  category: oneOf('paid', 'promotional'),
  customer: text,
  effective_at: integer,
  expires_at: integer,
  metadata,
  name: text,
  priority: integer,
}
const summary = {
  customer: text,
  filter: fields({
    applicability_scope: scope,
    credit_grant: text,
    type: oneOf('applicability_scope', 'credit_grant'),
  }),
}

export const creditRoutes = [
  route('POST', path, fields(creation), createGrant),
  route('GET', path, fields({ ...paging, customer: text }), (turn, sent) =>
    listing(turn, 'billing.credit_grant', path, sent, { where: { customer: sent.customer } }),
  ),
  route('GET', `${path}/:id`, fields({}), (turn, _sent, id) => retrieve(turn, 'billing.credit_grant', id)),
  route('POST', `${path}/:id`, fields({ expires_at: clearable(integer), metadata }), (turn, sent, id) => {
    const before = retrieve(turn, 'billing.credit_grant', id)
    const patch = {
      ...sentOnly({ expires_at: sent.expires_at }),
      metadata: mergeMetadata(before.metadata, sent.metadata),
    }
    return change(turn, 'billing.credit_grant', before, patch, 'billing.credit_grant.updated')
  }),
  route('POST', `${path}/:id/expire`, fields({}), (turn, _sent, id) => end(turn, id, 'credits_expired')),
  route('POST', `${path}/:id/void`, fields({}), (turn, _sent, id) => end(turn, id, 'credits_voided')),
  route('GET', '/v1/billing/credit_balance_summary', fields(summary), summarize),
  route('GET', transactions, fields({ ...paging, credit_grant: text, customer: text }), listTransactions),
  route('GET', `${transactions}/:id`, fields({}), (turn, _sent, id) =>
    retrieve(turn, 'billing.credit_balance_transaction', id),
  ),
]

function createGrant(turn: Turn, sent: Parameters<typeof creation>): CreditGrant {
  const customer = referenced(turn, 'customer', need(sent.customer, 'customer'), 'customer')
  const monetary = need(sent.amount?.monetary, 'amount[monetary]')
  const value = need(monetary.value, 'amount[monetary][value]')
  if (value < 1) throw invalid('This value must be greater than or equal to 1.', 'amount[monetary][value]')
  const wanted = need(sent.applicability_config?.scope, 'applicability_config[scope]')
  const now = turn.now(customer.id)
  const grant: CreditGrant = {
    id: freshId('credgr'),
    object: 'billing.credit_grant',
    amount: {
      monetary: { currency: need(monetary.currency, 'amount[monetary][currency]').toLowerCase(), value },
      type: 'monetary',
    },
    applicability_config: {
      scope: {
        ...sentOnly({ price_type: wanted.price_type }),
        ...(wanted.prices ? { prices: wanted.prices.map(({ id }) => ({ id: id ?? null })) } : {}),
      },
    },
    category: sent.category ?? 'paid',
    created: now,
    customer: customer.id,
    customer_account: null,
    effective_at: sent.effective_at ?? now,
    expires_at: sent.expires_at ?? null,
    livemode: false,
    metadata: mergeMetadata({}, sent.metadata),
    name: sent.name ?? null,
    priority: sent.priority ?? 50,
    test_clock: customer.test_clock ?? null,
    updated: now,
    voided_at: null,
  }
  const made = create(turn, 'billing.credit_grant', grant, 'billing.credit_grant.created')
  book(turn, made, { credit: 'credits_granted' }, value)
  return made
}

function end(turn: Turn, id: string, how: 'credits_expired' | 'credits_voided'): CreditGrant {
  const before = retrieve(turn, 'billing.credit_grant', id)
  const now = turn.now(before.customer)
  const over = before.voided_at !== null || (before.expires_at !== null && before.expires_at <= now)
  if (over) throw invalid('This credit grant has already been voided or has expired.')
  const left = leftOf(turn, before)
  if (how === 'credits_voided' && left !== before.amount.monetary?.value) {
    throw invalid('A credit grant that has been used cannot be voided.')
  }
  if (left > 0) book(turn, before, { debit: how }, left)
  const patch = how === 'credits_voided' ? { voided_at: now, updated: now } : { expires_at: now, updated: now }
  return change(turn, 'billing.credit_grant', before, patch, 'billing.credit_grant.updated')
}

function summarize(turn: Turn, sent: Parameters<typeof summary>): object {
  const customer = referenced(turn, 'customer', need(sent.customer, 'customer'), 'customer').id
  const filter = need(sent.filter, 'filter')
  const grants = turn.store.objects
    .select('billing.credit_grant', { customer })
    .filter((grant) => fits(grant, filter) && grant.voided_at === null)
  const sums = new Map<string, { available: number; ledger: number }>()
  for (const grant of grants) {
    const left = leftOf(turn, grant)
    const sum = sums.get(currencyOf(grant)) ?? { available: 0, ledger: 0 }
    sums.set(currencyOf(grant), {
      available: sum.available + (isUsable(turn, grant) ? left : 0),
      ledger: sum.ledger + left,
    })
  }
  const monetary = (currency: string, value: number) => ({ monetary: { currency, value }, type: 'monetary' })
  const balances = [...sums].map(([currency, { available, ledger }]) => ({
    available_balance: monetary(currency, available),
    ledger_balance: monetary(currency, ledger),
  }))
  return { object: 'billing.credit_balance_summary', balances, customer, customer_account: null, livemode: false }
}

type Filter = NonNullable<Parameters<typeof summary>['filter']>

function fits(grant: CreditGrant, filter: Filter): boolean {
  if (filter.type === 'credit_grant') return grant.id === filter.credit_grant
  const { prices } = filter.applicability_scope ?? {}
  if (!prices) return grant.applicability_config.scope.price_type === 'metered'
  return prices.some(({ id }) => grant.applicability_config.scope.prices?.some((price) => price.id === id))
}

const listed = { ...paging, credit_grant: text, customer: text }

function listTransactions(turn: Turn, sent: Parameters<typeof listed>) {
  requireKnown(turn, sent.customer)
  const accept = ({ credit_grant: id }: CreditTransaction) =>
    sent.customer === undefined || turn.store.objects.find('billing.credit_grant', id)?.customer === sent.customer
  return listing(turn, 'billing.credit_balance_transaction', transactions, sent, {
    where: { parent: sent.credit_grant },
    accept,
  })
}
