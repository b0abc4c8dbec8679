import { type Command, DONE, JSON_OPTION, printJson } from './command.ts'

export const versionCommand: Command = {
  name: 'version',
  summary: 'Print the version',
  description: 'Prints the version of this program.',
  options: [JSON_OPTION],
  examples: ['speech-billing version'],
  async run(given, program, terminal) {
    if (given.json) printJson(terminal, { name: 'speech-billing', version: program.version })
    else terminal.out(`speech-billing ${program.version}\n`)
    return DONE
  },
}
