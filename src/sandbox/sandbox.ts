import type { Database } from 'bun:sqlite'
import { createClock } from './clock.ts'
import { answerControl, type ControlPorts } from './control.ts'
import { type Courier, startCourier } from './delivery.ts'
import { runDueWork } from './engine/due.ts'
import { createRouter } from './http/route.ts'
import { type ApiPorts, answerApi } from './http/server.ts'
import { createRequestLog, type RequestLog } from './request-log.ts'
import { connectEndpoint } from './resources/connection.ts'
import { routes } from './routes.ts'
import { openDatabase } from './store/database.ts'
import { createStore } from './store/store.ts'
import { createWriter } from './store/writer.ts'
import { noCause, type Turn } from './turn.ts'

export interface SandboxOptions {
  /** 0 takes any free port. */
  readonly port: number
  /** A file of its own, or `:memory:`. */
  readonly databaseFile: string
  readonly log?: (line: string) => void
}

export interface Sandbox {
  /** Where it listens, without a slash at the end. */
  readonly url: string
  /**
   * Registers an endpoint for all events, with a secret of one's own choosing if given, and returns its signing
   * secret. It replaces the endpoint registered by an earlier call, in this run or before: what that one has not
   * received yet goes to the new address.
   */
  connectWebhook(url: string, secret?: string): string
  stop(): Promise<void>
}

const dayMs = 86_400_000

/** Starts the simulator on loopback. Its state is in the file: stopped and started again it is where it was. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const database = openDatabase(options.databaseFile)
  const store = createStore(database)
  const writer = createWriter(database)
  const clock = createClock(store.settings)
  const log = options.log ?? (() => {})
  const requests = createRequestLog()
  let courier: Courier | undefined

  const turn = (cause = noCause): Turn => ({ store, now: clock.now, cause, baseUrl: url })
  const change = <T>(work: (turn: Turn) => T, id: string | null = null, key: string | null = null): Promise<T> =>
    writer
      .submit(() => {
        doDueWork()
        return work(turn({ id, idempotency_key: key }))
      })
      .finally(() => courier?.wake())
  // A fault in what time brings about must not fail the request that happened to come by.
  function doDueWork(): void {
    try {
      writer.undoable(() => runDueWork(turn()))
    } catch (reason) {
      log(`due work failed: ${String(reason)}`)
    }
  }

  const find = createRouter(routes)
  const turnFor = (id: string | null, key: string | null) => turn({ id, idempotency_key: key })
  const api = { find, turnFor, change, undoable: writer.undoable }
  const control = { database, clock, turn, change, requests: requests.entries }
  const server = listen(options.port, database, requestHandler(control, api, requests, log))
  const url = `http://127.0.0.1:${server.port}`

  await change(() => store.idempotency.prune(Date.now() - dayMs))
  courier = startCourier({ store, writer, log })
  const dueTimer = setInterval(() => {
    const next = store.dueWork.next()
    if (next && next.at <= clock.now()) change(() => {}).catch((reason) => log(`due work failed: ${String(reason)}`))
  }, 1_000)

  return {
    url,
    connectWebhook: (endpointUrl, secret) => {
      const chosen = writer.now(() => connectEndpoint(turn(), endpointUrl, secret))
      courier?.wake()
      return chosen
    },
    stop: async () => {
      clearInterval(dueTimer)
      await Promise.race([server.stop(), Bun.sleep(patienceMs)])
      await server.stop(true)
      await courier?.stop()
      await writer.idle()
      database.close(false)
    },
  }
}

// How long requests under way may take to finish when it is stopped.
const patienceMs = 2_000

function requestHandler(control: ControlPorts, api: ApiPorts, requests: RequestLog, log: (line: string) => void) {
  return async (request: Request): Promise<Response> => {
    const started = performance.now()
    const address = new URL(request.url)
    if (!isLocal(address.hostname)) return new Response('The simulator answers local names only.', { status: 403 })
    const response =
      (await answerControl(control, request, address)) ??
      (request.method === 'OPTIONS' ? preflight() : await answerApi(api, request, address))
    if (response.status >= 500) log(`${request.method} ${address.pathname} answered ${response.status}`)
    requests.add({
      at: new Date().toISOString(),
      method: request.method,
      path: address.pathname,
      status: response.status,
      request_id: response.headers.get('request-id'),
      milliseconds: Math.round((performance.now() - started) * 10) / 10,
    })
    return response
  }
}

function listen(port: number, database: Database, fetch: (request: Request) => Promise<Response>) {
  try {
    return Bun.serve({ port, hostname: '127.0.0.1', fetch, maxRequestBodySize: 1 << 20, idleTimeout: 30 })
  } catch (reason) {
    database.close(false)
    const taken = reason instanceof Error && 'code' in reason && reason.code === 'EADDRINUSE'
    if (!taken) throw reason
    throw new Error(`port ${port} is taken; set SANDBOX_PORT to another, or 0 for any`, { cause: reason })
  }
}

/** A web page that made its own name point here (DNS rebinding) must not reach the simulator through it. */
const isLocal = (name: string) => ['127.0.0.1', 'localhost', '[::1]'].includes(name) || name.endsWith('.localhost')

/** A browser asks before it sends a card with a publishable key. */
function preflight(): Response {
  return new Response(null, {
    status: 204,
    headers: {
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'authorization, content-type, idempotency-key, stripe-version',
    },
  })
}
