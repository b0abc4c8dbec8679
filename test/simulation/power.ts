// Cuts the power at any moment: the server runs under load while everything that it writes and syncs is recorded beneath
// it (Linux, with a C compiler). From that, disks are made as a power cut could have left them: what was synced is there,
// and of the rest any part may be, down to single sectors. In each, everything that had been answered must be found.
//   bun run test:power [images] [seed]
//   bun run test:power [images] [seed] twin   a control that must fail: the syncs that the program makes count for nothing
import { Database } from 'bun:sqlite'
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TEST_WEBHOOK_SECRET, tokenOf } from '../support/server.ts'
import { answerEntry, type CrashImage, crashImages, readEntries } from './power/crash-images.ts'
import { databaseIn, serveIn } from './served.ts'

const images = Number(process.argv[2] ?? 300)
const seed = Number(process.argv[3] ?? Date.now() % 1_000_000)
const isTwin = process.argv[4] === 'twin'
const [RUNS, RUN_MS, WRITERS, USERS] = [2, 900, 8, 5]

const folder = mkdtempSync(join(tmpdir(), 'speech-billing-power-'))
const log = join(folder, 'disk.log')
const token = await tokenOf('harness', 'metering')
const recorder = compiledRecorder()
if (recorder === null) {
  console.log('left out: recording what is written takes Linux and a C compiler')
  process.exit(0)
}

for (let run = 1; run <= RUNS; run++) await recordRun(recorder)
const entries = readEntries(readFileSync(log))
const random = randomFrom(seed)
const cuts = new Set(Array.from({ length: images }, () => Math.floor(random() * entries.length)))
const problems: string[] = []
let [looked, waiting, answered] = [0, 0, 0]
for (const image of crashImages(entries, cuts, !isTwin, random)) {
  problems.push(...inspect(image))
  looked += 1
  answered = image.answers.length
  if (image.unsynced > 0) waiting += 1
}
rmSync(folder, { recursive: true, force: true })
for (const problem of problems.slice(0, 10)) console.log(`FAILED  ${problem}`)
console.log(
  `${looked} power cuts (seed ${seed}) among ${entries.length} writes, syncs and answers; ${waiting} of them with writes not yet on disk`,
)
console.log(`up to ${answered} answers, ${problems.length} lost, doubled or half there`)
process.exit(problems.length > 0 ? 1 : 0)

function compiledRecorder(): string | null {
  const [compiler, library] = [Bun.which('cc'), join(folder, 'recorder.so')]
  if (compiler === null || process.platform !== 'linux') return null
  const source = join(import.meta.dir, 'power/recorder.c')
  const { exitCode, stderr } = Bun.spawnSync([compiler, '-shared', '-fPIC', '-O2', source, '-o', library])
  if (exitCode !== 0) throw new Error(stderr.toString())
  return library
}

/** A run ends by SIGKILL; the next one goes on with the same files, and so with a WAL to recover. */
async function recordRun(library: string): Promise<void> {
  const beneath = { LD_PRELOAD: library, DISK_FILE: databaseIn(folder), DISK_LOG: log }
  const { child, url } = await serveIn(folder, beneath)
  const load = { stopped: false }
  const writers = Array.from({ length: WRITERS }, (_, writer) => write(url, writer, load))
  await Bun.sleep(RUN_MS)
  child.kill('SIGKILL')
  load.stopped = true
  await Promise.all([child.exited, ...writers])
}

