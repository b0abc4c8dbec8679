import { fields, integer, need, type Parameters, text } from '../http/decode.ts'
import { Failure } from '../http/failure.ts'
import { parseForm } from '../http/form.ts'
import { present } from '../present.ts'
import type { Turn } from '../turn.ts'
import type { StoredEvent } from '../wire.ts'

const spec = { type: text, after: text, object: text, customer: text, timeout_ms: integer }
type Wish = Parameters<typeof spec>

const longestMs = 25_000
const pauseMs = 10

/**
 * Waits until an event of a type exists, and answers with the oldest one that fits: after another event, about an
 * object, of a customer. A test that waits this way needs no sleeping.
 */
export async function expectEvent(turn: () => Turn, url: URL): Promise<object> {
  const wish = fields(spec)(parseForm(url.search.slice(1)), '')
  const type = need(wish.type, 'type')
  const end = Date.now() + Math.min(wish.timeout_ms ?? 10_000, longestMs)
  for (;;) {
    const found = oldest(turn(), type, wish)
    if (found) return present(turn(), found)
    if (Date.now() >= end) throw tooLate(type)
    await Bun.sleep(pauseMs)
  }
}

function oldest(turn: Turn, type: string, wish: Wish): StoredEvent | undefined {
  const after = wish.after === undefined ? undefined : turn.store.objects.position('event', wish.after)?.sequence
  const accept = (event: StoredEvent) =>
    (wish.object === undefined || fieldOf(event, 'id') === wish.object) &&
    (wish.customer === undefined ||
      fieldOf(event, 'customer') === wish.customer ||
      fieldOf(event, 'id') === wish.customer)
  return turn.store.objects.first('event', { lookup: type, arrivedAfter: after, oldestFirst: true }, 1, accept)[0]
}

function fieldOf(event: StoredEvent, name: string): unknown {
  const { object } = event.data
  return typeof object === 'object' && object !== null
    ? Object.entries(object).find(([key]) => key === name)?.[1]
    : null
}

const tooLate = (type: string) =>
  new Failure(408, { type: 'api_error', message: `No event ${type} has come about in the time given.` })
