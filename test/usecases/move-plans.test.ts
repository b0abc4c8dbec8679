import { beforeEach, expect, test } from 'bun:test'
import { type Billing, createBilling } from '../../src/billing.ts'
import { type MemoryPorts, memoryPorts } from '../support/memory-ports.ts'

let ports: MemoryPorts
let billing: Billing

beforeEach(async () => {
  ports = memoryPorts()
  billing = createBilling(ports)
  await billing.subscribe({ ...ANN, planName: 'pro_monthly', priceId: null, paymentMethodId: 'pm_card_visa' })
})

const ANN = { user: 'ann', person: { email: null, name: null }, key: null }
const move = () =>
  billing.movePlans({
    fromPriceId: ports.priceIds().get('pro_monthly') ?? '',
    to: 'basic_monthly',
    when: 'period_end',
    isPreview: false,
    operator: 'operator:alice',
    cursor: null,
    limit: 10,
  })

test('whoever is moved is in the audit log with the price before and after, and who did it', async () => {
  expect((await move()).results).toMatchObject([{ user_id: 'ann', outcome: 'planned' }])
  const [before, after] = ['pro_monthly', 'basic_monthly'].map((key) => ports.priceIds().get(key))
  expect((await billing.auditLog(1, null)).entries).toMatchObject([
    { actor: 'operator:alice', action: 'plan-moved', detail: `From ${before} to ${after} (basic_monthly).` },
  ])
})

test('whoever cancels at that very moment is let go', async () => {
  const cancelled = billing.cancelSubscription({ ...ANN, atPeriodEnd: true, reason: null, feedback: null })
  const [moved] = await Promise.all([move(), cancelled])
  expect(moved.results).toMatchObject([
    { user_id: 'ann', outcome: 'refused', detail: expect.stringContaining('It ends on ') },
  ])
  expect((await billing.subscriptionStatus('ann')).cancel_at).toBeString()
  expect((await billing.auditLog(10, null)).entries).toEqual([])
})
