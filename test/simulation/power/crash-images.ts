/** What recorder.c writes down, and the one kind that the harness adds: an answer that it got. */
const KIND = { write: 1, truncate: 2, fsync: 3, fdatasync: 4, syncDone: 5, answer: 6 } as const
const HEAD_BYTES = 24
const SECTOR_BYTES = 512

export interface Entry {
  readonly kind: number
  /** 0 is the database, 1 its WAL. */
  readonly file: number
  readonly place: number
  readonly bytes: Buffer
}

/** An answer as an entry of the recorder's log: what it acknowledges happened before it. */
export function answerEntry(text: string): Buffer {
  const bytes = Buffer.from(text)
  const head = Buffer.alloc(HEAD_BYTES)
  head.writeUInt32LE(KIND.answer, 0)
  head.writeBigUInt64LE(BigInt(bytes.length), 16)
  return Buffer.concat([head, bytes])
}

export function readEntries(log: Buffer): readonly Entry[] {
  const entries: Entry[] = []
  for (let at = 0; at + HEAD_BYTES <= log.length; ) {
    const length = Number(log.readBigUInt64LE(at + 16))
    const bytes = log.subarray(at + HEAD_BYTES, at + HEAD_BYTES + length)
    const place = Number(log.readBigUInt64LE(at + 8))
    entries.push({ kind: log.readUInt32LE(at), file: log.readUInt32LE(at + 4), place, bytes })
    at += HEAD_BYTES + length
  }
  return entries
}

/** What a disk holds after the power went: both files, and the answers that had been given by then. */
export interface CrashImage {
  readonly database: Buffer
  readonly wal: Buffer
  readonly answers: readonly string[]
  readonly unsynced: number
}

/**
 * Cuts the power at each of the given entries: what was synced is there, and of what was not any part may be, whole
 * writes or single sectors of them, in any order. Unless `believesFdatasync`, the syncs that the program makes itself
 * (fdatasync; SQLite uses fsync) count for nothing.
 */
export function* crashImages(
  entries: readonly Entry[],
  cuts: ReadonlySet<number>,
  believesFdatasync: boolean,
  random: () => number,
): Generator<CrashImage> {
  const disk = [emptyFile(), emptyFile()] as const
  const begun = new Map<number, readonly Entry[]>()
  const answers: string[] = []
  let unsynced: Entry[] = []
  for (const [index, entry] of entries.entries()) {
    if (entry.kind === KIND.write || entry.kind === KIND.truncate) unsynced.push(entry)
    else if (entry.kind === KIND.answer) answers.push(entry.bytes.toString())
    else if (entry.kind === KIND.fsync || (entry.kind === KIND.fdatasync && believesFdatasync))
      begun.set(
        entry.place,
        unsynced.filter(({ file }) => file === entry.file),
      )
    else if (entry.kind === KIND.syncDone) {
      const covered = new Set(begun.get(entry.place))
      for (const write of unsynced) if (covered.has(write)) disk[write.file === 0 ? 0 : 1].apply(write)
      unsynced = unsynced.filter((write) => !covered.has(write))
    }
    if (!cuts.has(index)) continue
    const [database, wal] = disk.map((file) => file.copy())
    if (database === undefined || wal === undefined) continue
    const survives = survivalOf(random)
    for (const write of unsynced) (write.file === 0 ? database : wal).apply(write, survives)
    yield { database: database.bytes(), wal: wal.bytes(), answers: [...answers], unsynced: unsynced.length }
  }
}

type Survives = (isFirstSector: boolean) => boolean

/** Of each crash the same kind of luck: nothing, everything, single writes or single sectors survive. */
function survivalOf(random: () => number): Survives {
  const kind = Math.floor(random() * 5)
  if (kind === 0) return () => false
  if (kind === 1) return () => true
  const share = random()
  if (kind === 2) return () => random() < share
  let whole = false
  return (isFirstSector) => {
    if (isFirstSector) whole = random() < share
    return whole
  }
}

function emptyFile(content: Buffer = Buffer.alloc(0), size = 0) {
  let [held, length] = [content, size]
  const reach = (end: number) => {
    if (held.length < end) held = Buffer.concat([held, Buffer.alloc(Math.max(end, held.length * 2) - held.length)])
    length = Math.max(length, end)
  }
  return {
    apply({ kind, place, bytes }: Entry, survives: Survives = () => true): void {
      if (kind === KIND.truncate) {
        if (!survives(true)) return
        held.fill(0, Math.min(place, length))
        length = place
        reach(place)
        return
      }
      for (let at = 0; at < bytes.length; ) {
        const end = Math.min(bytes.length, at + SECTOR_BYTES - ((place + at) % SECTOR_BYTES))
        if (survives(at === 0)) {
          reach(place + end)
          bytes.copy(held, place + at, at, end)
        }
        at = end
      }
    },
    copy: () => emptyFile(Buffer.from(held.subarray(0, length)), length),
    bytes: () => held.subarray(0, length),
  }
}
