import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DriftReport } from '../../src/domain/drift.ts'
import { adoptCustomers } from '../../src/usecases/adopt-customers.ts'
import { memoryPorts } from '../support/memory-ports.ts'
import { runLine } from '../support/program.ts'

const folder = mkdtempSync(join(tmpdir(), 'speech-billing-adopt-'))
afterAll(() => rmSync(folder, { recursive: true }))

const COMPARED = { customers: 2, subscriptions: 1, invoices: 3, payments: 0, refunds: 0, disputes: 0, meters: 4 }
const CLEAN: DriftReport = {
  startedAt: 0,
  finishedAt: 1_000,
  repair: false,
  compared: COMPARED,
  foreign: { customers: 0, subscriptions: 0, invoices: 0, payments: 0, named: [] },
  total: 0,
  left: 0,
  byKind: {},
  drift: [],
  differences: [],
}
const ONE = {
  ...CLEAN,
  total: 1,
  left: 1,
  byKind: { subscription_status: 1 },
  drift: [{ currency: 'usd', amount: 3_900 }],
  differences: [
    {
      kind: 'subscription_status',
      user: 'ann',
      customerId: 'cus_1',
      objectId: 'sub_1',
      here: 'status active',
      atStripe: 'status canceled',
      meaning: 'We grant what Stripe does not.',
      amount: 3_900,
      currency: 'usd',
      outcome: 'left',
    },
  ],
} as const satisfies DriftReport
const MENDED = {
  ...ONE,
  repair: true,
  left: 0,
  differences: ONE.differences.map((difference) => ({ ...difference, outcome: 'mended' as const })),
}

const reconcile = (report: DriftReport, options = '') =>
  runLine(`reconcile${options}`, {
    reconcile: async (wish, tell) => {
      expect(wish.repair).toBe(report.repair)
      tell({ step: 'customers', compared: COMPARED, differences: 0 })
      return report
    },
  })

describe('reconcile', () => {
  test('says that nothing differs, with 0', async () => {
    const { code, out, complaints } = await reconcile(CLEAN)
    expect([code, complaints]).toEqual([0, ''])
    expect(out).toBe(
      'Compared: 2 customers, 1 subscription, 3 invoices, 0 payments, 0 refunds, 0 disputes, 4 meters.\nNothing differs.\n',
    )
  })

  test('names what differs, in words and in money, with 1', async () => {
    const { code, out } = await reconcile(ONE)
    expect(code).toBe(1)
    expect(out).toStartWith(
      'differs  subscription status  ann  sub_1  39.00 USD\n  here       status active\n  at Stripe  status canceled\n  We grant what Stripe does not.\n',
    )
    expect(out).toEndWith('1 difference. The money that hangs on it: 39.00 USD. --repair mends what can be mended.\n')
  })

  test('offers to mend only what it could', async () => {
    const [difference] = ONE.differences
    const double = { ...ONE, byKind: { two_live_subscriptions: 1 } }
    const { code, out } = await reconcile({
      ...double,
      differences: [{ ...difference, kind: 'two_live_subscriptions' }],
    })
    expect([code, out.split('\n').at(-2)]).toEqual([
      1,
      '1 difference, for you to decide. The money that hangs on it: 39.00 USD.',
    ])
  })

  test('that mended everything ends with 0', async () => {
    const { code, out } = await reconcile(MENDED, ' --repair')
    expect([code, out.split('\n').at(-2)]).toEqual([0, '1 difference, mended. 39.00 USD hung on it.'])
  })

  test('that left something to be decided ends with 1', async () => {
    const { code, out } = await reconcile({ ...ONE, repair: true }, ' --repair')
    expect([code, out]).toEqual([1, expect.stringContaining('1 difference, left for you to decide')])
  })

  test('names whom it does not know, and does not count them', async () => {
    const foreign = { customers: 1, subscriptions: 2, invoices: 0, payments: 0, named: ['cus_x'] }
    const { code, out } = await reconcile({ ...CLEAN, foreign })
    expect([code, out]).toEqual([
      0,
      expect.stringContaining('No drift, since nobody here has them: 1 customer (cus_x), 2 subscriptions, 0 invoices'),
    ])
  })

  test('is JSON for machines', async () => {
    const { code, out } = await reconcile(ONE, ' --json')
    expect([code, JSON.parse(out)]).toMatchObject([
      1,
      { total: 1, differences: [{ user_id: 'ann', at_stripe: 'status canceled' }] },
    ])
  })
})

