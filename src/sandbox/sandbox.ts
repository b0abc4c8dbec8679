import type { Database } from 'bun:sqlite'
import { createClock } from './clock.ts'
import { answerControl, type ControlPorts } from './control.ts'
import { type Courier, startCourier } from './delivery.ts'
import { createFaultBook } from './faults/book.ts'
import type { CallFault } from './faults/fault.ts'
import { createHeldKeys } from './faults/held-keys.ts'
import { strikeCall } from './faults/strike.ts'
import { createRouter } from './http/route.ts'
import { type ApiPorts, answerApi } from './http/server.ts'
import { createTurnstile } from './http/turnstile.ts'
import { createRequestLog, type RequestLog } from './request-log.ts'
import { connectEndpoint } from './resources/connection.ts'
import { routes } from './routes.ts'
import { openDatabase } from './store/database.ts'
import { KEY_SECONDS } from './store/idempotency.ts'
import { createStore } from './store/store.ts'
import { createWriter } from './store/writer.ts'
import { createTimekeeper } from './timekeeper.ts'
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
  /** Business time: how far it is ahead of the wall clock. */
  clock(): { readonly offsetSeconds: number }
  stop(): Promise<void>
}

/** Starts the simulator on loopback. Its state is in the file: stopped and started again it is where it was. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const database = openDatabase(options.databaseFile)
  const store = createStore(database)
  const writer = createWriter(database)
  const clock = createClock(store.settings, store.clocks)
  const log = options.log ?? (() => {})
  const requests = createRequestLog()
  const faults = createFaultBook()
  let courier: Courier | undefined

  const nextDecline = (customer: string | null) => faults.ofPayment(customer)?.code
  const turn = (cause = noCause): Turn => ({ store, now: clock.now, cause, baseUrl: url, nextDecline })
  const change = <T>(work: (turn: Turn) => T, id: string | null = null, key: string | null = null): Promise<T> =>
    writer
      .submit(() => {
        time.catchUp()
        return work(turn({ id, idempotency_key: key }))
      })
      .finally(() => {
        courier?.wake()
        time.wake()
      })
  const time = createTimekeeper({ store, writer, clock, turn, log, committed: () => courier?.wake() })

  const find = createRouter(routes)
  const turnFor = (id: string | null, key: string | null) => turn({ id, idempotency_key: key })
  const api = { find, turnFor, change, undoable: writer.undoable, turnstile: createTurnstile() }
  const control = {
    database,
    clock,
    time,
    turn,
    change,
    requests: requests.entries,
    faults,
    find,
    held: createHeldKeys(),
  }
  const server = listen(options.port, database, requestHandler(control, api, requests, log))
  const url = `http://127.0.0.1:${server.port}`

  await change(() => store.idempotency.prune(clock.now() - KEY_SECONDS))
  courier = startCourier({ store, writer, log, faults })
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
    clock: () => ({ offsetSeconds: clock.offset() }),
    stop: async () => {
      clearInterval(dueTimer)
      await time.stop()
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
  return async (request: Request, server: Server): Promise<Response> => {
    const started = performance.now()
    const address = new URL(request.url)
    if (!isLocal(address.hostname)) return new Response('The simulator answers local names only.', { status: 403 })
    const fault = isApi(address) ? control.faults.ofCall(request.method, address.pathname) : undefined
    // What is held up on purpose must not be ended by the server's own patience.
    // The same goes for a long way of the clock, which is answered when it has been gone.
    if (fault || address.pathname === '/_sim/clock') server.timeout(request, 0)
    const response = await answer(control, api, request, address, fault)
    if (response.status >= 500) log(`${request.method} ${address.pathname} answered ${response.status}`)
    requests.add({
      at: new Date().toISOString(),
      method: request.method,
      path: address.pathname,
      status: response.status,
      request_id: response.headers.get('request-id'),
      milliseconds: Math.round((performance.now() - started) * 10) / 10,
      idempotency_key: request.headers.get('idempotency-key'),
      fault: fault?.id ?? null,
    })
    return response
  }
}

type Server = Bun.Server<undefined>

const isApi = (address: URL) => /^\/v[12]\//.test(address.pathname)

async function answer(
  control: ControlPorts,
  api: ApiPorts,
  request: Request,
  address: URL,
  fault: CallFault | undefined,
): Promise<Response> {
  const strike = (found: CallFault) => strikeCall(found, (breakdown) => answerApi(api, request, address, breakdown))
  if (fault) return control.held.during(request, () => strike(fault))
  const refusal = control.held.refusal(request)
  if (refusal) return refusal
  const controlled = await answerControl(control, request, address)
  if (controlled) return controlled
  return request.method === 'OPTIONS' ? preflight() : answerApi(api, request, address)
}

function listen(port: number, database: Database, fetch: (request: Request, server: Server) => Promise<Response>) {
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
