import type { Database } from 'bun:sqlite'
import type { Clock } from './clock.ts'
import { runDueWork } from './engine/due.ts'
import { asFailure, failed } from './http/answer.ts'
import { invalid, unsupported } from './http/failure.ts'
import { parseForm } from './http/form.ts'
import { afterwards, authenticate, authenticationPage, intentCalled } from './pages/authentication.ts'
import { invoicePage } from './pages/invoice.ts'
import { html, page } from './pages/layout.ts'
import type { LoggedRequest } from './request-log.ts'
import { keepingConnection } from './resources/connection.ts'
import { emptyDatabase } from './store/database.ts'
import type { Turn } from './turn.ts'

export interface ControlPorts {
  readonly database: Database
  readonly turn: () => Turn
  readonly change: <T>(work: (turn: Turn) => T) => Promise<T>
  readonly clock: Clock
  readonly requests: () => readonly LoggedRequest[]
}

/** What Stripe does not have: the simulator's own switches under /_sim, and the pages its objects link to. */
export async function answerControl(ports: ControlPorts, request: Request, url: URL): Promise<Response | undefined> {
  const [first = '', second = '', third = '', fourth = ''] = url.pathname.slice(1).split('/')
  if (request.method === 'GET') {
    if (first === 'invoices') return invoicePage(ports.turn(), second)
    if (first === 'authenticate') return authenticationPage(ports.turn(), second)
    if (url.pathname === '/_sim/health') return Response.json({ status: 'ok' })
    if (url.pathname === '/_sim/requests') return Response.json({ data: ports.requests() })
    return url.pathname === '/' ? frontPage() : undefined
  }
  if (request.method !== 'POST') return undefined
  // A page elsewhere on the web must not be able to press these buttons.
  if (request.headers.get('sec-fetch-site') === 'cross-site') return new Response('cross-site', { status: 403 })
  if (first === 'authenticate') return decide(ports, second, await request.text())
  if (url.pathname === '/_sim/reset') return reset(ports)
  if (url.pathname === '/_sim/clock') return answered(ports, moveClock, await request.text())
  const intents = ['payment_intents', 'setup_intents'].includes(second)
  if (first === '_sim' && intents && fourth === 'authenticate') {
    return answered(ports, (turn, sent) => authenticate(turn, third, sent.outcome), await request.text())
  }
  return undefined
}

function frontPage(): Response {
  return page(
    'Stripe simulator',
    html`<h1>Stripe simulator</h1><p>It speaks Stripe's API under /v1. <a href="/_sim/requests">Last requests</a></p>`,
  )
}

async function reset(ports: ControlPorts): Promise<Response> {
  await ports.change((turn) => keepingConnection(turn, () => emptyDatabase(ports.database)))
  return Response.json({ status: 'ok' })
}

async function decide(ports: ControlPorts, id: string, body: string): Promise<Response> {
  const before = intentCalled(ports.turn(), id)
  const returnUrl = before?.next_action?.redirect_to_url?.return_url ?? undefined
  try {
    const intent = await ports.change((turn) => authenticate(turn, id, fieldsOf(body).outcome))
    return afterwards(intent, returnUrl)
  } catch (reason) {
    return page('Card authentication', html`<h1>${asFailure(reason).message}</h1>`, 400)
  }
}

/** Answers a change made by a body of fields, its refusals in the form of Stripe's errors. */
async function answered(
  ports: ControlPorts,
  work: (turn: Turn, sent: Fields, ports: ControlPorts) => object,
  body: string,
): Promise<Response> {
  try {
    return Response.json(await ports.change((turn) => work(turn, fieldsOf(body), ports)))
  } catch (reason) {
    const { status, body: text } = failed(asFailure(reason), 'req_control')
    return new Response(text, { status, headers: { 'content-type': 'application/json' } })
  }
}

/** Moves business time forward; what falls due on the way happens at its own time before this is answered. */
function moveClock(turn: Turn, sent: Fields, { clock }: ControlPorts): object {
  const seconds = Number(sent.advance)
  if (!Number.isSafeInteger(seconds) || seconds < 0) throw invalid('advance must be a number of seconds', 'advance')
  requireNoRenewal(turn, turn.now() + seconds)
  clock.setOffset(clock.offset() + seconds)
  runDueWork(turn)
  return { now: clock.now(), offset: clock.offset() }
}

// Renewals are not simulated yet: time must not pass them by as if nothing were due.
function requireNoRenewal(turn: Turn, until: number): void {
  const renewing = turn.store.objects.select('subscription').find(({ status, cancel_at, items }) => {
    const end = Math.min(...items.data.map((item) => item.current_period_end))
    return ['active', 'past_due', 'unpaid'].includes(status) && (cancel_at === null || cancel_at > end) && end <= until
  })
  if (renewing) throw unsupported(`moving the clock past the renewal of ${renewing.id}`)
}

type Fields = Readonly<Record<string, unknown>>

/** Taken as JSON or as a form, whichever is handier to send. */
function fieldsOf(body: string): Fields {
  if (!body.trimStart().startsWith('{')) return parseForm(body)
  const sent: unknown = JSON.parse(body)
  return typeof sent === 'object' && sent !== null ? { ...sent } : {}
}
