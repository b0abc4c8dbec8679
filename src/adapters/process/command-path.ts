import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { canonicalPath } from './database-path.ts'

/** A Unix socket's path is at most 103 bytes on macOS and 107 on Linux (unix(7), sun_path). */
const GREATEST_PATH_BYTES = 103

/**
 * Where the server of a database takes commands: beside the database, or, where that path is too long for a socket, in
 * the folder for temporary files under a name that every process computes alike.
 */
export function commandSocketPath(databaseFile: string): string {
  const path = `${canonicalPath(databaseFile)}.sock`
  if (isSocketPath(path)) return path
  const digest = new Bun.CryptoHasher('sha256').update(path).digest('hex').slice(0, 20)
  return join(tmpdir(), `speech-billing-${digest}.sock`)
}

/** Whether the system takes a Unix socket at a path: its name has room for so many bytes. */
export function isSocketPath(path: string): boolean {
  return Buffer.byteLength(path) <= GREATEST_PATH_BYTES
}
