import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Job } from './load/workload.ts'
import { type Program, run, type Served, serve } from './processes.ts'
import { seedSubscribers } from './seed.ts'

export const JWT_SECRET = 'a-secret-for-benches-of-more-than-32-bytes'
export const WEBHOOK_SECRET = 'whsec_for_benches'
export const USERS = 10_000

/** What a job has unless a suite says otherwise: 64 connections and a token of the app's backend. */
export const USUAL = {
  tokens: { of: 'backend', scope: 'service' },
  jwtSecret: JWT_SECRET,
  users: USERS,
  onlyUser: null,
  connections: 64,
  warmUpSeconds: 0.5,
} as const satisfies Partial<Job>

export interface Installation extends Program {
  readonly databaseFile: string
}

/**
 * The program with a database of its own in which every user has a `usage_based` subscription. Usage is reported to a
 * server that takes every meter event; for all else Stripe is out of reach, and nothing that is measured waits for it.
 */
export async function install(
  command: readonly string[],
  folder: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Installation> {
  mkdirSync(folder, { recursive: true })
  const databaseFile = join(folder, 'billing.db')
  const environment = {
    PORT: '0',
    DATABASE_URL: `file:${databaseFile}`,
    JWT_SECRET,
    STRIPE_SECRET_KEY: 'sk_test_unreachable',
    STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
    STRIPE_API_BASE: `http://127.0.0.1:${(await stripe()).port}`,
    LOG_LEVEL: 'error',
    ...more,
  }
  const program = { command, environment, folder }
  await run({ ...program, command: [...command, 'migrate'] })
  seedSubscribers(databaseFile, USERS)
  return { ...program, databaseFile }
}

let standIn: Promise<Served> | null = null

/** One for all that is measured; it ends with the bench. */
function stripe(): Promise<Served> {
  standIn ??= serveBaseline('stripe.ts', tmpdir())
  return standIn
}

/** A server of what the program is compared with. */
export function serveBaseline(file: string, folder: string, ...argv: readonly string[]): Promise<Served> {
  const command = [process.execPath, join(import.meta.dir, 'servers', file), ...argv]
  return serve({ command, environment: { JWT_SECRET }, folder })
}

/** Whether a route is there at all: a token that may not call it is told so, and a missing route is 404 or 405. */
export async function hasRoute(port: number, method: string, path: string): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method })
  await response.arrayBuffer()
  return response.status !== 404 && response.status !== 405
}
