import { type Command, complain, type Given, valueOfOption } from './command.ts'

const GREATEST_PORT = 65_535

export const portOption = {
  name: 'port',
  value: 'PORT',
  summary: 'Where it listens; 0 for any free port (default SANDBOX_PORT or 12111)',
}

export const sandboxCommand: Command = {
  name: 'sandbox',
  summary: 'Run the Stripe simulator alone',
  description:
    'Runs a simulator that speaks the HTTP API of Stripe, on this machine only, until it gets SIGINT or SIGTERM. A program\n' +
    'that uses a Stripe library reaches it by setting the host of the library, this one by STRIPE_API_BASE. While it runs,\n' +
    '"speech-billing sandbox advance" moves its clock and "speech-billing sandbox trigger" makes events come about.',
  options: [portOption],
  examples: ['speech-billing sandbox', 'speech-billing sandbox --port 12200'],
  async run(given, program, terminal) {
    const port = readPort(given)
    return typeof port === 'string' ? complain(terminal, 'sandbox', port) : program.sandbox({ port })
  },
}

/** The port that was given, null when none was; a sentence when it is none. */
export function readPort(given: Given): number | null | string {
  const text = valueOfOption(given, 'port')
  if (text === null) return null
  const isPort = /^\d{1,5}$/.test(text) && Number(text) <= GREATEST_PORT
  return isPort ? Number(text) : `--port takes a whole number from 0 to ${GREATEST_PORT}.`
}
