import { EVENT_ID } from '../../domain/webhook-event.ts'
import { type Command, complain, DONE, JSON_OPTION, printJson, valueOfOption } from './command.ts'
import type { InboxEvent } from './program.ts'
import { type Paint, painter } from './terminal.ts'
import { STATE_STYLES } from './webhooks-list.ts'

export const webhooksShowCommand: Command = {
  name: 'webhooks show',
  summary: 'Show an event, what came of it, and what Stripe sent',
  description:
    'Prints where the event stands, what it changed or why it changed nothing, how often it failed, and its body.',
  argument: { name: 'ID', summary: 'The event, evt_…' },
  options: [JSON_OPTION],
  examples: ['speech-billing webhooks show evt_1QpQqLKxYt3mVd0a'],
  async run(given, program, terminal) {
    const id = valueOfOption(given, 'ID') ?? ''
    if (!EVENT_ID.test(id)) return complain(terminal, 'webhooks show', 'ID is that of an event, evt_….')
    const inbox = await program.openInbox()
    const event = await inbox.show(id).finally(inbox.close)
    if (given.json) printJson(terminal, event)
    else terminal.out(eventText(event, painter(terminal.outColours)))
    return DONE
  },
}

function eventText(event: InboxEvent & { readonly body: unknown }, paint: Paint): string {
  const rows: readonly (readonly [string, string | number | null])[] = [
    ['type', event.type],
    ['state', paint(STATE_STYLES[event.state], event.state)],
    ['outcome', event.outcome],
    ['object', event.object_id],
    ['customer', event.customer_id],
    ['failures', event.attempts],
    ['made at', event.created_at],
    ['received', event.received_at],
    ['settled', event.settled_at],
    ['next try', event.next_try_at],
    ['replayed', event.replayed_at],
    ['API version', event.api_version],
  ]
  const told = rows.filter(([, value]) => value !== null)
  const width = Math.max(...told.map(([name]) => name.length))
  const lines = told.map(([name, value]) => `${paint('cyan', name.padEnd(width))}  ${value}`)
  return `${[paint('bold', event.id), ...lines, '', JSON.stringify(event.body, null, 2)].join('\n')}\n`
}
