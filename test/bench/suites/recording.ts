import { join } from 'node:path'
import type { Outcome, Tokens } from '../load/workload.ts'
import { type Installation, install, serveBaseline, USUAL } from '../ours.ts'
import { generateLoad, run, type Served, serve } from '../processes.ts'
import { type Figure, type Result, ratioFigure, valueFigure } from '../report.ts'
import { type Bench, type Contender, inTurn } from '../rounds.ts'
import { countRecords } from '../seed.ts'

const OURS = 'record-usage'
const BARE = 'bare Elysia + jwt'
const CACHED = 'bare Elysia + jwt, tokens cached'
const OBVIOUS = 'obvious: Elysia + Drizzle'
const ECHO = 'Bun.serve echo'
const RAW = 'raw inserts, no HTTP'
const OWN = ', users’ own tokens'
const LOGGED = `${OURS}, a log line each`
const AGAINST = `${OURS}, the other build`
const RAW_BATCHES = ['64', '512', '1000', '4000']

const BACKEND: Tokens = { of: 'backend', scope: 'metering' }
const USERS_OWN: Tokens = { of: 'users', scope: 'usage:write' }

/** Durable recording beside servers that store nothing, and beside what one would write first. */
export async function recording(bench: Bench): Promise<Result> {
  const ours = await counted(await install(bench.options.server, bench.folder('ours')))
  const logged = await counted(await install(bench.options.server, bench.folder('logged'), { LOG_LEVEL: 'info' }))
  const { against } = bench.options
  const other = against && (await counted(await install(against, bench.folder('against'))))
  const folder = bench.folder('baselines')
  const echo = await serveBaseline('echo.ts', folder)
  const bare = await serveBaseline('bare.ts', folder)
  const cached = await serveBaseline('bare.ts', folder, 'cached')
  const obvious = await serveBaseline('obvious.ts', folder, join(folder, 'obvious.db'))
  const raw = await rawInserts(bench)

  const send = (name: string, to: { readonly port: number; heard?(outcome: Outcome): void }, tokens = BACKEND) => ({
    name,
    async measure() {
      const { seconds } = bench.options
      const outcome = await generateLoad({ ...USUAL, port: to.port, workload: { kind: 'record' }, tokens, seconds })
      to.heard?.(outcome)
      return outcome
    },
  })
  const contenders: readonly Contender[] = [
    send(ECHO, echo),
    send(BARE, bare),
    send(OURS, ours),
    ...(other ? [send(AGAINST, other)] : []),
    send(CACHED, cached),
    send(`${BARE}${OWN}`, bare, USERS_OWN),
    send(`${OURS}${OWN}`, ours, USERS_OWN),
    send(`${CACHED}${OWN}`, cached, USERS_OWN),
    send(OBVIOUS, obvious),
    send(LOGGED, logged),
    raw,
  ]
  const measured = await inTurn(bench, 'recording', contenders)
  for (const server of [echo, bare, cached, obvious]) await server.stop()
  const notes = [await ours.checked(), await logged.checked(), ...(other ? [await other.checked()] : [])]
  const ratio = (name: string, base: string, bound: Figure['bound'] = null) => ratioFigure(measured, name, base, bound)
  return {
    suite: 'recording',
    measured,
    figures: [
      ratio(OURS, BARE, { atLeast: 1 }),
      ratio(`${OURS}${OWN}`, `${BARE}${OWN}`, { atLeast: 1 }),
      ratio(OURS, OBVIOUS, { atLeast: 7 }),
      valueFigure(measured, OURS, 'p99', { atMost: 25 }),
      ratio(OURS, CACHED),
      ratio(`${OURS}${OWN}`, `${CACHED}${OWN}`),
      ratio(OURS, ECHO),
      ratio(OURS, RAW),
      ratio(LOGGED, OURS),
      ratio(LOGGED, BARE),
      ...(other ? [ratio(AGAINST, OURS)] : []),
    ],
    notes,
  }
}

/** Counts what was acknowledged, to hold the file against it at the end. */
async function counted(installation: Installation) {
  const served: Served = await serve(installation)
  let [answered, sent] = [0, 0]
  return {
    port: served.port,
    heard(outcome: Outcome) {
      answered += outcome.answered
      sent += outcome.sent
    },
    async checked(): Promise<string> {
      await served.stop()
      const stored = countRecords(installation.databaseFile)
      if (stored < answered || stored > sent)
        throw new Error(`${answered} records were acknowledged and ${sent} sent, but ${stored} are in the file.`)
      return `${answered.toLocaleString('en-US')} records were acknowledged, and the file holds ${stored.toLocaleString('en-US')}.`
    },
  }
}

/** The best batch is found once, before the rounds. */
async function rawInserts(bench: Bench): Promise<Contender> {
  const { server } = bench.options
  const once = async (batch: string, seconds: number, installation: Installation): Promise<number> => {
    const command = [process.execPath, join(import.meta.dir, '../raw-inserts.ts')]
    const argv = [installation.databaseFile, batch, String(seconds)]
    const printed = await run({ ...installation, command: [...command, ...argv] })
    return (JSON.parse(printed) as { readonly perSecond: number }).perSecond
  }
  const tries: { batch: string; perSecond: number }[] = []
  for (const batch of RAW_BATCHES)
    tries.push({ batch, perSecond: await once(batch, 1, await install(server, bench.folder('raw-try'))) })
  const best = tries.toSorted((a, b) => b.perSecond - a.perSecond)[0]?.batch ?? '512'
  const installation = await install(server, bench.folder('raw'))
  return {
    name: RAW,
    async measure() {
      const perSecond = await once(best, bench.options.seconds, installation)
      return { perSecond, p50: Number.NaN, p99: Number.NaN, statuses: { 200: 1 }, answered: 0, sent: 0 }
    },
  }
}
