import { writeSync } from 'node:fs'

/** Takes a line; an urgent one, and all before it, is written at once. */
export type WriteLine = (line: string, isUrgent: boolean) => void

/** More than this is not held back to the end of the turn. */
const MOST_HELD = 64 * 1_024

/**
 * Lines to stderr, those of one turn of the event loop in one write: a write a request costs more than making its line.
 * However the process ends short of being killed, nothing is left behind.
 */
export function stderrLines(): WriteLine {
  let held = ''
  let isWatching = false
  const flush = () => {
    if (held === '') return
    const text = held
    held = ''
    process.stderr.write(text)
  }
  return (line, isUrgent) => {
    if (held === '' && !isUrgent) setImmediate(flush)
    if (!isWatching) process.once('exit', () => writeSync(process.stderr.fd, held))
    isWatching = true
    held += line
    if (isUrgent || held.length > MOST_HELD) flush()
  }
}
