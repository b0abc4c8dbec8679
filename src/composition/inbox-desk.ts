import { askServer } from '../adapters/process/ask-server.ts'
import type { Ports } from '../ports.ts'
import {
  type EventsRequest,
  listEvents,
  replayDeadEvents,
  replayEvents,
  showEvent,
} from '../usecases/webhook-events.ts'
import { COMMAND_LINE } from './stripe-commands.ts'

/** The inbox for whoever sits at the command line. */
export type Desk = ReturnType<typeof deskOf>

type Inbox = Pick<Ports, 'eventLog' | 'clock' | 'newId'>

/** The inbox of books that this process holds itself. */
export function deskOf(ports: Inbox, close: () => Promise<void>) {
  return {
    list: (request: EventsRequest) => listEvents(ports, request),
    show: (eventId: string) => showEvent(ports, eventId),
    replay: (events: readonly string[] | 'dead', reason: string | null) =>
      events === 'dead'
        ? replayDeadEvents(ports, { operator: COMMAND_LINE, reason })
        : replayEvents(ports, events, { operator: COMMAND_LINE, reason }),
    close,
  }
}

/** What a running server does for the desk of another process. It is this program itself that asks, and has checked. */
export function deskCommands(ports: Inbox, onReplayed: () => void) {
  const desk = deskOf(ports, async () => {})
  return {
    'webhooks-list': (request: unknown) => desk.list(request as EventsRequest),
    'webhooks-show': (eventId: unknown) => desk.show(String(eventId)),
    'webhooks-replay': async (wish: unknown) => {
      const { events, reason } = wish as { readonly events: readonly string[] | 'dead'; readonly reason: string | null }
      const outcome = await desk.replay(events, reason)
      onReplayed()
      return outcome
    },
  }
}

/** The desk of the server that listens there; null when none does. */
export async function deskOfServer(socket: string): Promise<Desk | null> {
  if (!(await askServer(socket, 'health', null)).answered) return null
  // The server is this program itself.
  const ask = async <R>(command: keyof ReturnType<typeof deskCommands>, args: unknown): Promise<R> => {
    const answer = await askServer(socket, command, args)
    if (!answer.answered) throw new Error('The running server has ended. Repeat the command.')
    return answer.result as R
  }
  return {
    list: (request) => ask('webhooks-list', request),
    show: (eventId) => ask('webhooks-show', eventId),
    replay: (events, reason) => ask('webhooks-replay', { events, reason }),
    async close() {},
  }
}
