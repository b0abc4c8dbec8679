// Plants differences of every kind between what we have and what Stripe (the simulator) has, and looks whether a comparison
// finds each and no other, mends them all, and then finds none; then lets life go on at Stripe, follows it by events, and
// looks whether a comparison is silent every time.
//   bun run test:drift [differences] [clean runs]        500 and 1,000 where nothing is said
//   bun run test:drift [differences] [clean runs] twin   a control that must fail: one-time payments are not compared, and
//                                                        what comes of some deeds reaches us by no event
import { openDriftWorld, withoutPayments } from '../support/drift-world.ts'
import { liveOn } from '../support/life-goes-on.ts'
import { nameOf, plant } from '../support/planted-drift.ts'

const numbers = process.argv.slice(2).map(Number).filter(Number.isSafeInteger)
const [differences, runs] = [numbers[0] ?? 500, numbers[1] ?? 1_000]
const isTwin = process.argv.includes('twin')
const seed = Number(process.env.SEED ?? 1)
const SHOWN = 5
const LIVELY_USERS = 21
let wrong = 0

const world = await openDriftWorld(Math.max(21, Math.ceil(differences / 2)), seed)
const over = isTwin ? withoutPayments : undefined

const planted = (await plant(world, differences)).map(nameOf)
const kinds = new Set(planted.map((name) => name.split(' ')[0]))
console.log(`${planted.length} differences of ${kinds.size} kinds are planted`)
const found = await world.take(false, over)
compare('found', found.names, planted)
const mended = await world.take(true, over)
compare('mended', mended.mended, planted)
compare('found after that', (await world.take(false, over)).names, [])
await world.settleMeters()
compare('found once the meters have settled', (await world.take(false, over)).names, [])
console.log(`${found.report.drift.map(({ amount, currency }) => `${amount} ${currency}`).join(', ')} hung on them`)

await world.close()

const lively = await openDriftWorld(LIVELY_USERS, seed + 1)
let alarms = 0
for (let run = 1; run <= runs; run++) {
  const deed = await liveOn(lively)
  if (!(isTwin && deed === 'upgrade')) await lively.follow()
  const { names } = await lively.take(false, over)
  if (names.length > 0) alarms += 1
  if (names.length > 0 && alarms <= SHOWN) console.log(`FAILED  after ${deed}: ${names.join(', ')}`)
  if (run % 100 === 0) console.log(`${run} of ${runs} clean runs, ${alarms} alarms`)
}
console.log(`${planted.length} planted, ${wrong} wrongly told or mended; ${runs} clean runs, ${alarms} false alarms`)
await lively.close()
process.exit(wrong + alarms + world.failures() + lively.failures() > 0 ? 1 : 0)

function compare(what: string, told: readonly string[], wanted: readonly string[]): void {
  const missing = wanted.filter((name) => !told.includes(name))
  const surplus = told.filter((name) => !wanted.includes(name))
  wrong += missing.length + surplus.length
  console.log(`${told.length} ${what}, ${missing.length} missing, ${surplus.length} too many`)
  for (const name of missing.slice(0, SHOWN)) console.log(`FAILED  not ${what}: ${name}`)
  for (const name of surplus.slice(0, SHOWN)) console.log(`FAILED  wrongly ${what}: ${name}`)
}
