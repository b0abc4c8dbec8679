import { join } from 'node:path'
import { hasRoute, type Installation, install, USUAL } from '../ours.ts'
import { generateLoad, type Served, serve } from '../processes.ts'
import { type Result, valueFigure } from '../report.ts'
import { type Bench, type Contender, inTurn } from '../rounds.ts'
import { CHECK, STATUS } from './reading.ts'

const READERS = 4
const SLOW_SYNC_MS = 5
/** A record on a slowed disk cannot be answered sooner; a little is left to the clocks. */
const LEAST_SLOW_MS = SLOW_SYNC_MS * 0.95

/** How long a question waits while usage is recorded at full rate, on this disk and on one with slow fsyncs. */
export async function checking(bench: Bench): Promise<Result> {
  const normal = await serve(await install(bench.options.server, bench.folder('checking')))
  const slow = await serve(slowed(await install(bench.options.server, bench.folder('slow-disk'))))
  const hasCheck = await hasRoute(normal.port, 'GET', CHECK.replace('{user}', 'user_00000'))
  const [question, path] = hasCheck ? ['check', CHECK] : ['subscription-status', STATUS]
  const alone = `${question}, ${READERS} connections, alone`
  const beside = `${question} beside full recording`
  const slowly = `${beside}, every fsync + ${SLOW_SYNC_MS} ms`

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
        : [
            `The fsyncs could NOT be slowed down (that takes Linux and a C compiler): the row that says so means nothing.`,
          ]),
    ],
  }
}

/** On Linux with a C compiler the server's fsyncs are made slow beneath it; elsewhere nothing is and the result says so. */
function slowed(installation: Installation): Installation {
  const library = join(installation.folder, 'slow-disk.so')
  const compiler = Bun.which('cc')
  const source = join(import.meta.dir, '../slow-disk.c')
  if (compiler === null || Bun.spawnSync([compiler, '-shared', '-fPIC', '-O2', source, '-o', library]).exitCode !== 0)
    return installation
  const environment = { ...installation.environment, LD_PRELOAD: library, SLOW_SYNC_MS: String(SLOW_SYNC_MS) }
  return { ...installation, environment }
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
