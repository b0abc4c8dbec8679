import { stderrLines, type WriteLine } from './lines.ts'
import { redact, redactText } from './redaction.ts'

export type LogLevel = 'debug' | 'info' | 'warning' | 'error'
type LogFields = Readonly<Record<string, unknown>>

/** What happened, in words that stay the same, and beside them the circumstances: `request_id`, `user`, `error` … */
export interface Log {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warning(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warning', 'error']

/** The program's log: one line of JSON an event, on stderr, without secrets. */
export function createLog(level: LogLevel, write: WriteLine = stderrLines()): Log {
  const writer = (of: LogLevel) => {
    if (LEVELS.indexOf(of) < LEVELS.indexOf(level)) return () => {}
    const isUrgent = of === 'warning' || of === 'error'
    return (message: string, fields: LogFields = {}) => write(lineOf(of, message, fields), isUrgent)
  }
  return { debug: writer('debug'), info: writer('info'), warning: writer('warning'), error: writer('error') }
}

/** What the circumstances call themselves cannot pass for the head of the line. */
function lineOf(level: LogLevel, message: string, fields: LogFields): string {
  const head = { time: new Date().toISOString(), level, message: redactText(message) }
  return `${JSON.stringify({ ...head, ...Object(redact(fields)), ...head })}\n`
}
