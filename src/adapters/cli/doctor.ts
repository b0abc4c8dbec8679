import type { Finding } from '../../domain/finding.ts'
import { type Command, DONE, FOUND_WRONG, JSON_OPTION, printJson } from './command.ts'
import { type Paint, painter, type Style } from './terminal.ts'

export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'Examine the whole installation and say what to mend',
  description:
    'Looks at the configuration, the database, the running server, the clock, and at Stripe: keys, prices, meters, webhook\n' +
    'endpoint and its events. It changes nothing. Each finding is ok, a warning or a problem, with the cure; the exit code is 1\n' +
    'when there is a problem.',
  options: [JSON_OPTION],
  examples: ['speech-billing doctor', 'speech-billing doctor --json'],
  async run(given, program, terminal) {
    const findings = await program.doctor()
    const problems = count(findings, 'problem')
    if (given.json) printJson(terminal, { ok: problems === 0, findings })
    else terminal.out(reportText(findings, painter(terminal.outColours)))
    return problems > 0 ? FOUND_WRONG : DONE
  },
}

const STYLES = { ok: 'green', warning: 'yellow', problem: 'red' } as const satisfies Record<Finding['status'], Style>
const STATUS_WIDTH = 'warning'.length

function reportText(findings: readonly Finding[], paint: Paint): string {
  const width = Math.max(...findings.map(({ name }) => name.length))
  const lines = findings.flatMap(({ name, status, detail, cure }) => [
    `${paint(STYLES[status], status.padEnd(STATUS_WIDTH))}  ${name.padEnd(width)}  ${detail}`,
    ...(cure === null ? [] : [`${' '.repeat(STATUS_WIDTH + width + 4)}${paint('dim', cure)}`]),
  ])
  const [problems, warnings] = [count(findings, 'problem'), count(findings, 'warning')]
  const verdict =
    problems + warnings === 0 ? 'All is well.' : `${counted(problems, 'problem')}, ${counted(warnings, 'warning')}.`
  return `${[...lines, '', verdict].join('\n')}\n`
}

function count(findings: readonly Finding[], status: Finding['status']): number {
  return findings.filter((finding) => finding.status === status).length
}

function counted(number: number, word: string): string {
  return number === 1 ? `1 ${word}` : `${number} ${word}s`
}
