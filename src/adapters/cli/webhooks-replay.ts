import { EVENT_ID } from '../../domain/webhook-event.ts'
import { type Command, complain, DONE, FOUND_WRONG, JSON_OPTION, printJson, valueOfOption } from './command.ts'

const LONGEST_REASON = 500

export const webhooksReplayCommand: Command = {
  name: 'webhooks replay',
  summary: 'Put events back to be applied',
  description:
    'Whatever became of them: what they are about is looked up at Stripe, so that an old event brings nothing old. The running\n' +
    'server applies them at once; when none runs, the next one does. Kept in the audit log.',
  argument: { name: 'ID…', summary: 'The events, evt_…', many: true },
  options: [
    { name: 'dead', value: null, summary: 'All that were given up' },
    { name: 'reason', value: 'TEXT', summary: 'Why; kept in the audit log' },
    JSON_OPTION,
  ],
  examples: ['speech-billing webhooks replay evt_1QpQqLKxYt3mVd0a', 'speech-billing webhooks replay --dead'],
  async run(given, program, terminal) {
    const ids = (valueOfOption(given, 'ID…') ?? '').split(' ').filter((id) => id !== '')
    if ((ids.length === 0) === (given.dead === undefined))
      return complain(terminal, 'webhooks replay', 'give the ids of events, or --dead for all that were given up.')
    const stranger = ids.find((id) => !EVENT_ID.test(id))
    if (stranger !== undefined)
      return complain(terminal, 'webhooks replay', `"${stranger}" is no id of an event, evt_….`)
    const reason = valueOfOption(given, 'reason')
    if (reason !== null && (reason.trim() === '' || reason.length > LONGEST_REASON))
      return complain(terminal, 'webhooks replay', `--reason takes a text of 1 to ${LONGEST_REASON} characters.`)
    const inbox = await program.openInbox()
    const { replayed, unknown } = await inbox.replay(given.dead ? 'dead' : ids, reason).finally(inbox.close)
    if (given.json) printJson(terminal, { replayed, unknown })
    else {
      terminal.out(replayed.length === 1 ? '1 event was put back.\n' : `${replayed.length} events were put back.\n`)
      if (unknown.length > 0) terminal.complaints(`Not in the inbox: ${unknown.join(', ')}\n`)
    }
    return unknown.length > 0 ? FOUND_WRONG : DONE
  },
}
