import type { Database } from 'bun:sqlite'
import type { Clock } from './clock.ts'
import { clockState, moveClock } from './clock-control.ts'
import { answering, sentTo } from './control/body.ts'
import { answerSurface, type SurfacePorts } from './control/surfaces.ts'
import { allSettings, changeSettings } from './engine/settings.ts'
import { asFailure } from './http/answer.ts'
import { Failure } from './http/failure.ts'
import type { FormFields } from './http/form.ts'
import { afterwards, authenticate, authenticationPage, intentCalled } from './pages/authentication.ts'
import { answerHosted } from './pages/hosted.ts'
import { invoicePage } from './pages/invoice.ts'
import { actOnInvoice } from './pages/invoice-actions.ts'
import { invoicePdf } from './pages/invoice-pdf.ts'
import { html, page } from './pages/layout.ts'
import { keepingConnection } from './resources/connection.ts'
import { emptyDatabase } from './store/database.ts'
import type { Timekeeper } from './timekeeper.ts'
import type { Turn } from './turn.ts'

export interface ControlPorts extends SurfacePorts {
  readonly database: Database
  readonly clock: Clock
  readonly time: Timekeeper
}

/** What Stripe does not have: the simulator's own switches under /_sim, and the pages its objects link to. */
export async function answerControl(ports: ControlPorts, request: Request, url: URL): Promise<Response | undefined> {
  const [first] = url.pathname.slice(1).split('/')
  // A page elsewhere on the web must not be able to press these buttons.
  const changes = request.method !== 'GET' && request.method !== 'OPTIONS'
  if (changes && !url.pathname.startsWith('/v') && request.headers.get('sec-fetch-site') === 'cross-site') {
    return new Response('cross-site', { status: 403 })
  }
  const surface = first === '_sim' ? await answerSurface(ports, request, url) : undefined
  if (surface) return surface
  const hosted = await answerHosted(ports, request, url)
  if (hosted) return hosted
  const answer = await (request.method === 'GET' ? look(ports, url) : press(ports, request, url))
  return answer ?? (first === '_sim' ? nothingThere(request, url) : undefined)
}

async function look(ports: ControlPorts, url: URL): Promise<Response | undefined> {
  const [first, second = '', third] = url.pathname.slice(1).split('/')
  if (first === 'invoices')
    return third === 'pdf' ? invoicePdf(ports.turn(), second) : invoicePage(ports.turn(), second)
  if (first === 'authenticate') return authenticationPage(ports.turn(), second)
  if (url.pathname === '/_sim/health') return Response.json({ status: 'ok' })
  if (url.pathname === '/_sim/clock') return Response.json(clockState(ports.clock, ports.time))
  if (url.pathname === '/_sim/settings') return Response.json(allSettings(ports.turn()))
  return url.pathname === '/' ? frontPage() : undefined
}

async function press(ports: ControlPorts, request: Request, url: URL): Promise<Response | undefined> {
  if (request.method !== 'POST') return undefined
  const [first, second = '', third = '', fourth] = url.pathname.slice(1).split('/')
  const changing = (work: (turn: Turn, sent: FormFields) => object) =>
    answering(async () => {
      const sent = await sentTo(request)
      return ports.change((turn) => work(turn, sent))
    })
  if (first === 'invoices') return actOnInvoice(ports, second, await request.text())
  if (first === 'authenticate') return decide(ports, second, request)
  if (url.pathname === '/_sim/reset') return reset(ports)
  if (url.pathname === '/_sim/settings') return changing(changeSettings)
  if (url.pathname === '/_sim/clock') {
    return answering(async () => moveClock(ports.clock, ports.time, await sentTo(request)))
  }
  const intents = ['payment_intents', 'setup_intents'].includes(second)
  if (first === '_sim' && intents && fourth === 'authenticate') {
    return changing((turn, sent) => authenticate(turn, third, sent.outcome))
  }
  return undefined
}

const nothingThere = (request: Request, url: URL) =>
  answering(() => {
    const message = `There is no ${request.method} ${url.pathname} here. docs/simulator.md lists what there is under /_sim.`
    throw new Failure(404, { type: 'invalid_request_error', message })
  })

function frontPage(): Response {
  return page(
    'Stripe simulator',
    html`<h1>Stripe simulator</h1><p>It speaks Stripe's API under /v1. <a href="/_sim/requests">Last requests</a></p>`,
  )
}

async function reset(ports: ControlPorts): Promise<Response> {
  ports.faults.clear()
  await ports.change((turn) => keepingConnection(turn, () => emptyDatabase(ports.database)))
  return Response.json({ status: 'ok' })
}

async function decide(ports: ControlPorts, id: string, request: Request): Promise<Response> {
  const before = intentCalled(ports.turn(), id)
  const returnUrl = before?.next_action?.redirect_to_url?.return_url ?? undefined
  try {
    const { outcome } = await sentTo(request)
    const intent = await ports.change((turn) => authenticate(turn, id, outcome))
    return afterwards(intent, returnUrl)
  } catch (reason) {
    return page('Card authentication', html`<h1>${asFailure(reason).message}</h1>`, 400)
  }
}
