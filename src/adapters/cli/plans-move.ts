import { moneyText } from '../../domain/money.ts'
import { type Command, complain, DONE, FOUND_WRONG, JSON_OPTION, printJson, valueOfOption } from './command.ts'
import type { MoveOutcome, PlanMover } from './program.ts'
import type { Terminal } from './terminal.ts'

const MOMENTS = { renewal: 'period_end', now: 'now' } as const

export const plansMoveCommand: Command = {
  name: 'plans move',
  summary: 'Move customers to a price or the terms of today',
  description:
    'Whoever bought keeps his price and his terms when the catalogue changes. With FROM_PRICE this moves those who are on a\n' +
    'Stripe price to a plan of the catalogue or one of its prices: with their next period, or at once with a proration. With\n' +
    'a plan alone it moves those who bought it under earlier terms to its terms of today, at the price that they pay.\n' +
    '--dry-run tells who, how much, and what each loses or gains. Interrupted, the same command goes on where it stopped.\n' +
    'Customers who have planned an end or another change are left alone.',
  argument: {
    name: '[FROM_PRICE] TO',
    summary: 'The id of the price they are on, if it is the price; a plan, lookup key or price id',
    many: true,
  },
  options: [
    { name: 'at', value: 'WHEN', summary: 'renewal (the default) or now' },
    { name: 'dry-run', value: null, summary: 'Tell who would be moved, and change nothing' },
    JSON_OPTION,
  ],
  examples: [
    'speech-billing plans move price_1AbC pro_monthly --dry-run',
    'speech-billing plans move price_1AbC pro_monthly --at renewal',
    'speech-billing plans move pro_monthly --dry-run',
  ],
  async run(given, program, terminal) {
    const words = (valueOfOption(given, '[FROM_PRICE] TO') ?? '').split(' ').filter((word) => word !== '')
    const [to, from = null, ...more] = words.toReversed()
    const at = valueOfOption(given, 'at') ?? 'renewal'
    if (to === undefined || more.length > 0)
      return complain(
        terminal,
        'plans move',
        'it takes where to: a plan for its terms, or a price that they are on and where to from it.',
      )
    if (at !== 'renewal' && at !== 'now') return complain(terminal, 'plans move', '--at takes renewal or now.')
    const wish = { from, to, when: MOMENTS[at], dryRun: given['dry-run'] === true }
    const mover = await program.openPlanMoves()
    const results = await moveAll(wish, mover, terminal).finally(() => mover.close())
    if (given.json) printJson(terminal, { dry_run: wish.dryRun, results, totals: totalsOf(results) })
    else terminal.out(reportText(results, from))
    return results.some(({ outcome }) => outcome === 'refused') ? FOUND_WRONG : DONE
  },
}

type Wish = Omit<Parameters<PlanMover['move']>[0], 'cursor'>

async function moveAll(wish: Wish, mover: PlanMover, terminal: Terminal): Promise<readonly MoveOutcome[]> {
  const results: MoveOutcome[] = []
  let cursor: string | null = null
  do {
    const page = await mover.move({ ...wish, cursor })
    results.push(...page.results)
    cursor = page.next_cursor
    if (cursor !== null) terminal.complaints(`${results.length} customers done\n`)
  } while (cursor !== null)
  return results
}

/** What it comes to in each currency, of those who are or would be moved. */
function totalsOf(results: readonly MoveOutcome[]) {
  const totals = new Map<string, { customers: number; before: number; after: number; due_now: number }>()
  for (const { outcome, from, to, amount_due_now } of results) {
    if (outcome === 'left' || outcome === 'refused' || !from?.currency) continue
    const total = totals.get(from.currency) ?? { customers: 0, before: 0, after: 0, due_now: 0 }
    totals.set(from.currency, {
      customers: total.customers + 1,
      before: total.before + (from.amount ?? 0),
      after: total.after + (to?.amount ?? 0),
      due_now: total.due_now + (amount_due_now ?? 0),
    })
  }
  return Object.fromEntries(totals)
}

function reportText(results: readonly MoveOutcome[], from: string | null): string {
  if (results.length === 0)
    return from === null ? 'Nobody is on other terms than those of today.\n' : 'Nobody is on this price.\n'
  const width = Math.max(...results.map(({ user_id }) => user_id.length))
  const lines = results.map(
    (result) => `${result.outcome.padEnd(10)}  ${result.user_id.padEnd(width)}  ${wordsFor(result)}`,
  )
  const totals = Object.entries(totalsOf(results)).map(
    ([currency, { customers, before, after, due_now }]) =>
      `${customers} customers: ${moneyText(before, currency)} before, ${moneyText(after, currency)} after` +
      `${due_now === 0 ? '' : `, ${moneyText(due_now, currency)} due now`}`,
  )
  const sums = from === null ? [countsText(results)] : totals
  return `${[...lines, '', ...sums].join('\n').trimEnd()}\n`
}

/** Who keeps his price pays as before: there is nothing to add up but heads. */
function countsText(results: readonly MoveOutcome[]): string {
  const byOutcome = Map.groupBy(results, ({ outcome }) => outcome)
  return [...byOutcome].map(([outcome, { length }]) => `${length} ${outcome}`).join(', ')
}

function termsText(terms: MoveOutcome['terms']): string {
  return terms.map(({ term, before, after }) => `${term} ${before ?? 'none'} → ${after ?? 'none'}`).join(', ')
}

function wordsFor({ detail, from, to, effective_at, amount_due_now, terms }: MoveOutcome): string {
  if (detail !== null) return detail
  const prices = terms.length > 0 ? termsText(terms) : `${priceText(from)} → ${priceText(to)}`
  const when = effective_at === null ? '' : ` on ${effective_at.slice(0, 10)}`
  return `${prices}${when}${amount_due_now ? `, ${moneyText(amount_due_now, to?.currency ?? '')} due now` : ''}`
}

function priceText(price: MoveOutcome['from']): string {
  if (price?.amount == null || price.currency === null) return price?.price_id ?? '?'
  return `${moneyText(price.amount, price.currency)}/${price.interval}`
}
