import { afterAll, beforeAll, expect, test } from 'bun:test'
import { Stripe } from 'stripe'
import { told } from '../../src/adapters/stripe/telling.ts'
import { webhookVerifier } from '../../src/adapters/stripe/webhook.ts'
import { createBilling } from '../../src/billing.ts'
import type { Ledger } from '../../src/ports/ledger.ts'
import { applyDueEvents } from '../../src/usecases/apply-events.ts'
import { subscriptionEvent, USERS_WITH_EVENTS } from '../bench/load/events.ts'
import { userName } from '../bench/load/workload.ts'
import { memoryPorts } from '../support/memory-ports.ts'
import { openSqliteStore } from '../support/sqlite-store.ts'
import { startHttp } from './support/http.ts'

const SECRET = 'whsec_of_duplicates'
const EVENTS = 1_000
const USERS = 50
const MOST_COPIES = 32
/** So many events are under way at once, each with all its copies. */
const AT_ONCE = 8

const store = openSqliteStore()
const effects = new Map<string, number>()
const ports = { ...memoryPorts(), ...store, ledger: counting(store.ledger) }
const applying = {
  ...ports,
  observatory: { ...ports.observatory, told },
  livemode: false,
  onFailure: (event: { readonly id: string }, error: unknown) => {
    throw new Error(`${event.id} could not be applied.`, { cause: error })
  },
}
const verifyWebhook = webhookVerifier(new Stripe('sk_test_duplicates'), () => [SECRET], Date.now)
const http = startHttp({ billing: createBilling(ports), verifyWebhook })

beforeAll(async () => {
  http.app.listen({ hostname: '127.0.0.1', port: 0 })
  for (let index = 0; index < USERS; index++) {
    const linked = { type: 'customer-linked', customerId: `cus_${userName(index)}`, at: 0 } as const
    await store.ledger.change(userName(index), {}, () => ({ changes: [linked], result: undefined }))
  }
})
afterAll(async () => {
  await http.app.stop(true)
  store.client.close()
})

test('1,000 events that come 2 to 32 times each, in parallel, have 1,000 effects', async () => {
  const sent = { copies: 0, over: false }
  const appliers = [applyUntil(sent), applyUntil(sent)]
  for (let first = 0; first < EVENTS; first += AT_ONCE)
    await Promise.all(
      Array.from({ length: Math.min(AT_ONCE, EVENTS - first) }, async (_, offset) => {
        const copies = 2 + (((first + offset) * 7) % (MOST_COPIES - 1))
        sent.copies += copies
        const send = delivery(first + offset)
        const answers = await Promise.all(Array.from({ length: copies }, send))
        expect(new Set(answers)).toEqual(new Set([200]))
      }),
    )
  sent.over = true
  await Promise.all(appliers)
  expect(sent.copies).toBeGreaterThan(10 * EVENTS)
  expect([effects.size, Math.max(...effects.values())]).toEqual([EVENTS, 1])
  const states = store.client.query('SELECT state, count(*) FROM stripe_webhook_events GROUP BY state').values()
  expect(states).toEqual([['applied', BigInt(EVENTS)]])
}, 120_000)

/** Two of these at once know nothing of each other, as two workers would that were started by mistake. */
async function applyUntil(sent: { readonly over: boolean }): Promise<void> {
  for (let isLast = false; !isLast; ) {
    isLast = sent.over
    while ((await applyDueEvents(applying)) > 0);
    await Bun.sleep(1)
  }
}

function delivery(index: number): () => Promise<number> {
  const time = Math.floor(Date.now() / 1_000)
  // The events go round the users as the bench's do; here there are fewer.
  const place = (index % USERS) + Math.floor(index / USERS) * USERS_WITH_EVENTS
  const body = JSON.stringify(subscriptionEvent(`evt_${index}`, place, time))
  const digest = new Bun.CryptoHasher('sha256', SECRET).update(`${time}.${body}`).digest('hex')
  const headers = { 'content-type': 'application/json', 'stripe-signature': `t=${time},v1=${digest}` }
  const url = `http://127.0.0.1:${http.app.server?.port}/payments/stripe-webhook`
  return async () => {
    const response = await fetch(url, { method: 'POST', headers, body })
    await response.arrayBuffer()
    return response.status
  }
}

/** Counts how often each event had its effect. */
function counting(ledger: Ledger): Ledger {
  return {
    account: ledger.account,
    change: (user, needs, decide) =>
      ledger.change(user, needs, (account) => {
        const decision = decide(account)
        for (const change of decision.changes)
          if (change.type === 'event-applied') effects.set(change.eventId, (effects.get(change.eventId) ?? 0) + 1)
        return decision
      }),
  }
}
