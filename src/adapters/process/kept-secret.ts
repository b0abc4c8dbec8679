import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const FILE = 'jwt-secret'
const SECRET_BYTES = 48
const LEAST_CHARACTERS = 43

/**
 * The secret that signs tokens where none is configured: made once, kept in the data folder for the owner alone. Of two
 * processes that start at once both get the same one.
 */
export function keptSecret(dataFolder: string): string {
  const path = join(dataFolder, FILE)
  const secret = secretIn(path) ?? makeSecret(dataFolder, path)
  if (secret.length < LEAST_CHARACTERS)
    throw new Error(`${path} does not hold a whole secret. Delete it, and a new one is made at the next start.`)
  return secret
}

function secretIn(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null
    throw error
  }
}

/** Written aside and then linked to its name: nobody ever reads half a secret, and the first one to link wins. */
function makeSecret(dataFolder: string, path: string): string {
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 })
  const draft = `${path}.${crypto.randomUUID()}`
  writeDurably(draft, Buffer.from(crypto.getRandomValues(new Uint8Array(SECRET_BYTES))).toString('base64url'))
  try {
    linkSync(draft, path)
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error
  } finally {
    rmSync(draft, { force: true })
  }
  return secretIn(path) ?? ''
}

function writeDurably(path: string, text: string): void {
  const file = openSync(path, 'wx', 0o600)
  try {
    writeSync(file, `${text}\n`)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
