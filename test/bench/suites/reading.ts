import { userName } from '../load/workload.ts'
import { hasRoute, install, serveBaseline, USERS, USUAL } from '../ours.ts'
import { generateLoad, type Served, serve } from '../processes.ts'
import { type Result, ratioFigure } from '../report.ts'
import { type Bench, type Contender, inTurn } from '../rounds.ts'
import { seedRecords } from '../seed.ts'

export const STATUS = '/payments/subscription-status?user_id={user}'
export const CHECK = '/payments/entitlements/check?service_type=voice_call&amount=1&user_id={user}'

const BARE = 'bare Elysia + jwt, GET'
const CACHED = 'bare Elysia + jwt, tokens cached, GET'
const OWN = ', users’ own tokens'
const FEW_USER = userName(0)
const MANY_USER = userName(1)
const FEW = 10

/** Questions that the app asks all the time, beside a route that only checks the token. */
export async function reading(bench: Bench): Promise<Result> {
  const installation = await install(bench.options.server, bench.folder('reading'))
  bench.progress(`reading: writing ${bench.options.manyRecords} records of one user`)
  seedRecords(installation.databaseFile, 0, 1, FEW)
  seedRecords(installation.databaseFile, 1, 1, bench.options.manyRecords)
  const ours = await serve(installation)
  const bare = await serveBaseline('bare.ts', bench.folder('baselines'))
  const cached = await serveBaseline('bare.ts', bench.folder('baselines'), 'cached')
  const hasCheck = await hasRoute(ours.port, 'GET', CHECK.replace('{user}', FEW_USER))
  const questions = [['subscription-status', STATUS] as const, ...(hasCheck ? [['check', CHECK] as const] : [])]
  const asking = get(bench)

  const measured = await inTurn(bench, 'reading', [
    asking(BARE, bare, STATUS, null),
    ...questions.flatMap(([name, path]) => [
      asking(name, ours, path, null),
      asking(`${name}, ${FEW} records`, ours, path, FEW_USER),
      asking(`${name}, ${bench.options.manyRecords} records`, ours, path, MANY_USER),
    ]),
    asking(CACHED, cached, STATUS, null),
    asking(`${BARE}${OWN}`, bare, STATUS, null, true),
    ...questions.map(([name, path]) => asking(`${name}${OWN}`, ours, path, null, true)),
  ])
  for (const server of [ours, bare, cached]) await server.stop()
  return {
    suite: `reading (${USERS} users)`,
    measured,
    figures: questions.flatMap(([name]) => [
      ratioFigure(measured, name, BARE, { atLeast: 0.6 }),
      ratioFigure(measured, `${name}${OWN}`, `${BARE}${OWN}`, { atLeast: 0.6 }),
      ratioFigure(measured, name, CACHED, null),
      ratioFigure(measured, `${name}, ${bench.options.manyRecords} records`, BARE, { atLeast: 0.6 }),
      ratioFigure(measured, `${name}, ${FEW} records`, `${name}, ${bench.options.manyRecords} records`, {
        atMost: 1.3,
      }),
    ]),
    notes: hasCheck ? [] : ['entitlements/check was skipped: the program does not have the route.'],
  }
}

/** Makes contenders that ask one path, of all users or of one. */
export function get(bench: Bench) {
  return (name: string, server: Served, path: string, onlyUser: string | null, own = false): Contender => ({
    name,
    measure: () =>
      generateLoad({
        ...USUAL,
        port: server.port,
        workload: { kind: 'get', path },
        ...(own ? { tokens: { of: 'users', scope: '' } } : {}),
        onlyUser,
        seconds: bench.options.seconds,
      }),
  })
}
