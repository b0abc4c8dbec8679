import { describe, expect, test } from 'bun:test'
import { createLanes } from '../../src/adapters/process/lanes.ts'
import { BillingError } from '../../src/domain/errors.ts'

/** A piece of work that ends when it is told to. */
function held() {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  return { work: () => promise, end: resolve, fail: reject }
}

describe('a lane', () => {
  test('runs the work of one user in the order it came, one at a time', async () => {
    const lanes = createLanes()
    const seen: string[] = []
    const work = (name: string, ms: number) => async () => {
      seen.push(`${name} begins`)
      await Bun.sleep(ms)
      seen.push(`${name} ends`)
    }
    await Promise.all([
      lanes.run('ada', work('first', 15)),
      lanes.run('ada', work('second', 1)),
      lanes.run('ada', work('third', 5)),
    ])
    expect(seen).toEqual(['first begins', 'first ends', 'second begins', 'second ends', 'third begins', 'third ends'])
  })

  test('is busy from its first work to the end of its last', async () => {
    const lanes = createLanes()
    const [first, second] = [held(), held()]
    const works = [lanes.run('ada', first.work), lanes.run('ada', second.work)]
    expect([lanes.isBusy('ada'), lanes.isBusy('grace')]).toEqual([true, false])
    first.end('one')
    await works[0]
    expect(lanes.isBusy('ada')).toBe(true)
    second.end('two')
    await works[1]
    expect(lanes.isBusy('ada')).toBe(false)
  })

  test('does not hold up another user', async () => {
    const lanes = createLanes()
    const first = held()
    const slow = lanes.run('ada', first.work)
    expect(await lanes.run('grace', async () => 'done')).toBe('done')
    first.end('late')
    expect(await slow).toBe('late')
  })

  test('hands out what the work gives or throws, and a failure holds up nobody', async () => {
    const lanes = createLanes()
    const failing = lanes.run('ada', async () => {
      throw new Error('no')
    })
    const next = lanes.run('ada', async () => 'yes')
    expect(await failing.catch(String)).toBe('Error: no')
    expect(await next).toBe('yes')
    const abrupt = lanes.run('ada', () => {
      throw new Error('at once')
    })
    expect(await abrupt.catch(String)).toBe('Error: at once')
    expect(await lanes.run('ada', async () => 'again')).toBe('again')
  })

  test('whoever waits too long is refused, and his work never runs', async () => {
    const lanes = createLanes()
    const first = held()
    const running = lanes.run('ada', first.work)
    let ran = false
    const impatient = lanes.run('ada', async () => (ran = true), 10)
    const patient = lanes.run('ada', async () => 'patient')
    const refusal = await impatient.catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(BillingError)
    expect(refusal).toMatchObject({ code: 'in_progress', retryAfterSeconds: 2 })
    first.end('over')
    await running
    expect(await patient).toBe('patient')
    expect(ran).toBe(false)
  })

  test('patience is for waiting: work that has begun may take longer', async () => {
    const lanes = createLanes()
    expect(await lanes.run('ada', () => Bun.sleep(30).then(() => 'slow'), 5)).toBe('slow')
    const first = held()
    const second = lanes.run('ada', first.work)
    const third = lanes.run('ada', () => Bun.sleep(30).then(() => 'second'), 20)
    first.end('first')
    expect(await Promise.all([second, third])).toEqual(['first', 'second'])
  })

  test('begins at once when it is free, before the caller goes on', () => {
    const lanes = createLanes()
    let begun = 0
    const promises = ['ada', 'grace'].map((user) => lanes.run(user, async () => begun++))
    return Promise.all(promises).then(() => expect(begun).toBe(2))
  })

  test('keeps no memory of users whose work is over', async () => {
    const lanes = createLanes()
    const users = Array.from({ length: 20_000 }, (_, index) => `user_${index}`)
    const all = () => Promise.all(users.map((user) => lanes.run(user, async () => user)))
    await all()
    Bun.gc(true)
    const before = process.memoryUsage().heapUsed
    for (let round = 0; round < 5; round++) {
      for (const [index] of users.entries()) await lanes.run(`round_${round}_${index}`, async () => index)
    }
    Bun.gc(true)
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(5_000_000)
  })
})
