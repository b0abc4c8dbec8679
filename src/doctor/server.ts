import type { Readiness } from '../adapters/http/health.ts'
import { askServer } from '../adapters/process/ask-server.ts'
import { commandSocketPath } from '../adapters/process/command-path.ts'
import { lockHolder } from '../adapters/process/lock.ts'
import { type Finding, ok, problem, warning } from '../domain/finding.ts'

const PATIENCE_MS = 10_000

/** Who holds the database, and what the running server says of itself. */
export async function serverFindings(databaseFile: string): Promise<readonly Finding[]> {
  const name = 'server'
  try {
    const answer = await askServer(commandSocketPath(databaseFile), 'health', null, PATIENCE_MS)
    // The server is this program itself.
    if (answer.answered) return readinessFindings(answer.result as Readiness)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return [problem(name, `The running server does not answer: ${why}`, 'Look into its log, and start it again.')]
  }
  const holder = lockHolder(databaseFile)
  if (holder === null) return [ok(name, 'No server runs on this database, and nothing holds its lock.')]
  return [problem(name, `${holder} It takes no commands.`, 'Look what that process is, and end it if it hangs.')]
}

export function readinessFindings({ status, checks }: Readiness): readonly Finding[] {
  const name = 'server'
  if (status === 'ready') return [ok(name, 'A server runs on this database and is ready.')]
  const wrong = Object.values(checks).filter((check) => check.status !== 'ok')
  const cure = 'The other findings, or the log of the server, say more.'
  const finding = status === 'degraded' ? warning : problem
  return wrong.map(({ detail }) => finding(name, `The running server is ${status}. ${detail}`, cure))
}
