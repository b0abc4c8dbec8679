import { Elysia, t } from 'elysia'
import { describe, example } from './route-document.ts'

export interface ReadinessCheck {
  readonly status: 'ok' | 'degraded' | 'failed'
  /** What was found, in a sentence for the operator. */
  readonly detail: string
}

/** `degraded` still serves, with something missing that will come back; `unavailable` does not. */
export interface Readiness {
  readonly status: 'ready' | 'degraded' | 'unavailable'
  readonly checks: Readonly<Record<string, ReadinessCheck>>
}

interface Health {
  readonly version: string
  readonly readiness: () => Promise<Readiness>
}

/** For supervisors and load balancers: no answer means restart, `unavailable` (503) means send nobody here. */
export function health({ version, readiness }: Health) {
  return new Elysia({ name: 'health' })
    .get('/healthz', () => ({ status: 'ok' as const, version }), {
      response: t.NoValidate(alive),
      detail: describe({
        tag: 'Health',
        summary: 'Whether the program runs',
        description: 'For the supervisor: no answer means restart.',
        open: true,
        answers: {
          200: { description: 'It runs', examples: { ok: example('It runs', { status: 'ok', version: '0.1.0' }) } },
        },
      }),
    })
    .get('/readyz', async ({ set }) => withStatus(set, await readiness()), {
      response: { 200: t.NoValidate(ready), 503: t.NoValidate(ready) },
      detail: describe({
        tag: 'Health',
        summary: 'Whether the program can do its work',
        description: 'For the load balancer. `degraded` still serves; what is missing is among the checks.',
        open: true,
        answers: {
          200: { description: 'It serves', examples: { ready: example('All is well', READY) } },
          503: { description: 'It does not serve at the moment', examples: { failed: example('No disk', FAILED) } },
        },
      }),
    })
}

function withStatus(set: { status?: number | string }, readiness: Readiness): Readiness {
  set.status = readiness.status === 'unavailable' ? 503 : 200
  return readiness
}

const alive = t.Object({ status: t.Literal('ok'), version: t.String() })

const ready = t.Object({
  status: t.Union([t.Literal('ready'), t.Literal('degraded'), t.Literal('unavailable')]),
  checks: t.Record(
    t.String(),
    t.Object({
      status: t.Union([t.Literal('ok'), t.Literal('degraded'), t.Literal('failed')]),
      detail: t.String(),
    }),
  ),
})

const READY = { status: 'ready', checks: { storage: { status: 'ok', detail: 'The last write took 2 ms.' } } }
const FAILED = { status: 'unavailable', checks: { storage: { status: 'failed', detail: 'The disk is full.' } } }