describe('stripe adopt', () => {
  let files = 0
  async function adopt(content: string, options = '') {
    const ports = memoryPorts()
    for (let index = 0; index < 50; index++) ports.stripe.customers.set(`cus_${index}`, '')
    const batches: number[] = []
    const file = join(folder, `${++files}.txt`)
    await Bun.write(file, content)
    const said = await runLine(`stripe adopt ${file}${options}`, {
      openAdoption: async () => ({
        adopt: (batch) => {
          batches.push(batch.adoptions.length)
          return adoptCustomers(ports, { ...batch, operator: 'operator:command-line' })
        },
        close: async () => {},
      }),
    })
    return { ...said, batches, ports }
  }

  test('takes each line by itself and says which it refused, with 1', async () => {
    const { code, out, complaints } = await adopt(
      'user_id,customer_id\nann,cus_1\nbob,cus_1\neve,cus_none\na b,cus_2\nzoe,in_1\nann,cus_1\n',
    )
    expect(code).toBe(1)
    expect(complaints.split('\n').map((line) => line.split(':')[0])).toEqual([
      'line 3',
      'line 4',
      'line 5',
      'line 6',
      '',
    ])
    expect(out).toStartWith('1 adopted, 1 known before, 4 refused\n')
  })

  test('wants both columns in the first line, and says once what it found', async () => {
    const { code, complaints, batches } = await adopt('id,email\ncus_1,a@example.com\ncus_2,b@example.com\n')
    expect([code, batches]).toEqual([2, []])
    expect(complaints).toMatch(/must name the columns user_id, customer_id, .* It is: id,email\n/)
  })

  test('takes lines of JSON, in batches that are answered in time', async () => {
    const lines = Array.from({ length: 45 }, (_, index) =>
      JSON.stringify({ user_id: `user_${index}`, customer_id: `cus_${index}` }),
    )
    const { code, out, batches } = await adopt(lines.join('\n'), ' --json')
    expect([code, batches]).toEqual([0, [20, 20, 5]])
    expect(JSON.parse(out)).toMatchObject({
      lines: 45,
      adopted: 45,
      known: 0,
      refused: 0,
      refusals: [],
      subscriptions: 0,
    })
  })

  test('only says what it would do, when asked to', async () => {
    const { out, ports } = await adopt('user_id,customer_id\nann,cus_1\n', ' --dry-run')
    expect(out).toStartWith('Nothing was adopted. It would be: 1 adopted')
    expect((await ports.ledger.account('ann', {})).customerId).toBeNull()
  })

  test('foresees what stands twice in the file as it would come out', async () => {
    const content = 'user_id,customer_id\nann,cus_1\nann,cus_1\nbob,cus_1\nann,cus_2\nbob,cus_2\n'
    const filler = Array.from({ length: 20 }, (_, index) => `user_${index},cus_${10 + index}\n`).join('')
    const lines = `${content}${filler}eve,cus_29\n`
    const [foreseen, done] = [await adopt(lines, ' --dry-run'), await adopt(lines)]
    expect(done.out).toStartWith('22 adopted, 1 known before, 3 refused\n')
    expect(foreseen.out).toStartWith('Nothing was adopted. It would be: 22 adopted, 1 known before, 3 refused\n')
    const numbers = ({ complaints }: typeof done) => complaints.match(/line \d+/g)
    expect(numbers(foreseen)).toEqual(numbers(done))
  })

  test('is used wrongly without a file, or with one that is not there', async () => {
    expect((await runLine('stripe adopt', {})).code).toBe(2)
    expect((await runLine('stripe adopt /nowhere/at/all.csv', {})).code).toBe(2)
  })
})
