import { type Command, complain, DONE, type Given, JSON_OPTION, printJson, valueOfOption } from './command.ts'
import type { Program, TriggeredEvent } from './program.ts'
import { portOption, readPort } from './sandbox.ts'
import { suggestion } from './suggestion.ts'
import type { Terminal } from './terminal.ts'

const LOCAL = /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?\/?$/

export const sandboxTriggerCommand: Command = {
  name: 'sandbox trigger',
  summary: 'Make events come about at the simulator',
  description:
    'Makes at a running simulator, inside a server or alone, the objects that lead to an event of each type, as\n' +
    '"stripe trigger" does at Stripe, and prints the events that came of it. Webhooks are delivered as for any other change.',
  argument: { name: 'EVENT…', summary: 'Types of events, such as invoice.paid', many: true },
  options: [
    { name: 'list', value: null, summary: 'List the types of events that can be triggered' },
    { ...portOption, summary: 'Where the simulator listens (default SANDBOX_PORT or 12111)' },
    { name: 'api-base', value: 'URL', summary: 'The same as an address, such as http://127.0.0.1:12111' },
    JSON_OPTION,
  ],
  examples: [
    'speech-billing sandbox trigger invoice.paid',
    'speech-billing sandbox trigger customer.subscription.updated invoice.payment_failed --json',
    'speech-billing sandbox trigger --list',
  ],
  async run(given, program, terminal) {
    if (given.list === true) return list(given, program, terminal)
    const types = (valueOfOption(given, 'EVENT…') ?? '').split(' ').filter((type) => type !== '')
    const wrong = problemOf(given, types, program.triggers)
    if (wrong !== null) return complain(terminal, 'sandbox trigger', wrong)
    const made: TriggeredEvent[] = []
    for (const type of types) {
      const events = await program.trigger({ type, port: portOf(given), base: valueOfOption(given, 'api-base') })
      made.push(...events)
      if (given.json !== true) for (const event of events) terminal.out(`${event.id}  ${event.type}\n`)
    }
    if (given.json === true) printJson(terminal, { events: made })
    return DONE
  },
}

function list(given: Given, program: Program, terminal: Terminal): number {
  if (given.json === true) printJson(terminal, { types: program.triggers })
  else terminal.out(`${program.triggers.join('\n')}\n`)
  return DONE
}

function problemOf(given: Given, types: readonly string[], known: readonly string[]): string | null {
  const base = valueOfOption(given, 'api-base')
  if (types.length === 0) return 'sandbox trigger needs the type of an event; --list shows all.'
  const stranger = types.find((type) => !known.includes(type))
  if (stranger !== undefined)
    return `"${stranger}" is no event that can be triggered.${suggestion(stranger, known) || ' --list shows all.'}`
  const port = readPort(given)
  if (typeof port === 'string') return port
  if (base !== null && port !== null) return 'give either --port or --api-base.'
  if (base !== null && !LOCAL.test(base))
    return '--api-base takes the address of a simulator on this machine, such as http://127.0.0.1:12111.'
  return null
}

function portOf(given: Given): number | null {
  const port = readPort(given)
  return typeof port === 'string' ? null : port
}
