import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'

/** How many bytes may still be written to the disk on which the file lies. */
export async function freeBytes(file: string): Promise<number> {
  const { bavail, bsize } = await statfs(dirname(file))
  return bavail * bsize
}
