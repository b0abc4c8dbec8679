// Kills the server with SIGKILL at random moments under load, again and again on the same data, and looks whether anything
// that was acknowledged is lost, doubled or half there.
//   bun run test:kill [cycles]        the server, from the source (or SERVER="dist/speech-billing")
//   bun run test:kill [cycles] twin   a control that must fail: it takes what was only sent for acknowledged
import { Database } from 'bun:sqlite'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tokenOf } from '../support/server.ts'
import { databaseIn, serveIn } from './served.ts'

const cycles = Number(process.argv[2] ?? 20)
const isTwin = process.argv[3] === 'twin'
const folder = mkdtempSync(join(tmpdir(), 'speech-billing-kill-'))
const token = await tokenOf('harness', 'metering')
const WRITERS = 8

/** Event ids that the server answered with 2xx, and what it said: each must be there once with its amount. */
const acknowledged = new Map<string, { readonly user: string; readonly seconds: number }>()
let sent = 0
const problems: string[] = []
let slowestStart = 0

for (let cycle = 1; cycle <= cycles && problems.length === 0; cycle++) {
  const started = performance.now()
  const { child, url } = await serveIn(folder)
  slowestStart = Math.max(slowestStart, performance.now() - started)
  const load = { stopped: false }
  const writers = Array.from({ length: WRITERS }, (_, writer) => write(url, `user_${writer % 3}`, load))
  await Bun.sleep(5 + Math.random() * 60)
  child.kill('SIGKILL')
  load.stopped = true
  await Promise.all([child.exited, ...writers])
  problems.push(...(await inspect()))
  if (process.stdout.isTTY || cycle % 10 === 0 || cycle === cycles)
    console.log(`kill ${cycle} of ${cycles}: ${acknowledged.size} acknowledged of ${sent} sent`)
}
rmSync(folder, { recursive: true, force: true })
for (const problem of problems.slice(0, 10)) console.log(`FAILED  ${problem}`)
console.log(`slowest start ${Math.round(slowestStart)} ms`)
console.log(`${acknowledged.size} acknowledged records, ${problems.length} lost, doubled or half there`)
process.exit(problems.length > 0 ? 1 : 0)

async function write(url: string, user: string, load: { readonly stopped: boolean }): Promise<void> {
  while (!load.stopped) {
    const [eventId, seconds] = [Bun.randomUUIDv7(), 1 + Math.floor(Math.random() * 600)]
    sent += 1
    if (isTwin) acknowledged.set(eventId, { user, seconds })
    if (await record(url, { user_id: user, event_id: eventId, usage_amount: seconds }))
      acknowledged.set(eventId, { user, seconds })
  }
}

/** A reply that never came says nothing: the record may be there or not. */
async function record(url: string, usage: object): Promise<boolean> {
  try {
    const response = await fetch(`${url}/payments/record-usage`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ service_type: 'voice_call', usage_unit: 'seconds', ...usage }),
    })
    await response.arrayBuffer()
    return response.ok
  } catch {
    return false
  }
}

/** Looks into the file with eyes of its own: nothing of the product's code reads it here. */
async function inspect(): Promise<readonly string[]> {
  const database = new Database(databaseIn(folder), { safeIntegers: true })
  const [integrity] = database.query('PRAGMA integrity_check').values()
  const stored = new Map<string, string>()
  const sums = new Map<string, bigint>()
  for (const [identity, user, quantity] of database
    .query('SELECT identity, user_id, quantity FROM usage_records')
    .values()) {
    stored.set(String(identity), `${user} ${quantity}`)
    sums.set(String(user), (sums.get(String(user)) ?? 0n) + BigInt(String(quantity)))
  }
  const totals = database.query('SELECT user_id, sum(quantity) FROM usage_totals GROUP BY user_id').values()
  const days = database.query('SELECT user_id, sum(quantity) FROM usage_days GROUP BY user_id').values()
  database.close()
  const lost = [...acknowledged]
    .filter(([id, { user, seconds }]) => stored.get(`event:${id}`) !== `${user} ${seconds * 1_000_000}`)
    .map(([id]) => `${id} was acknowledged and is not there`)
  const uneven = [...totals, ...days]
    .filter(([user, sum]) => sums.get(String(user)) !== sum)
    .map(([user, sum]) => `the total of ${user} is ${sum}, its records add up to ${sums.get(String(user))}`)
  return [...(integrity?.[0] === 'ok' ? [] : [`integrity_check says ${integrity?.[0]}`]), ...lost, ...uneven]
}
