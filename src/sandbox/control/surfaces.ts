import type { Database } from 'bun:sqlite'
import type { FaultBook } from '../faults/book.ts'
import type { HeldKeys } from '../faults/held-keys.ts'
import { fields, text } from '../http/decode.ts'
import { Failure } from '../http/failure.ts'
import type { Match } from '../http/route.ts'
import type { RequestLog } from '../request-log.ts'
import { keepingConnection } from '../resources/connection.ts'
import { resend } from '../resources/events.ts'
import { arrivedEvents } from '../store/arrivals.ts'
import { listSnapshots, restoreSnapshot, takeSnapshot } from '../store/snapshots.ts'
import type { Turn } from '../turn.ts'
import { answering, sentTo } from './body.ts'
import { expectEvent } from './expect.ts'
import { answerFaults } from './faults.ts'
import { filteredRequests } from './request-filter.ts'
import { seed } from './seed.ts'

export interface SurfacePorts {
  readonly database: Database
  readonly turn: () => Turn
  readonly change: <T>(work: (turn: Turn) => T) => Promise<T>
  readonly find: (method: string, path: string) => Match | undefined
  readonly faults: FaultBook
  readonly held: HeldKeys
  readonly requests: RequestLog['entries']
}

/** The parts of /_sim that steer a test: faults, waiting for events, the request log, snapshots, seeds. */
export function answerSurface(ports: SurfacePorts, request: Request, url: URL): Promise<Response> | undefined {
  const [, area, id = '', verb] = url.pathname.slice(1).split('/')
  if (area === 'faults') return answerFaults(ports.faults, request, id)
  if (request.method === 'GET') return reading(ports, area, url)
  if (request.method !== 'POST') return undefined
  switch (area) {
    case 'events':
      return verb === 'resend' ? resending(ports, request, id) : undefined
    case 'snapshot':
      return answering(async () => snapshot(ports, nameOf(await sentTo(request))))
    case 'restore':
      return answering(async () => restore(ports, nameOf(await sentTo(request))))
    case 'seed':
      return answering(async () => {
        const sent = await sentTo(request)
        return ports.change((turn) => seed(turn, ports.find, sent))
      })
    default:
      return undefined
  }
}

function reading(ports: SurfacePorts, area: string | undefined, url: URL): Promise<Response> | undefined {
  if (area === 'expect') return answering(() => expectEvent(ports.turn, url))
  if (area === 'events')
    return answering(() => ({ data: arrivedEvents(ports.database, url.searchParams.get('after')) }))
  if (area === 'requests') return answering(() => ({ data: filteredRequests(ports.requests(), url) }))
  if (area === 'snapshots') return answering(() => ({ data: listSnapshots(ports.database) }))
  return undefined
}

const naming = fields({ name: text })
const nameOf = (sent: Parameters<typeof naming>[0]) => naming(sent, '').name ?? 'default'

async function snapshot(ports: SurfacePorts, name: string): Promise<object> {
  return { name, rows: await ports.change(() => takeSnapshot(ports.database, name)) }
}

/** The application may have moved since: its endpoint stays where it is now. */
async function restore(ports: SurfacePorts, name: string): Promise<object> {
  const found = await ports.change((turn) => {
    let restored = false
    keepingConnection(turn, () => {
      restored = restoreSnapshot(ports.database, name)
    })
    return restored
  })
  if (!found) throw new Failure(404, { type: 'invalid_request_error', message: `There is no snapshot '${name}'.` })
  return { name }
}

function resending(ports: SurfacePorts, request: Request, id: string): Promise<Response> {
  return answering(async () => {
    const sent = fields({ webhook_endpoint: text })(await sentTo(request), '')
    return ports.change((turn) => resend(turn, sent, id))
  })
}
