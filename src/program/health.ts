import type { HealthReport } from '../adapters/cli/program.ts'
import type { Readiness } from '../adapters/http/health.ts'
import { askServer } from '../adapters/process/ask-server.ts'
import { commandSocketPath } from '../adapters/process/command-path.ts'
import { configuration } from './configuration.ts'

/** How the running server stands, or that none runs. */
export async function health(): Promise<HealthReport> {
  const answer = await askServer(commandSocketPath(configuration().databaseFile), 'health', null)
  return answer.answered ? healthReport(answer.result) : { status: 'not_running', checks: [] }
}

/** The server's readiness, in the words of the command line. The server is this program itself, of whatever version. */
function healthReport(result: unknown): HealthReport {
  const { status, checks } = result as Readiness
  return {
    status,
    checks: Object.entries(checks).map(([name, check]) => ({
      name,
      status: check.status === 'failed' ? 'failing' : check.status,
      detail: check.detail,
    })),
  }
}
