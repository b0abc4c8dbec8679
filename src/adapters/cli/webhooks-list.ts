import { EVENT_STATES, EVENT_TYPE, type EventState } from '../../domain/webhook-event.ts'
import { type Command, complain, DONE, JSON_OPTION, printJson, valueOfOption } from './command.ts'
import type { InboxEvent } from './program.ts'
import { type Paint, painter, type Style } from './terminal.ts'

const MOST = 100
const USUAL = 20
const STRIPE_ID = /^[A-Za-z0-9_.-]{1,255}$/

export const webhooksListCommand: Command = {
  name: 'webhooks list',
  summary: 'List the events that came from Stripe',
  description:
    'The latest received first, each with where it stands and what came of it. "dead" ones were tried again and again and given\n' +
    'up, "parked" ones wait for their customer to be linked to a user. It asks the running server, or reads the database itself.',
  options: [
    { name: 'state', value: 'STATE', summary: `Only those that are ${EVENT_STATES.join(', ')}` },
    { name: 'type', value: 'TYPE', summary: 'Only events of a type, such as invoice.paid' },
    { name: 'customer', value: 'ID', summary: 'Only events of a Stripe customer' },
    { name: 'object', value: 'ID', summary: 'Only events about an object: a subscription, an invoice, …' },
    { name: 'limit', value: 'N', summary: `At most so many, 1 to ${MOST} (${USUAL})` },
    { name: 'cursor', value: 'CURSOR', summary: 'Go on where an earlier list ended' },
    JSON_OPTION,
  ],
  examples: ['speech-billing webhooks list --state dead', 'speech-billing webhooks list --object sub_1QpQq --json'],
  async run(given, program, terminal) {
    const state = valueOfOption(given, 'state')
    if (state !== null && !isState(state))
      return complain(terminal, 'webhooks list', `--state must be one of ${EVENT_STATES.join(', ')}.`)
    const limit = Number(valueOfOption(given, 'limit') ?? USUAL)
    if (!Number.isSafeInteger(limit) || limit < 1 || limit > MOST)
      return complain(terminal, 'webhooks list', `--limit must be a whole number from 1 to ${MOST}.`)
    const type = valueOfOption(given, 'type')
    if (type !== null && !EVENT_TYPE.test(type))
      return complain(terminal, 'webhooks list', '--type must be an event type such as invoice.paid.')
    const [customerId, objectId] = [valueOfOption(given, 'customer'), valueOfOption(given, 'object')]
    if ([customerId, objectId].some((id) => id !== null && !STRIPE_ID.test(id)))
      return complain(terminal, 'webhooks list', '--customer and --object take an id as Stripe gives it.')
    const inbox = await program.openInbox()
    const page = await inbox
      .list({
        state,
        type,
        customerId,
        objectId,
        limit,
        cursor: valueOfOption(given, 'cursor'),
      })
      .finally(inbox.close)
    if (given.json) printJson(terminal, page)
    else terminal.out(listText(page.events, page.next_cursor, painter(terminal.outColours)))
    return DONE
  },
}

function isState(word: string): word is EventState {
  return (EVENT_STATES as readonly string[]).includes(word)
}

export const STATE_STYLES = {
  received: 'cyan',
  applied: 'green',
  ignored: 'dim',
  parked: 'yellow',
  failed: 'yellow',
  dead: 'red',
} as const satisfies Record<EventState, Style>

const STATE_WIDTH = Math.max(...EVENT_STATES.map((state) => state.length))

function listText(events: readonly InboxEvent[], cursor: string | null, paint: Paint): string {
  if (events.length === 0) return 'No events.\n'
  const lines = events.flatMap(({ id, type, state, received_at, object_id, outcome }) => [
    `${paint(STATE_STYLES[state], state.padEnd(STATE_WIDTH))}  ${received_at}  ${id}  ${type}  ${object_id ?? ''}`.trimEnd(),
    ...(outcome === null ? [] : [`${' '.repeat(STATE_WIDTH + 2)}${paint('dim', outcome)}`]),
  ])
  return `${[...lines, ...(cursor === null ? [] : ['', `More: --cursor ${cursor}`])].join('\n')}\n`
}
