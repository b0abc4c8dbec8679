import { freeBytes } from '../adapters/sqlite/free-bytes.ts'
import { type DatabaseFacts, inspectDatabase } from '../adapters/sqlite/inspect.ts'
import { type Finding, ok, problem, warning } from '../domain/finding.ts'
import { HOUR_MS, MINUTE_MS } from '../domain/period.ts'

const MEGABYTE = 1_000_000
const LEAST_FREE = 100 * MEGABYTE
const LITTLE_FREE = 1_000 * MEGABYTE

/** The file itself, the room around it, and what waits in it. */
export async function databaseFindings(file: string, at: number): Promise<readonly Finding[]> {
  const facts = lookInto(file)
  if (facts === null) return [ok('database', `There is no ${file} yet; it is made at the first start.`)]
  if (facts instanceof Error)
    return [problem('database', `${file} cannot be read: ${facts.message}.`, 'Check its rights, or restore a backup.')]
  return [
    damageFinding(file, facts),
    migrationFinding(facts),
    diskFinding(await freeBytes(file)),
    inboxFinding(facts, at),
    outboxFinding(facts, at),
  ]
}

function lookInto(file: string): DatabaseFacts | Error | null {
  try {
    return inspectDatabase(file)
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

function damageFinding(file: string, { damage }: DatabaseFacts): Finding {
  if (damage.length === 0) return ok('database', `${file} is whole.`)
  return problem(
    'database',
    `${file} is damaged: ${damage.join('; ')}.`,
    'Stop the server and restore the last backup.',
  )
}

export function migrationFinding({ pendingMigrations: pending }: Pick<DatabaseFacts, 'pendingMigrations'>): Finding {
  const name = 'migrations'
  if (pending === 0) return ok(name, 'The database is up to date.')
  if (pending < 0)
    return problem(
      name,
      'A newer version of this program wrote the database.',
      'Run that version, or restore a backup.',
    )
  return warning(
    name,
    `${countOf(pending, 'migration')} not applied yet.`,
    'Start the server, or run "speech-billing migrate".',
  )
}

/** `free`: bytes. */
export function diskFinding(free: number): Finding {
  const room = `${Math.floor(free / MEGABYTE)} MB are free on the disk of the database.`
  const cure = 'Make room: on a full disk nothing can be recorded.'
  if (free < LEAST_FREE) return problem('disk', room, cure)
  return free < LITTLE_FREE ? warning('disk', room, cure) : ok('disk', room)
}

export function inboxFinding({ inbox }: Pick<DatabaseFacts, 'inbox'>, at: number): Finding {
  const { waiting, dead, oldestWaiting } = inbox
  const cure = '"speech-billing webhooks list" says why; "speech-billing webhooks replay" tries an event again.'
  if (dead > 0)
    return problem('inbox', `${countOf(dead, 'event')} given up, since applying failed again and again.`, cure)
  const detail = `${countOf(waiting, 'event')} of Stripe still to be applied.`
  return isOlder(oldestWaiting, at, 10 * MINUTE_MS) ? warning('inbox', detail, cure) : ok('inbox', detail)
}

export function outboxFinding({ outbox }: Pick<DatabaseFacts, 'outbox'>, at: number): Finding {
  const { waiting, setAside, oldestWaiting } = outbox
  if (setAside > 0)
    return warning(
      'outbox',
      `${countOf(setAside, 'report')} of usage will not be billed by Stripe.`,
      'GET /admin/unbilled-usage lists them with the reasons and the money at stake.',
    )
  const detail = `${countOf(waiting, 'report')} of usage still to be sent.`
  if (!isOlder(oldestWaiting, at, 24 * HOUR_MS)) return ok('outbox', detail)
  return warning('outbox', detail, 'The oldest has waited for a day: start the server, and see in its log why not.')
}

function isOlder(since: number | null, at: number, ms: number): boolean {
  return since !== null && at - since > ms
}

function countOf(number: number, word: string): string {
  return number === 1 ? `1 ${word}` : `${number} ${word}s`
}
