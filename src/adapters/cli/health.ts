import { type Command, DONE, FOUND_WRONG, JSON_OPTION, printJson } from './command.ts'
import type { HealthCheck, HealthReport } from './program.ts'
import { type Paint, painter, type Style } from './terminal.ts'

export const healthCommand: Command = {
  name: 'health',
  summary: 'Ask the running server whether it is well',
  description:
    'Asks the server that this configuration describes. It exits with 0 when the server answers its callers, also while it\n' +
    'does so without Stripe (degraded), and with 1 when it does not, so that it serves as a container health check.',
  options: [JSON_OPTION],
  examples: ['speech-billing health', 'speech-billing health --json'],
  async run(given, program, terminal) {
    const report = await program.health()
    if (given.json) printJson(terminal, report)
    else terminal.out(reportText(report, painter(terminal.outColours)))
    return report.status === 'ready' || report.status === 'degraded' ? DONE : FOUND_WRONG
  },
}

const STATUS_STYLES = {
  ready: 'green',
  degraded: 'yellow',
  unavailable: 'red',
  not_running: 'red',
} as const satisfies Record<HealthReport['status'], Style>
const CHECK_STYLES = { ok: 'green', degraded: 'yellow', failing: 'red' } as const satisfies Record<
  HealthCheck['status'],
  Style
>

function reportText({ status, checks }: HealthReport, paint: Paint): string {
  const width = Math.max(0, ...checks.map(({ name }) => name.length))
  const lines = checks.map(
    (check) =>
      `  ${check.name.padEnd(width)}  ${paint(CHECK_STYLES[check.status], check.status)}${check.detail === null ? '' : `  ${check.detail}`}`,
  )
  return `${[paint(STATUS_STYLES[status], status.replace('_', ' ')), ...lines].join('\n')}\n`
}
