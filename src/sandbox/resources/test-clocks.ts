import { depart, dissolve } from '../engine/test-clocks.ts'
import { create } from '../events/record.ts'
import { fields, integer, need, type Parameters, text } from '../http/decode.ts'
import { listing, paging } from '../http/listing.ts'
import { route } from '../http/route.ts'
import { freshId } from '../identifiers.ts'
import { retrieve, type Turn } from '../turn.ts'
import type { TestClock } from '../wire.ts'

const kind = 'test_helpers.test_clock'
const path = '/v1/test_helpers/test_clocks'
const creation = { frozen_time: integer, name: text }
const lifetime = 30 * 86_400

export const testClockRoutes = [
  route('POST', path, fields(creation), createClock),
  route('GET', path, fields(paging), (turn, sent) => listing(turn, kind, path, sent)),
  route('GET', `${path}/:id`, fields({}), (turn, _sent, id) => retrieve(turn, kind, id, 'test_clock')),
  route('DELETE', `${path}/:id`, fields({}), (turn, _sent, id) => {
    dissolve(turn, retrieve(turn, kind, id, 'test_clock'))
    return { id, object: kind, deleted: true }
  }),
  route('POST', `${path}/:id/advance`, fields({ frozen_time: integer }), (turn, sent, id) =>
    depart(turn, retrieve(turn, kind, id, 'test_clock'), need(sent.frozen_time, 'frozen_time')),
  ),
]

function createClock(turn: Turn, sent: Parameters<typeof creation>): TestClock {
  const now = turn.now()
  const frozen = need(sent.frozen_time, 'frozen_time')
  const clock: TestClock = {
    id: freshId('clock'),
    object: kind,
    created: now,
    deletes_after: now + lifetime,
    frozen_time: frozen,
    livemode: false,
    name: sent.name ?? null,
    status: 'ready',
    status_details: {},
  }
  turn.store.clocks.add(clock.id, frozen)
  return create(turn, kind, clock, 'test_helpers.test_clock.created')
}
