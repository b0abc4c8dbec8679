import { type Command, complain, DONE, JSON_OPTION, printJson, valueOfOption } from './command.ts'
import { portOption, readPort } from './sandbox.ts'

const DURATION = /^\d{1,6}(s|m|h|d|w|mo|y)$/

export const sandboxAdvanceCommand: Command = {
  name: 'sandbox advance',
  summary: "Move the simulator's clock forward",
  description:
    'Moves the clock of a running simulator, inside a server or alone. Whatever falls due on the way happens at its own time:\n' +
    'subscriptions renew, invoices are paid or fail and are tried again, trials end. A server in sandbox mode follows the clock.',
  argument: { name: 'duration', summary: 'How far: 90s, 30m, 2h, 30d, 2w, 1mo, 1y' },
  options: [portOption, JSON_OPTION],
  examples: ['speech-billing sandbox advance 1mo', 'speech-billing sandbox advance 3d --port 12200'],
  async run(given, program, terminal) {
    const duration = valueOfOption(given, 'duration') ?? ''
    if (!DURATION.test(duration))
      return complain(terminal, 'sandbox advance', `"${duration}" is no duration; give one such as 2h, 30d or 1mo.`)
    const port = readPort(given)
    if (typeof port === 'string') return complain(terminal, 'sandbox advance', port)
    const tell = ({ done, left }: { readonly done: number; readonly left: number }) =>
      terminal.complaints(`${done} things that were due are done, ${left} are left\n`)
    const now = await program.advanceSandbox({ duration, port }, tell)
    if (given.json) printJson(terminal, { now })
    else terminal.out(`It is now ${now} at the simulator.\n`)
    return DONE
  },
}
