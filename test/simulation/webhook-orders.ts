// Delivers the events of several lives, recorded from the simulator, in every order and in random orders with copies, while
// Stripe itself goes on, and looks whether all end in one and the same state, which is Stripe's: by the way that the program
// takes, which believes the events that prove themselves, and by looking at Stripe for each.
//   bun run test:orders [orders] [events]        random orders of twelve (200), and events of which all orders are tried (5, at most 7)
//   bun run test:orders [orders] [events] twin   a control that must fail: the payload that arrives last wins
//   bun run test:orders [orders] [events] twice  another: whether an event was applied is not asked in the step that applies it
import { LIVES, type Life, type LifeEvent, recordLife } from '../support/lives.ts'
import { doubled, generator, inOrder, type Order, permutationsOf, randomOrder, tellingEvents } from './orders/orders.ts'
import { type Counts, createPlayer, type Way } from './orders/playing.ts'

const MOST_PERMUTED = 7
const AT_RANDOM = 12
const SHOWN = 5
const TOLD_EVERY = 20_000

const numbers = process.argv.slice(2).map(Number).filter(Number.isSafeInteger)
const randomOrders = numbers[0] ?? 200
const permuted = Math.min(numbers[1] ?? 5, MOST_PERMUTED)
const control = (['twin', 'twice'] as const).find((way) => process.argv.includes(way))
const ways: readonly Way[] = control ? [control] : ['by payload', 'by look']
const random = generator(Number(process.env.SEED ?? 1))
const counts: Counts = new Map()
const play = createPlayer(counts)
let [orders, deliveries, wrong] = [0, 0, 0]

for (const name of LIVES) {
  const life = await recordLife(name)
  const before = { orders, wrong }
  // Where everything comes as it came about, the controls must be right too: what they get wrong elsewhere is the order.
  const expected = new Map<Way, string>()
  for (const way of ways) expected.set(way, await endingOf(life, inOrder(life.events), way))
  if (new Set(expected.values()).size > 1) report(life, inOrder(life.events), 'both', 'the two ways end in two states')
  for (const permutation of permutationsOf(tellingEvents(life.events, permuted)))
    for (const events of [permutation, doubled(permutation, random)]) await check(life, inOrder(events), expected)
  const atRandom = tellingEvents(life.events, AT_RANDOM)
  for (let index = 0; index < randomOrders / LIVES.length; index++)
    await check(life, randomOrder(life, atRandom, random), expected)
  const counted = `${life.events.length} events, ${(orders - before.orders).toLocaleString('en')} orders`
  const { status, plan_name } = life.truth.status
  console.log(`${name} (ends ${status} on ${plan_name}): ${counted}, ${wrong - before.wrong} wrong`)
}
for (const [way, { told, looked }] of counts)
  console.log(
    `${way}: ${told.toLocaleString('en')} events were believed, for ${looked.toLocaleString('en')} Stripe was looked at`,
  )
console.log(
  `${orders.toLocaleString('en')} orders with ${deliveries.toLocaleString('en')} deliveries, ${wrong.toLocaleString('en')} that did not end as Stripe stands`,
)
if (control === undefined && ![...counts.values()].every(({ looked }) => looked > 0))
  throw new Error('Nothing was looked at.')
if (control === undefined && (counts.get('by payload')?.told ?? 0) === 0) throw new Error('No event was ever believed.')
process.exit(wrong > 0 ? 1 : 0)

async function endingOf(life: Life, order: Order, way: Way): Promise<string> {
  const { told, trouble } = await play(life, order, way)
  if (trouble !== null) report(life, order, way, trouble)
  return told
}

async function check(life: Life, order: Order, expected: ReadonlyMap<Way, string>): Promise<void> {
  for (const way of ways) {
    orders += 1
    deliveries += order.deliveries.length
    const { told, trouble } = await play(life, order, way)
    if (trouble !== null) report(life, order, way, trouble)
    else if (told !== expected.get(way)) report(life, order, way, `another state than in the order of events: ${told}`)
    if (orders % TOLD_EVERY === 0) console.log(`${orders.toLocaleString('en')} orders, ${wrong} wrong`)
  }
}

function report(
  life: Life,
  { deliveries: sent, linkedBefore, chapter }: Order,
  way: Way | 'both',
  trouble: string,
): void {
  wrong += 1
  if (wrong > SHOWN) return
  const types = sent.map(({ event }: LifeEvent, index) => `${event.type} (${chapter(index)})`).join(', ')
  console.log(`FAILED  ${life.name}, ${way}, linked before delivery ${linkedBefore}: ${types}\n        ${trouble}`)
}
