import type { Breakdown } from '../faults/strike.ts'
import { isRealPath } from '../resources/not-yet.ts'
import type { Turn } from '../turn.ts'
import { apiVersion } from '../wire.ts'
import { type Answer, asFailure, failed, freshRequestId, toResponse } from './answer.ts'
import { authenticate, type Caller, keyOf } from './authentication.ts'
import { type Call, read, write } from './execute.ts'
import { Failure, invalid, unauthenticated, unsupported } from './failure.ts'
import { type FormFields, parseForm } from './form.ts'
import { formOfJson } from './json-form.ts'
import { inTodaysWords } from './older-versions.ts'
import type { Match } from './route.ts'
import type { Turnstile } from './turnstile.ts'

export interface ApiPorts {
  readonly find: (method: string, path: string) => Match | undefined
  readonly turnFor: (requestId: string | null, idempotencyKey: string | null) => Turn
  /** Runs a change in a transaction; the promise settles when it is on disk. */
  readonly change: <T>(work: (turn: Turn) => T, requestId: string, idempotencyKey: string | null) => Promise<T>
  readonly undoable: <T>(work: () => T) => T
  readonly turnstile: Turnstile
}

/** Answers one call of Stripe's API. */
export async function answerApi(ports: ApiPorts, request: Request, url: URL, breakdown?: Breakdown): Promise<Response> {
  const requestId = freshRequestId()
  const idempotencyKey = request.method === 'POST' ? request.headers.get('idempotency-key') : null
  const envelope = {
    requestId,
    version: request.headers.get('stripe-version'),
    method: request.method,
    idempotencyKey,
    browser: request.headers.has('origin'),
  }
  const answer = await settle(ports, request, url, { requestId, idempotencyKey, breakdown })
  return toResponse(answer, { ...envelope, now: ports.turnFor(requestId, null).now() })
}

async function settle(
  ports: ApiPorts,
  request: Request,
  url: URL,
  { requestId, idempotencyKey, breakdown }: Pick<Call, 'requestId' | 'idempotencyKey' | 'breakdown'>,
): Promise<Answer> {
  try {
    const form = await formOf(request, url)
    const match = admit(ports, request, url, form)
    const { key: _key, ...rest } = form
    const version = request.headers.get('stripe-version')
    const sent = inTodaysWords(url.pathname, version, match.route.client ? form : rest)
    const call = { match, method: request.method, path: url.pathname, form: sent, requestId, idempotencyKey, breakdown }
    if (request.method === 'GET') return breakdown?.answer(requestId) ?? read(ports.turnFor(requestId, null), call)
    checkKey(idempotencyKey)
    const leave = ports.turnstile.enter(ports.turnFor(requestId, null), call.method, call.path, call.form)
    return await commit(ports, call).finally(leave)
  } catch (reason) {
    return failed(asFailure(reason), requestId)
  }
}

const commit = (ports: ApiPorts, call: Call) =>
  ports.change((turn) => write(turn, call, ports.undoable), call.requestId, call.idempotencyKey)

async function formOf(request: Request, url: URL): Promise<FormFields> {
  if (request.method !== 'POST') return parseForm(url.search.slice(1))
  const body = await request.text()
  if (url.pathname.startsWith('/v2/')) return formOfJson(body)
  const type = request.headers.get('content-type') ?? ''
  if (type.includes('json') || /^\s*[{[]/.test(body)) throw jsonRefused()
  if (type.includes('multipart/')) throw unsupported('multipart bodies')
  const query = url.search.slice(1)
  return parseForm(query === '' ? body : `${query}&${body}`)
}

const jsonRefused = () =>
  invalid(
    'Invalid request: your POST data is JSON, but this API takes form-encoded parameters (Content-Type: application/x-www-form-urlencoded). See https://stripe.com/docs/api for how to send them.',
  )

/** Key first, then path, then version: the order in which Stripe complains. */
function admit(ports: ApiPorts, request: Request, url: URL, form: FormFields): Match {
  const match = ports.find(request.method, url.pathname)
  const caller = callerOf(ports, request, form, match)
  if (!match)
    throw isRealPath(url.pathname) ? unsupported(`${request.method} ${url.pathname}`) : unknownPath(request, url)
  if (caller === 'browser') requireClient(match, form)
  checkVersion(request.headers.get('stripe-version'))
  return match
}

function callerOf(ports: ApiPorts, request: Request, form: FormFields, match: Match | undefined): Caller {
  if (!match?.route.admits) return authenticate(request, form)
  match.route.admits(ports.turnFor(null, null), keyOf(request, form))
  return 'server'
}

// Shape of the sentence as Stripe answers it.
function unknownPath(request: Request, url: URL): Failure {
  return new Failure(404, {
    type: 'invalid_request_error',
    message:
      `Unrecognized request URL (${request.method}: ${url.pathname}). Please see https://stripe.com/docs or we can ` +
      'help at https://support.stripe.com/.',
  })
}

function requireClient(match: Match, form: FormFields): void {
  const needsSecret = match.ids.length > 0
  if (match.route.client && (!needsSecret || typeof form.client_secret === 'string')) return
  throw unauthenticated(
    'This API call cannot be made with a publishable API key. Please use a secret API key. You can find a list of your API keys at https://dashboard.stripe.com/account/apikeys.',
  )
}

function checkVersion(version: string | null): void {
  if (version !== null && !isVersion(version)) {
    throw invalid(`Invalid Stripe API version: ${version}. You do not need to set this parameter.`)
  }
}

// Versions are named by their day, since 2024 with a word after it; none is of later than the one spoken here.
function isVersion(version: string): boolean {
  const [, day] = /^(20\d\d-\d\d-\d\d)(\.[a-z]+)?$/.exec(version) ?? []
  if (day === undefined || day > apiVersion.slice(0, day.length)) return false
  const at = Date.parse(day)
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(day)
}

function checkKey(key: string | null): void {
  if (key !== null && key.length > 255) {
    throw new Failure(400, {
      type: 'idempotency_error',
      message: 'The idempotency key provided is too long. It can be at most 255 characters.',
    })
  }
}
