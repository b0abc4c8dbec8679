import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ConfigReading, inspectConfig } from './config.ts'
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
  const { config, problems } = inspectEnvironment(processVariables, folder)
  return problems.length === 0 ? { ok: true, config } : { ok: false, problems }
}

/** The same for a command to which only some variables matter: what is wrong with the others is let pass. */
export function loadConfigFor(names: readonly string[], processVariables: Variables, folder: string): ConfigReading {
  const { config, problems } = inspectEnvironment(processVariables, folder)
  const matter = problems.filter(({ variable }) => variable === FILE || names.includes(variable))
  return matter.length === 0 ? { ok: true, config } : { ok: false, problems: matter }
}

/** The configuration with whatever is wrong with it. What was refused holds some value that must not be used. */
export function inspectEnvironment(processVariables: Variables, folder: string) {
  const { variables, problems } = readEnvironment(processVariables, folder)
  const inspected = inspectConfig(variables)
  return { config: inspected.config, problems: [...problems, ...inspected.problems] }
}

/** The plans file that is configured; null for the built-in plans. */
export function loadPlansFile(processVariables: Variables, folder: string): string | null {
  return textOf(readEnvironment(processVariables, folder).variables, 'PLANS_FILE')
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
