import { beforeEach, describe, expect, test } from 'bun:test'
import { type Billing, createBilling } from '../../src/billing.ts'
import { DAY_MS, HOUR_MS, SECOND_MS } from '../../src/domain/period.ts'
import { tellApp } from '../../src/usecases/tell-app.ts'
import { type MemoryPorts, memoryPorts } from '../support/memory-ports.ts'
import { voiceMinutes } from '../support/requests.ts'

let ports: MemoryPorts
let billing: Billing
let posts: { id: string; message: object }[]
let troubles: string[]
let answers: boolean

beforeEach(async () => {
  ports = memoryPorts()
  billing = createBilling(ports)
  posts = []
  troubles = []
  answers = true
  const person = { email: null, name: null }
  await billing.subscribe({
    user: 'ann',
    person,
    key: null,
    planName: 'basic_monthly',
    priceId: null,
    paymentMethodId: 'pm_card_visa',
  })
})

const use = (minutes: number) => billing.recordUsage(voiceMinutes(minutes))

const tell = () =>
  tellApp({
    ...ports,
    appWebhook: {
      post: async (id, body) => {
        posts.push({ id, message: JSON.parse(body) })
        return answers ? { type: 'taken' } : { type: 'refused', reason: 'The app answered 500.' }
      },
    },
    onTrouble: (_, reason, isGivenUp) => void troubles.push(isGivenUp ? `given up: ${reason}` : reason),
  })

describe('of an allowance the app is told', () => {
  test('nothing while less than 80 percent is used', async () => {
    await use(79)
    expect(await tell()).toBe(0)
  })

  test('once of each threshold, with what was used and until when it counts', async () => {
    await use(79)
    await use(2)
    await tell()
    await use(30)
    await use(30)
    await tell()
    await tell()
    expect(posts.map(({ message }) => message)).toEqual([
      {
        type: 'usage.threshold_reached',
        timestamp: '2026-06-10T12:00:00.000Z',
        data: {
          user_id: 'ann',
          service_type: 'voice_call',
          threshold: 80,
          used: 81,
          included: 100,
          unit: 'minutes',
          period_start: '2026-06-10T12:00:00.000Z',
          period_end: '2026-07-10T12:00:00.000Z',
        },
      },
      expect.objectContaining({ data: expect.objectContaining({ threshold: 100, used: 111 }) }),
    ])
    expect(troubles).toEqual([])
  })

  test('again under the same id when it did not take it, after longer and longer waits, until it does', async () => {
    await use(80)
    answers = false
    await tell()
    await tell()
    expect(posts).toHaveLength(1)
    ports.advance(5 * SECOND_MS)
    answers = true
    await tell()
    ports.advance(DAY_MS)
    expect(await tell()).toBe(0)
    expect(posts).toHaveLength(2)
    expect(new Set(posts.map(({ id }) => id)).size).toBe(1)
    expect(troubles).toEqual(['The app answered 500.'])
  })

  test('no more after three days of trying', async () => {
    await use(80)
    answers = false
    for (let hours = 0; hours < 24 * 6; hours++) {
      await tell()
      ports.advance(HOUR_MS)
    }
    expect(posts).toHaveLength(10)
    expect(troubles.at(-1)).toBe('given up: The app answered 500.')
  })

  test('nothing of what is three days old when there is first somebody to tell', async () => {
    await use(80)
    ports.advance(3 * DAY_MS + 1)
    expect([await tell(), await tell()]).toEqual([1, 0])
    expect(posts).toEqual([])
    expect(ports.store.told[0]?.outcome).toContain('three days old')
  })
})
