import { configureSync, getLogger, type LogRecord, parseLogLevel } from '@logtape/logtape'
import { redact, redactText } from './redaction.ts'

export type LogLevel = 'debug' | 'info' | 'warning' | 'error'
export type LogFields = Readonly<Record<string, unknown>>
type Write = (line: string) => void

/** What happened, in words that stay the same, and beside them the circumstances: `request_id`, `user`, `error` … */
export interface Log {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warning(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

/**
 * The program's log: one line of JSON an event, on stderr, without secrets. The library has one configuration a process,
 * so a second log replaces the first.
 */
export function createLog(level: LogLevel, write: Write = writeToStderr): Log {
  configureSync({
    reset: true,
    sinks: { lines: (record: LogRecord) => write(`${JSON.stringify(lineOf(record))}\n`) },
    loggers: [
      { category: 'speech-billing', lowestLevel: parseLogLevel(level), sinks: ['lines'] },
      { category: ['logtape', 'meta'], lowestLevel: 'warning', sinks: ['lines'] },
    ],
  })
  const logger = getLogger('speech-billing')
  return {
    debug: (message, fields = {}) => logger.debug(message, { ...fields }),
    info: (message, fields = {}) => logger.info(message, { ...fields }),
    warning: (message, fields = {}) => logger.warning(message, { ...fields }),
    error: (message, fields = {}) => logger.error(message, { ...fields }),
  }
}

/** The message as it was given: braces in it are no placeholders here, for they may come from somebody's input. */
function lineOf(record: LogRecord): Record<string, unknown> {
  const message = typeof record.rawMessage === 'string' ? record.rawMessage : record.rawMessage.join('')
  const head = { time: new Date(record.timestamp).toISOString(), level: record.level, message: redactText(message) }
  return { ...head, ...Object(redact(record.properties)), ...head }
}

function writeToStderr(line: string): void {
  process.stderr.write(line)
}
