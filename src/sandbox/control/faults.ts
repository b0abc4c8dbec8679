import type { FaultBook } from '../faults/book.ts'
import { faultOf, faultParameters } from '../faults/fault.ts'
import { freshId } from '../identifiers.ts'
import { answering, sentTo } from './body.ts'

/** /_sim/faults: POST adds one, GET lists those that stand, DELETE ends all (or /_sim/faults/:id the one). */
export function answerFaults(faults: FaultBook, request: Request, id: string): Promise<Response> | undefined {
  if (request.method === 'GET') return answering(() => ({ data: faults.list() }))
  if (request.method === 'POST') {
    return answering(async () => faults.add(faultOf(faultParameters(await sentTo(request), ''), freshId('fault'))))
  }
  if (request.method !== 'DELETE') return undefined
  return answering(() => {
    faults.clear(id === '' ? undefined : id)
    return { data: faults.list() }
  })
}
