import { expect, test } from 'bun:test'
import type { MoveOutcome, PlanMover } from '../../src/adapters/cli/program.ts'
import { runLine } from '../support/program.ts'

const price = (amount: number, currency = 'usd') => ({ price_id: 'price_1', amount, currency, interval: 'month' })
const result = (user_id: string, outcome: string, changes: Partial<MoveOutcome> = {}): MoveOutcome => ({
  user_id,
  outcome,
  detail: null,
  from: price(3_900),
  to: price(4_900),
  effective_at: '2026-12-22T10:56:08.000Z',
  amount_due_now: null,
  terms: [],
  ...changes,
})

function moving(...pages: readonly (readonly MoveOutcome[])[]) {
  const asked: unknown[] = []
  const move: PlanMover['move'] = async (wish) => {
    const results = pages[asked.length] ?? []
    asked.push(wish)
    return { results, next_cursor: asked.length < pages.length ? (results.at(-1)?.user_id ?? null) : null }
  }
  return { asked, openPlanMoves: async () => ({ move, close: async () => void asked.push('closed') }) }
}

test('plans move goes through all pages, with progress, and tells each outcome and what it comes to', async () => {
  const left = { detail: 'It ends on 2026-12-01.', to: null, effective_at: null }
  const { asked, openPlanMoves } = moving(
    [result('ann', 'planned'), result('bob', 'left', left)],
    [result('cy', 'planned')],
  )
  expect(await runLine('plans move price_1 pro_monthly', { openPlanMoves })).toMatchObject({
    code: 0,
    complaints: '2 customers done\n',
    out: [
      'planned     ann  39.00 USD/month → 49.00 USD/month on 2026-12-22',
      'left        bob  It ends on 2026-12-01.',
      'planned     cy   39.00 USD/month → 49.00 USD/month on 2026-12-22',
      '',
      '2 customers: 78.00 USD before, 98.00 USD after',
      '',
    ].join('\n'),
  })
  const wish = { from: 'price_1', to: 'pro_monthly', when: 'period_end', dryRun: false }
  expect(asked).toEqual([{ ...wish, cursor: null }, { ...wish, cursor: 'bob' }, 'closed'])
})

test('plans move ends with 1 when somebody was refused, and tells machines all of it', async () => {
  const refused = result('ann', 'refused', { detail: 'An invoice is unpaid.', from: null, to: null })
  const { asked, openPlanMoves } = moving([refused, result('bob', 'would_move', { amount_due_now: 500 })])
  const { code, out } = await runLine('plans move price_1 pro_monthly --at now --dry-run --json', { openPlanMoves })
  expect(code).toBe(1)
  expect(JSON.parse(out)).toMatchObject({
    dry_run: true,
    totals: { usd: { customers: 1, before: 3_900, after: 4_900, due_now: 500 } },
  })
  expect(asked).toEqual([{ from: 'price_1', to: 'pro_monthly', when: 'now', dryRun: true, cursor: null }, 'closed'])
})

test('plans move with a plan alone tells what each loses or gains of its terms', async () => {
  const terms = [
    { term: 'voice_call.included', before: 500, after: 400 },
    { term: 'spending_limit', before: null, after: 900 },
  ]
  const { asked, openPlanMoves } = moving([
    result('ann', 'would_move', { terms }),
    result('bob', 'left', { detail: 'It is planned already.' }),
  ])
  expect((await runLine('plans move pro_monthly --dry-run', { openPlanMoves })).out).toBe(
    [
      'would_move  ann  voice_call.included 500 → 400, spending_limit none → 900 on 2026-12-22',
      'left        bob  It is planned already.',
      '',
      '1 would_move, 1 left',
      '',
    ].join('\n'),
  )
  expect(asked).toEqual([{ from: null, to: 'pro_monthly', when: 'period_end', dryRun: true, cursor: null }, 'closed'])
})

test('plans move says when nobody is there, and how it is used', async () => {
  expect((await runLine('plans move price_1 pro_monthly', moving([]))).out).toBe('Nobody is on this price.\n')
  expect((await runLine('plans move', moving([]))).code).toBe(2)
  expect((await runLine('plans move pro_monthly', moving([]))).out).toBe(
    'Nobody is on other terms than those of today.\n',
  )
  expect((await runLine('plans move a b c', moving([]))).code).toBe(2)
  expect((await runLine('plans move a b --at noon', moving([]))).code).toBe(2)
})

test('plans move counts in the minor units that Stripe has, whatever people use', async () => {
  const crowns = { from: price(390_000, 'isk'), to: price(490_000, 'isk'), amount_due_now: 100_000 }
  const { out } = await runLine('plans move price_1 pro_monthly', moving([result('ann', 'moved', crowns)]))
  expect(out).toContain('3900.00 ISK/month → 4900.00 ISK/month on 2026-12-22, 1000.00 ISK due now')
})
