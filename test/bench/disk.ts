import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { medianOf } from './statistics.ts'

const SYNCS = 100
const PAGE = new Uint8Array(4_096)

/** Milliseconds that the disk takes to make a page safe, at the median: what no durable answer can be faster than. */
export function fsyncMedian(folder: string): number {
  const path = join(folder, 'fsync')
  const file = openSync(path, 'w')
  const times = Array.from({ length: SYNCS }, () => {
    writeSync(file, PAGE)
    const start = performance.now()
    fdatasyncSync(file)
    return performance.now() - start
  })
  closeSync(file)
  rmSync(path)
  return medianOf(times)
}
