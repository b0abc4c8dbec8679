import { join } from 'node:path'
import { hasRoute, type Installation, install, USUAL } from '../ours.ts'
import { generateLoad, type Served, serve } from '../processes.ts'
import { type Result, valueFigure } from '../report.ts'
import { type Bench, type Contender, inTurn } from '../rounds.ts'
import { CHECK, STATUS } from './reading.ts'

const READERS = 4
const SLOW_COMMIT_MS = 5
/** A commit that was slowed down cannot be answered sooner; a little is left to the clocks. */
const LEAST_SLOW_MS = SLOW_COMMIT_MS * 0.95

/** How long a question waits while usage is recorded at full rate, on this disk and on one with slow fsyncs. */
export async function checking(bench: Bench): Promise<Result> {
  const normal = await serve(await install(bench.options.server, bench.folder('checking')))
  const slow = await serve(slowed(await install(bench.options.server, bench.folder('slow-disk'))))
  const hasCheck = await hasRoute(normal.port, 'GET', CHECK.replace('{user}', 'user_00000'))
  const [question, path] = hasCheck ? ['check', CHECK] : ['subscription-status', STATUS]
  const alone = `${question}, ${READERS} connections, alone`
  const beside = `${question} beside full recording`
  const slowly = `${beside}, every commit + ${SLOW_COMMIT_MS} ms`

  const commit = await commitTime(slow)
  const measured = await inTurn(bench, 'checking', [
    asking(bench, alone, normal, path, false),
    asking(bench, beside, normal, path, true),
    asking(bench, slowly, slow, path, true),
  ])
  for (const server of [normal, slow]) await server.stop()
  return {
    suite: 'checking while recording',
    measured,
    figures: [
      valueFigure(measured, beside, 'p99', { atMost: 10 }),
      valueFigure(measured, slowly, 'p99', { atMost: 10 }),
    ],
    notes: [
      ...(hasCheck ? [] : ['entitlements/check was not there: subscription-status stood in for it.']),
      ...(commit >= LEAST_SLOW_MS
        ? []
        : [`The commits could NOT be slowed down (p50 ${commit.toFixed(2)} ms): that row means nothing.`]),
    ],
  }
}

function slowed(installation: Installation): Installation {
  const [program = '', ...argv] = installation.command
  const preload = ['--preload', join(import.meta.dir, '../slow-disk.ts')]
  const environment = { ...installation.environment, SLOW_COMMIT_MS: String(SLOW_COMMIT_MS) }
  return { ...installation, command: [program, ...preload, ...argv], environment }
}

function asking(bench: Bench, name: string, server: Served, path: string, whileRecording: boolean): Contender {
  const { seconds } = bench.options
  const ask = { ...USUAL, port: server.port, workload: { kind: 'get', path }, connections: READERS, seconds } as const
  return {
    name,
    async measure() {
      const recording = whileRecording ? record(server, 64, seconds + 1) : null
      const outcome = await generateLoad(ask)
      await recording
      return outcome
    },
  }
}

async function commitTime(server: Served): Promise<number> {
  return (await record(server, 1, 0.5)).p50
}

function record({ port }: Served, connections: number, seconds: number) {
  const tokens = { of: 'backend', scope: 'metering' } as const
  return generateLoad({ ...USUAL, port, workload: { kind: 'record' }, tokens, connections, seconds })
}
