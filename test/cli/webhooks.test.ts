import { beforeEach, describe, expect, test } from 'bun:test'
import { deskOf } from '../../src/composition/inbox-desk.ts'
import { type MemoryPorts, memoryPorts, TEST_START } from '../support/memory-ports.ts'
import { runLine } from '../support/program.ts'

let ports: MemoryPorts
let open: number

beforeEach(async () => {
  ports = memoryPorts()
  open = 0
  for (const id of ['evt_1', 'evt_2', 'evt_3'])
    await ports.inbox.receive(
      {
        id,
        type: 'invoice.paid',
        objectType: 'invoice',
        objectId: `in_${id}`,
        customerId: 'cus_1',
        paymentIntentId: null,
        livemode: false,
        account: null,
        apiVersion: '2026-10-28.endive',
        createdAt: TEST_START,
      },
      new TextEncoder().encode(`{"id":"${id}"}`),
      TEST_START,
    )
  await ports.inbox.fail('evt_1', 'it is of a shape that nobody understands', null)
  await ports.inbox.fail('evt_3', 'no such thing', null)
})

const run = (line: string) =>
  runLine(line, {
    openInbox: async () => {
      open += 1
      return deskOf(ports, async () => {
        open -= 1
      })
    },
  })

describe('webhooks list', () => {
  test('tells where events stand and why, the latest first', async () => {
    const { code, out } = await run('webhooks list')
    expect(code).toBe(0)
    expect(out.match(/in_evt_\d/g)).toEqual(['in_evt_3', 'in_evt_2', 'in_evt_1'])
    expect(out).toContain('it is of a shape that nobody understands')
    expect(open).toBe(0)
  })

  test('picks by state, type, customer and object, and goes on by the cursor', async () => {
    const ids = async (line: string) => JSON.parse((await run(`webhooks list --json ${line}`)).out)
    expect((await ids('--state dead')).events.map(({ id }: { id: string }) => id)).toEqual(['evt_3', 'evt_1'])
    expect((await ids('--object in_evt_2 --customer cus_1 --type invoice.paid')).events).toHaveLength(1)
    expect((await ids('--customer cus_2')).events).toEqual([])
    const first = await ids('--limit 2')
    expect((await ids(`--limit 2 --cursor ${first.next_cursor}`)).events).toMatchObject([{ id: 'evt_1' }])
  })

  test('wants a state that there is, and a page of sensible size', async () => {
    expect(await run('webhooks list --state lost')).toMatchObject({
      code: 2,
      complaints: expect.stringMatching(/dead/),
    })
    expect((await run('webhooks list --limit 0')).code).toBe(2)
    expect((await run('webhooks list --limit 101')).code).toBe(2)
  })
})

test('what makes no sense is a wrong use, told by the option that it stands under', async () => {
  for (const [line, words] of [
    ['list --cursor abc', '--cursor is not one that'],
    ['list --type Invoice-paid', '--type must be an event type'],
    ['list --customer cus/1', '--customer and --object take an id'],
    ['show cus_1', 'ID is that of an event'],
    ['replay cus_1', '"cus_1" is no id of an event'],
    [`replay evt_1 --reason ${'x'.repeat(501)}`, '--reason takes a text of 1 to 500 characters'],
  ] as const)
    expect(await run(`webhooks ${line}`)).toMatchObject({ code: 2, complaints: expect.stringContaining(words) })
  expect(open).toBe(0)
})

describe('webhooks show', () => {
  test('prints what came of an event, and its body', async () => {
    const { code, out } = await run('webhooks show evt_1')
    expect(code).toBe(0)
    expect(out).toMatch(/dead[\s\S]*nobody understands[\s\S]*in_evt_1[\s\S]*"id": "evt_1"/)
  })

  test('of one that never came is refused in words', async () => {
    expect(await run('webhooks show evt_9')).toMatchObject({ code: 1, complaints: expect.stringMatching(/no event/) })
    expect(open).toBe(0)
  })
})

describe('webhooks replay', () => {
  test('puts events back, and tells which are not there', async () => {
    const { code, out, complaints } = await run('webhooks replay evt_1 evt_9')
    expect([code, out, complaints]).toEqual([1, '1 event was put back.\n', 'Not in the inbox: evt_9\n'])
    expect((await ports.inbox.due(TEST_START, 10)).map(({ event }) => event.id)).toEqual(['evt_1', 'evt_2'])
    expect((await ports.records.auditLog(10, null)).items).toMatchObject([
      { actor: 'operator:command-line', action: 'event-replayed', detail: 'Event evt_1' },
    ])
  })

  test('puts all dead letters back', async () => {
    const { out } = await run('webhooks replay --dead --json')
    expect(JSON.parse(out)).toEqual({ replayed: ['evt_3', 'evt_1'], unknown: [] })
    expect(JSON.parse((await run('webhooks replay --dead --json')).out)).toEqual({ replayed: [], unknown: [] })
  })

  test('wants either ids or --dead', async () => {
    expect((await run('webhooks replay')).code).toBe(2)
    expect((await run('webhooks replay evt_1 --dead')).code).toBe(2)
  })
})
