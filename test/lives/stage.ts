import { join } from 'node:path'
import { Stripe } from 'stripe'
import { FOLLOWED_OBJECTS } from '../../src/domain/event-types.ts'
import { type Answer, startTestServer, type TestServer, tokenOf, untilQuiet } from '../support/server.ts'
import { sortedEntries, stripeTruth } from '../support/stripe-truth.ts'
import { until } from '../support/until.ts'
import { differenceOf } from './matching.ts'
import type { Call, Step, Story } from './story.ts'

const FOLLOWED = new Set(FOLLOWED_OBJECTS.flatMap(({ types }) => types))
const BEGINNING = '2040-01-10T12:00'
const USER = 'ann'

/** What a step shows: everything that a story may expect of it. */
export interface Seen {
  readonly answer: Answer['body']
  readonly answers: readonly number[]
  readonly status: Answer['body']
  readonly access: string
  readonly invoices: readonly string[]
  readonly history: readonly string[]
  readonly events: readonly string[]
}

/** Plays a story on a program and a simulator of its own, and gives what is seen after each step to `look`. */
export async function play(story: Story, look: (step: Step, seen: Seen, index: number) => void): Promise<void> {
  const server = await startTestServer(variablesOf(story))
  try {
    const stage = await createStage(server, story.begins ?? BEGINNING)
    for (const [index, step] of story.steps.entries()) look(step, await stage.act(step), index)
  } finally {
    await server.stop()
  }
}

function variablesOf({ catalogue, with: variables = {} }: Story): Record<string, string> {
  if (catalogue === undefined) return variables
  return { ...variables, PLANS_FILE: join(import.meta.dir, `catalogues/${catalogue}.json`) }
}

