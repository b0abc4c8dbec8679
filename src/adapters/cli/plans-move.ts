import { type Command, complain, DONE, FOUND_WRONG, JSON_OPTION, printJson, valueOfOption } from './command.ts'
import type { MoveOutcome, Program } from './program.ts'
import type { Terminal } from './terminal.ts'

const MOMENTS = { renewal: 'period_end', now: 'now' } as const

export const plansMoveCommand: Command = {
  name: 'plans move',
  summary: 'Move customers from one price to another',
  description:
    'Whoever bought keeps his price when the catalogue changes. This moves those who are on a Stripe price to a plan of the\n' +
    'catalogue or one of its prices: with their next period, or at once with a proration. --dry-run tells who and how much. The\n' +
    'running server does it; interrupted, the same command goes on where it stopped. Customers who have planned an end or\n' +
    'another change are left alone.',
  argument: {
    name: 'FROM_PRICE TO',
    summary: 'The id of the price they are on; a plan, lookup key or price id',
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
  ],
  async run(given, program, terminal) {
    const [from, to, ...more] = (valueOfOption(given, 'FROM_PRICE TO') ?? '').split(' ').filter((word) => word !== '')
    const at = valueOfOption(given, 'at') ?? 'renewal'
    if (from === undefined || to === undefined || more.length > 0)
      return complain(terminal, 'plans move', 'it takes two things: the price that they are on, and where to.')
    if (at !== 'renewal' && at !== 'now') return complain(terminal, 'plans move', '--at takes renewal or now.')
    const wish = { from, to, when: MOMENTS[at], dryRun: given['dry-run'] === true }
    const results = await moveAll(wish, program, terminal)
    if (given.json) printJson(terminal, { dry_run: wish.dryRun, results, totals: totalsOf(results) })
    else terminal.out(reportText(results))
    return results.some(({ outcome }) => outcome === 'refused') ? FOUND_WRONG : DONE
  },
}

type Wish = Omit<Parameters<Program['movePlans']>[0], 'cursor'>

async function moveAll(wish: Wish, program: Program, terminal: Terminal): Promise<readonly MoveOutcome[]> {
  const results: MoveOutcome[] = []
  let cursor: string | null = null
  do {
    const page = await program.movePlans({ ...wish, cursor })
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

function reportText(results: readonly MoveOutcome[]): string {
  if (results.length === 0) return 'Nobody is on this price.\n'
  const width = Math.max(...results.map(({ user_id }) => user_id.length))
  const lines = results.map(
    (result) => `${result.outcome.padEnd(10)}  ${result.user_id.padEnd(width)}  ${wordsFor(result)}`,
  )
  const totals = Object.entries(totalsOf(results)).map(
    ([currency, { customers, before, after, due_now }]) =>
      `${customers} customers: ${money(before, currency)} before, ${money(after, currency)} after` +
      `${due_now === 0 ? '' : `, ${money(due_now, currency)} due now`}`,
  )
  return `${[...lines, '', ...totals].join('\n').trimEnd()}\n`
}

function wordsFor({ detail, from, to, effective_at, amount_due_now }: MoveOutcome): string {
  if (detail !== null) return detail
  const prices = `${priceText(from)} → ${priceText(to)}`
  const when = effective_at === null ? '' : ` on ${effective_at.slice(0, 10)}`
  return `${prices}${when}${amount_due_now ? `, ${money(amount_due_now, to?.currency ?? '')} due now` : ''}`
}

function priceText(price: MoveOutcome['from']): string {
  if (price?.amount == null || price.currency === null) return price?.price_id ?? '?'
  return `${money(price.amount, price.currency)}/${price.interval}`
}

/** In the currency's own minor units: some have none, some three digits. */
function money(amount: number, currency: string): string {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency: currency || 'usd' })
  return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2))
}
