import { type Command, complain, valueOfOption } from './command.ts'

const GREATEST_PORT = 65_535

export const sandboxCommand: Command = {
  name: 'sandbox',
  summary: 'Run the Stripe simulator alone',
  description:
    'Runs a simulator that speaks the HTTP API of Stripe, on this machine only, until it gets SIGINT or SIGTERM. A program\n' +
    'that uses a Stripe library reaches it by setting the host of the library, this one by STRIPE_API_BASE.',
  options: [
    { name: 'port', value: 'PORT', summary: 'Where it listens; 0 for any free port (default SANDBOX_PORT or 12111)' },
  ],
  examples: ['speech-billing sandbox', 'speech-billing sandbox --port 12200'],
  async run(given, program, terminal) {
    const text = valueOfOption(given, 'port')
    const port = text === null ? null : Number(text)
    if (text !== null && (!/^\d{1,5}$/.test(text) || Number(text) > GREATEST_PORT))
      return complain(terminal, 'sandbox', `--port takes a whole number from 0 to ${GREATEST_PORT}.`)
    return program.sandbox({ port })
  },
}