async function createStage(server: TestServer, begins: string) {
  let stripe = clientOf(server)
  let isLost = false
  const lost = new Set<string>()
  const values = new Map<string, string>()
  let known = new Map<string, string>()
  let newestEvent: string | null = null
  /** Newest first, those that were deleted since among them. */
  const met: string[] = []

  const filled = (text: string) =>
    text
      .replace(/\{(\d+) minutes ago\}/g, (_, count) => new Date(Date.now() - Number(count) * 60_000).toISOString())
      .replace(/\{(\w+)\}/g, (whole, name) => values.get(name) ?? whole)
  const filledIn = <T>(content: T): T => JSON.parse(filled(JSON.stringify(content)))

  async function call({ call, body, as = USER, scope = 'usage:write', key }: Call): Promise<Answer> {
    const [method = '', path = ''] = filled(call).split(' ')
    const token = await tokenOf(as, scope)
    const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key }
    return server.call(method, path, token, body === undefined ? undefined : filledIn(body), headers)
  }

  async function atStripe(request: string, body: Step['body'] = {}): Promise<Answer> {
    const [method = '', path = ''] = filled(request).split(' ')
    const form = new URLSearchParams(
      Object.fromEntries(Object.entries(filledIn(body)).map(([name, value]) => [name, String(value)])),
    )
    const address = path.startsWith('http') ? path : server.simulator + path
    const response = await fetch(address + (method === 'GET' && !path.includes('?') ? `?${form}` : ''), {
      method,
      headers: { authorization: 'Bearer sk_test_lives' },
      redirect: 'manual',
      ...(method === 'POST' ? { body: form } : {}),
    })
    const text = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      body: text.startsWith('{') ? JSON.parse(text) : { text },
    }
  }

  async function moveClock(move: string): Promise<void> {
    const body = move.startsWith('+')
      ? { advance: move.slice(1) }
      : { to: Date.parse(move.includes('T') ? `${move}Z` : `${move}T00:00Z`) / 1_000 }
    const moved = await atStripe('POST /_sim/clock', body)
    if (moved.status !== 200) throw new Error(`The clock did not move to ${move}: ${JSON.stringify(moved.body)}`)
  }

  /** Usage is reported a while after it happened, by no event that could be waited for. */
  async function untilReported(expected: Readonly<Record<string, number>>): Promise<void> {
    for (const [service, amount] of Object.entries(expected)) {
      const seen = await until(
        () => metered(service),
        (total) => total === amount,
      )
      if (seen !== amount) throw new Error(`Stripe's meter of ${service} holds ${seen}, not ${amount}.`)
    }
  }

  async function metered(service: string): Promise<number> {
    const meter = (await stripe.billing.meters.list()).data.find(({ event_name }) => event_name === service)
    const [customer = ''] = await customers()
    const { body: clock } = await atStripe('GET /_sim/clock')
    const end_time = Math.ceil((clock.now + 600) / 60) * 60
    const within = { customer, start_time: end_time - 90 * 86_400, end_time }
    const { data } = await stripe.billing.meters.listEventSummaries(meter?.id ?? '', within)
    return data.reduce((sum, { aggregated_value }) => sum + aggregated_value, 0)
  }

  async function customers(): Promise<readonly string[]> {
    const found: string[] = []
    for await (const { id, metadata } of stripe.customers.list({ limit: 100 }))
      if (metadata.user_id === USER) found.push(id)
    return found
  }

  async function changedInvoices(): Promise<readonly string[]> {
    const now = new Map<string, string>()
    for (const customer of met)
      for (const invoice of (await stripe.invoices.list({ customer, limit: 100 })).data.reverse())
        if (invoice.status !== 'draft') now.set(invoice.id, invoiceText(invoice))
    const changed = [...now].filter(([id, text]) => known.get(id) !== text).map(([, text]) => text)
    known = now
    return changed
  }

  async function newEvents(): Promise<readonly string[]> {
    const types: string[] = []
    let newest: string | null = null
    for await (const { id, type } of stripe.events.list({ limit: 100 })) {
      newest ??= id
      if (id === newestEvent) break
      types.unshift(type)
    }
    newestEvent = newest
    return types
  }

  /** What we tell is what Stripe holds, after every step of every life whose news were not lost. */
  async function expectSameAsStripe(told: Answer['body'], charged: Answer['body']) {
    const truths = await Promise.all(met.map((customer) => stripeTruth(stripe, customer)))
    const truth = truths.find(({ status }) => status.status !== null) ?? truths[0]
    if (truth === undefined) return
    const history = sortedEntries(truths.flatMap(({ history }) => history))
    const difference =
      differenceOf(truth.status, told) ?? differenceOf(history, sortedEntries(charged.payments), '.history')
    if (difference !== null) throw new Error(`Stripe holds something else than we tell; ${difference}`)
  }

  async function loseNews(): Promise<void> {
    await atStripe('POST /_sim/faults', { target: 'deliveries', effect: 'drop', rate: 1 })
    isLost = true
  }

  async function startAgain(): Promise<void> {
    const missed: string[] = []
    for await (const { id, type } of stripe.events.list({ delivery_success: false, limit: 100 })) {
      lost.add(id)
      if (FOLLOWED.has(type)) missed.push(id)
    }
    await atStripe('DELETE /_sim/faults')
    await server.restart()
    stripe = clientOf(server)
    isLost = false
    for (const id of missed) await until(() => isInInbox(id), Boolean)
  }

  async function isInInbox(event: string): Promise<boolean> {
    const { status } = await server.call('GET', `/admin/webhooks/${event}`, await tokenOf('olga', 'operator'))
    return status === 200
  }

  async function act(step: Step): Promise<Seen> {
    if (step.lost && !isLost) await loseNews()
    const answers: readonly Answer[] = step.together
      ? await Promise.all(step.together.map(call))
      : step.call !== undefined
        ? [await call({ ...step, call: step.call })]
        : step.stripe !== undefined
          ? [await atStripe(step.stripe, step.body)]
          : []
    if (step.clock !== undefined) await moveClock(step.clock)
    if (step.restart) await startAgain()
    if (step.reported !== undefined) await untilReported(step.reported)
    if (!isLost) await untilQuiet(server, stripe, lost)
    const [first] = answers
    for (const [name, value] of Object.entries(first?.body ?? {}))
      if (typeof value === 'string') values.set(name, value)
    for (const [name, path] of Object.entries(step.save ?? {})) values.set(name, String(at(first?.body, path)))
    const [toConfirm] = values.get('client_secret')?.split('_secret') ?? []
    if (toConfirm !== undefined) values.set('to_confirm', toConfirm)
    const token = await tokenOf(USER)
    const { body: status } = await server.call('GET', '/payments/subscription-status', token)
    const { body: charged } = await server.call('GET', '/payments/billing-history?limit=100', token)
    const all = await customers()
    met.unshift(...all.filter((customer) => !met.includes(customer)))
    if (all[0] !== undefined) values.set('customer', all[0])
    if (!isLost) await expectSameAsStripe(status, charged)
    return {
      answer: first ? { http: first.status, ...first.body } : {},
      answers: answers.map((answer) => answer.status).sort(),
      status,
      access: `${status.access.allowed ? 'yes' : 'no'}: ${status.access.reason}`,
      invoices: await changedInvoices(),
      history: charged.payments.map(entryText).reverse(),
      events: await newEvents(),
    }
  }

  await moveClock(begins)
  await untilQuiet(server, stripe)
  await newEvents()
  return { act }
}

function clientOf(server: TestServer): Stripe {
  const { hostname, port } = new URL(server.simulator)
  return new Stripe('sk_test_lives', { host: hostname, port, protocol: 'http', telemetry: false })
}

/** `data.0.id` of an answer. */
function at(body: Answer['body'], path: string): unknown {
  return path.split('.').reduce((value, name) => value?.[name], body)
}

function invoiceText({ total, status, lines }: Stripe.Invoice): string {
  return `${total} ${status}: ${lines.data.map(({ amount, description }) => `${amount} ${description}`).join('; ')}`
}

function entryText({ kind, amount, status }: Answer['body']): string {
  return `${kind} ${amount} ${status}`
}
