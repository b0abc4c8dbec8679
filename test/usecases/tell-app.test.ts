import { beforeEach, describe, expect, test } from 'bun:test'
import { createBilling } from '../../src/billing.ts'
import { observe } from '../../src/domain/observation.ts'
import { DAY_MS } from '../../src/domain/period.ts'
import type { SubscriptionStatus } from '../../src/domain/subscription.ts'
import { tellApp } from '../../src/usecases/tell-app.ts'
import { type MemoryPorts, memoryPorts } from '../support/memory-ports.ts'

let ports: MemoryPorts
let posts: { type: string; data: Record<string, unknown> }[]

beforeEach(async () => {
  ports = memoryPorts()
  posts = []
  const person = { email: null, name: null }
  const wanted = { planName: 'pro_monthly', priceId: null, paymentMethodId: 'pm_card_visa' }
  await createBilling(ports).subscribe({ user: 'ann', person, key: null, ...wanted })
})

/** Stripe shows the subscription with another status. */
async function becomes(status: SubscriptionStatus): Promise<void> {
  const knowledge = { catalogue: ports.catalogue, priceIds: ports.priceIds(), at: ports.clock.now() }
  await ports.ledger.change('ann', {}, (account) => ({
    changes: account.subscriptions.flatMap((subscription) =>
      observe(account, { type: 'subscription', subscription: { ...subscription, status } }, knowledge),
    ),
    result: undefined,
  }))
}

const tell = async () => {
  await tellApp({
    ...ports,
    appWebhook: {
      post: async (_, body) => {
        posts.push(JSON.parse(body))
        return { type: 'taken' }
      },
    },
    onTrouble: () => {},
  })
  return posts.map(({ type }) => type)
}

describe('the app is told', () => {
  test('of a payment that fails, once, and until when access stays', async () => {
    await becomes('past_due')
    await becomes('past_due')
    expect(await tell()).toEqual(['subscription.payment_failed'])
    expect(posts[0]).toEqual({
      type: 'subscription.payment_failed',
      timestamp: '2026-06-10T12:00:00.000Z',
      data: {
        user_id: 'ann',
        subscription_id: expect.any(String),
        plan_name: 'pro_monthly',
        status: 'past_due',
        past_due_since: '2026-06-10T12:00:00.000Z',
        access_allowed: true,
        access_until: '2026-06-17T12:00:00.000Z',
      },
    } as never)
  })

  test('that it recovered, and then of no end', async () => {
    await becomes('past_due')
    ports.advance(DAY_MS)
    await becomes('active')
    expect(await tell()).toEqual(['subscription.payment_failed', 'subscription.payment_recovered'])
    ports.advance(7 * DAY_MS)
    expect(await tell()).toHaveLength(2)
  })

  test('when the grace is over and access with it', async () => {
    await becomes('past_due')
    await tell()
    ports.advance(7 * DAY_MS - 1)
    expect(await tell()).toHaveLength(1)
    ports.advance(1)
    expect(await tell()).toEqual(['subscription.payment_failed', 'subscription.access_ended'])
    expect(posts[1]?.data).toMatchObject({ access_allowed: false })
  })

  test('of an ending that has other reasons only by those', async () => {
    await becomes('past_due')
    await becomes('unpaid')
    ports.advance(7 * DAY_MS)
    await becomes('canceled')
    expect((await tell()).filter((type) => type === 'subscription.access_ended')).toEqual([])
  })
})
