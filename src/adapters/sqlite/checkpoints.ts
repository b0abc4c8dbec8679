import type { Database } from 'bun:sqlite'
import { join } from 'node:path'
import { isFatal } from './writer.ts'

/** What the thread answers. */
export interface Copied {
  readonly failure: { readonly code: string; readonly message: string } | null
}

export interface Checkpoints {
  /**
   * To be called after each commit, and the next not to begin before it is fulfilled: at once, nearly always. Rejected when
   * the disk failed to keep what was copied.
   */
  afterCommit(): Promise<void>
  /** Fulfilled when nothing is being copied any more. */
  close(): Promise<void>
}

/** 4,000 pages are 16 MB: the totals are written over and over, and each page is copied once a checkpoint. */
const RHYTHM = { mostPages: 4_000, lookEveryMs: 10 }
/** Should the thread not come to it, SQLite copies within a commit as it does by itself. */
const MOST_PAGES_WITHOUT_THREAD = 16_000

/**
 * Copies the WAL into the database in a thread. SQLite itself does so within a commit, and lets everybody wait for some tens
 * of milliseconds. The thread copies while the writer goes on; the little that was written meanwhile is copied while the
 * writer holds still, so that the WAL can begin anew. There is no thread until it is needed.
 */
export function checkpoints(client: Database, file: string, { mostPages, lookEveryMs } = RHYTHM): Checkpoints {
  client.run(`PRAGMA wal_autocheckpoint=${MOST_PAGES_WITHOUT_THREAD}`)
  const state = client.prepare<[number, number, number], []>('PRAGMA wal_checkpoint(NOOP)')
  let thread: Thread | null = null
  /** What is copied beside the writer, and whether that is over. */
  let copying: Promise<void> | null = null
  let isOver = false
  let lookedAt = 0
  let [pages, due] = [0, mostPages]

  return {
    async afterCommit() {
      if (copying === null) return lookAndBegin()
      if (!isOver) return
      await copying.then(copy)
      copying = null
      due = pagesNow() + mostPages
    },
    async close() {
      await copying?.catch(() => {})
      await thread?.end()
      state.finalize()
    },
  }

  function lookAndBegin(): void {
    const now = performance.now()
    if (now - lookedAt < lookEveryMs) return
    lookedAt = now
    if (!isDue()) return
    isOver = false
    copying = copy().finally(() => {
      isOver = true
    })
    // Whoever commits next is told.
    copying.catch(() => {})
  }

  /** As long as somebody reads what is old, the WAL cannot begin anew, and copying again at once would be for nothing. */
  function isDue(): boolean {
    const before = pages
    if (pagesNow() < before) due = mostPages
    return pages >= due
  }

  function pagesNow(): number {
    pages = Number(state.values()[0]?.[1] ?? 0)
    return pages
  }

  async function copy(): Promise<void> {
    thread ??= startThread()
    const { failure } = await thread.ask(file)
    if (failure !== null && isFatal(failure.code)) throw new Error(failure.message)
  }
}

interface Thread {
  ask(file: string | null): Promise<Copied>
  end(): Promise<unknown>
}

function startThread(): Thread {
  const worker = new Worker(threadFile())
  worker.unref()
  let answer: (copied: Copied) => void = () => {}
  let broken: Copied | null = null
  worker.addEventListener('message', ({ data }: MessageEvent<Copied>) => answer(data))
  // What it cannot do, SQLite does in a commit.
  worker.addEventListener('error', ({ message }) => {
    broken = { failure: { code: '', message } }
    answer(broken)
  })
  const ask = async (file: string | null) => {
    if (broken !== null) return broken
    worker.ref()
    const copied = await new Promise<Copied>((resolve) => {
      answer = resolve
      worker.postMessage(file)
    })
    worker.unref()
    return copied
  }
  return { ask, end: () => ask(null).then(() => worker.terminate()) }
}

/** In a compiled binary it lies below the one bundled module. */
function threadFile(): string {
  const folder = Bun.isStandaloneExecutable ? join(import.meta.dir, 'adapters/sqlite') : import.meta.dir
  return join(folder, 'checkpoint-thread.ts')
}