/** Single uses, each reported twice at once; batches; webhooks. */
async function write(url: string, writer: number, load: { readonly stopped: boolean }): Promise<void> {
  for (let turn = 0; !load.stopped; turn++) {
    const uses = Array.from({ length: turn % 4 === 3 ? 20 : 1 }, (_, index) => ({
      user_id: `user_${(writer + turn + index) % USERS}`,
      event_id: Bun.randomUUIDv7(),
      service_type: 'voice_call',
      usage_unit: 'seconds',
      usage_amount: 1 + Math.floor(Math.random() * 600),
    }))
    const answers = uses.map((use) => `use ${use.event_id} ${use.user_id} ${use.usage_amount * 1_000_000}`)
    if (writer === 0) await postEvent(url)
    else if (uses.length > 1) await post(`${url}/payments/record-usage/batch`, { records: uses }, answers)
    else {
      const once = () => post(`${url}/payments/record-usage`, uses[0] ?? {}, answers)
      await Promise.all([once(), once()])
    }
  }
}

async function postEvent(url: string): Promise<void> {
  const [id, time] = [`evt_${Bun.randomUUIDv7().replaceAll('-', '')}`, Math.floor(Date.now() / 1_000)]
  const data = { object: { id: 'prod_1', object: 'product' } }
  const event = {
    id,
    object: 'event',
    type: 'product.updated',
    created: time,
    livemode: false,
    api_version: null,
    data,
  }
  const body = JSON.stringify(event)
  const signature = new Bun.CryptoHasher('sha256', TEST_WEBHOOK_SECRET).update(`${time}.${body}`).digest('hex')
  await post(`${url}/payments/stripe-webhook`, event, [`event ${id}`], {
    'stripe-signature': `t=${time},v1=${signature}`,
  })
}

/** Notes what was acknowledged, after the fact: whatever put it on disk stands in the log before it. */
async function post(url: string, body: object, answers: readonly string[], headers = {}): Promise<void> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
    await response.arrayBuffer()
    if (response.ok) for (const answer of answers) appendFileSync(log, answerEntry(answer))
  } catch {
    // A reply that never came says nothing.
  }
}

/** Looks into the files with eyes of its own: nothing of the product's code reads them here. */
function inspect({ database: content, wal, answers }: CrashImage): readonly string[] {
  const image = join(folder, 'image')
  rmSync(image, { recursive: true, force: true })
  mkdirSync(image)
  writeFileSync(databaseIn(image), content)
  writeFileSync(`${databaseIn(image)}-wal`, wal)
  try {
    const database = new Database(databaseIn(image), { safeIntegers: true })
    const found = lookInto(database)
    database.close()
    return answers.length === 0 ? found.problems : [...found.problems, ...missing(answers, found.stored)]
  } catch (error) {
    return [`the database cannot be read: ${error}`]
  }
}

function missing(answers: readonly string[], stored: ReadonlySet<string>): readonly string[] {
  return answers.filter((answer) => !stored.has(answer)).map((answer) => `answered and not there: ${answer}`)
}

function lookInto(database: Database): { readonly stored: ReadonlySet<string>; readonly problems: readonly string[] } {
  const rows = (sql: string) =>
    database
      .query(sql)
      .values()
      .map((row) => row.join(' '))
  const [integrity] = rows('PRAGMA integrity_check')
  const problems = integrity === 'ok' ? [] : [`integrity_check says ${integrity}`]
  const tables = rows("SELECT count(*) FROM sqlite_master WHERE name IN ('usage_records', 'stripe_webhook_events')")
  if (tables[0] !== '2') return { stored: new Set(), problems }
  const uses = rows("SELECT 'use', substr(identity, 7), user_id, quantity FROM usage_records")
  const events = rows("SELECT 'event', id FROM stripe_webhook_events")
  const sums = rows('SELECT user_id, sum(quantity) FROM usage_records GROUP BY 1 ORDER BY 1').join()
  for (const totals of ['usage_totals', 'usage_days'])
    if (rows(`SELECT user_id, sum(quantity) FROM ${totals} GROUP BY 1 ORDER BY 1`).join() !== sums)
      problems.push(`${totals} is not what the records add up to`)
  return { stored: new Set([...uses, ...events]), problems }
}

/** The same numbers for the same seed (mulberry32). */
function randomFrom(start: number): () => number {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
