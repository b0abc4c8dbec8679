import { dirname, normalize } from 'node:path'
import { type Report, textOf, type Variables } from './variables.ts'

export interface DatabasePlace {
  readonly databaseFile: string
  /** The folder of the database; what else must be kept lies there too. */
  readonly dataFolder: string
}

const USUAL_FILE = 'data/billing.db'
const CURE = `Give file:PATH, such as DATABASE_URL=file:${USUAL_FILE}.`

/** `file:PATH` with a relative or absolute path, also in the form `file:///PATH`. */
export function readDatabaseUrl(variables: Variables, report: Report): DatabasePlace {
  const url = textOf(variables, 'DATABASE_URL') ?? `file:${USUAL_FILE}`
  const problem = problemOf(url)
  if (problem !== null) report('DATABASE_URL', problem, CURE)
  const databaseFile = normalize(problem === null ? pathOf(url) : USUAL_FILE)
  return { databaseFile, dataFolder: dirname(databaseFile) }
}

function problemOf(url: string): string | null {
  if (/^postgres(ql)?:/i.test(url)) return 'names a PostgreSQL server, and this version keeps its data in SQLite only'
  if (!url.startsWith('file:')) return 'does not begin with file:'
  const path = pathOf(url)
  if (path === '' || /[/\\]$/.test(path)) return 'names no file'
  if (path.includes(':memory:')) return 'names a database in memory, which would forget what it had acknowledged'
  if (/^\/\//.test(path) || /[?#]/.test(path)) return 'holds more than a path'
  return null
}

function pathOf(url: string): string {
  return url.slice('file:'.length).replace(/^\/\/(?=\/)/, '')
}
