import type { Command } from './command.ts'

export const serveCommand: Command = {
  name: 'serve',
  summary: 'Run the server (what happens without a command)',
  description:
    'Brings the database up to date and serves the API until it gets SIGINT or SIGTERM. Without a Stripe key it runs in\n' +
    'sandbox mode, with a simulator in the place of Stripe; the text printed at start says which mode it is.',
  options: [],
  examples: ['speech-billing', 'PORT=9000 speech-billing serve'],
  run: (_, program) => program.serve(),
}
