import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ConfigReading, readConfig } from './config.ts'
import { readDatabaseUrl } from './database-url.ts'
import { parseEnvFile } from './dotenv.ts'
import { readSandboxPort } from './stripe-keys.ts'
import { type ConfigProblem, type Report, textOf, type Variables } from './variables.ts'

export interface Environment {
  readonly variables: Variables
  /** What cannot be understood in the file. */
  readonly problems: readonly ConfigProblem[]
}

const FILE = 'dev.env'

/**
 * The variables of the process; in development also those of `dev.env` in the working folder. The process wins, with an
 * empty value too, so that a variable of the file can be switched off for one run.
 */
export function readEnvironment(processVariables: Variables, folder: string): Environment {
  const path = join(folder, FILE)
  const development = (textOf(processVariables, 'APP_ENV') ?? 'development') === 'development'
  if (!development || !existsSync(path)) return { variables: processVariables, problems: [] }
  const { variables, badLines } = parseEnvFile(readFileSync(path, 'utf8'))
  return { variables: { ...variables, ...defined(processVariables) }, problems: badLines.map(badLine) }
}

/** The whole way from the process to a checked configuration. */
export function loadConfig(processVariables: Variables, folder: string): ConfigReading {
  const { variables, problems } = readEnvironment(processVariables, folder)
  const reading = readConfig(variables)
  if (problems.length === 0) return reading
  return { ok: false, problems: [...problems, ...(reading.ok ? [] : reading.problems)] }
}

export type SandboxPlace =
  | { readonly ok: true; readonly port: number; readonly dataFolder: string }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] }

/** Where the simulator runs when it runs alone: the few variables that it needs, whatever the others hold. */
export function loadSandboxPlace(processVariables: Variables, folder: string): SandboxPlace {
  const problems: ConfigProblem[] = []
  const report: Report = (variable, problem, cure) => problems.push({ variable, problem, cure })
  const { variables } = readEnvironment(processVariables, folder)
  const port = readSandboxPort(variables, report)
  const { dataFolder } = readDatabaseUrl(variables, report)
  return problems.length === 0 ? { ok: true, port, dataFolder } : { ok: false, problems }
}

function badLine(line: number): ConfigProblem {
  return {
    variable: FILE,
    problem: `line ${line} is not of the form NAME="value"`,
    cure: `Mend or remove line ${line} of ${FILE}.`,
  }
}

function defined(variables: Variables): Variables {
  return Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== undefined))
}
