// Eight tabs of one user do different things at once, again and again, with the real SDK at the simulator: after each round
// what we tell is what Stripe shows.
//   bun run test:tabs [rounds]
//   bun run test:tabs [rounds] twin   a control that must fail: nobody waits for anybody
//   SEED=7 bun run test:tabs          another run
import { tryTabs } from '../support/tabs-trial.ts'
import { generator } from './orders/orders.ts'

const rounds = Number(process.argv[2] ?? 200)
const isTwin = process.argv.includes('twin')
const SHOWN = 5

const { acts, outcomes, wrong } = await tryTabs(rounds, generator(Number(process.env.SEED ?? 1)), isTwin)
for (const trouble of wrong.slice(0, SHOWN)) console.log(`FAILED  ${trouble}`)
for (const [outcome, count] of [...outcomes].sort()) console.log(`${String(count).padStart(6)}  ${outcome}`)
const faults = [...outcomes.keys()].filter((outcome) => outcome.includes('FAULT')).length
console.log(
  `${rounds} rounds with ${acts} acts, ${wrong.length} that did not end as Stripe stands, ${faults} kinds of faults`,
)
process.exit(wrong.length + faults > 0 ? 1 : 0)
