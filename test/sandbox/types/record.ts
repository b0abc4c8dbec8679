import { appendFileSync } from 'node:fs'
import { type Shape, structureOf } from './structure.ts'

// Loaded before a test run (`bun test --preload`), it writes down each distinct shape a simulator answers with. It
// stands in front of every server of the process and keeps to those answers that carry Stripe's headers.
const file = process.env.SIM_SHAPES
const seen = new Set<string>()

function keep(shape: Shape): void {
  const structure = `${shape.kind} ${structureOf(shape.body)}`
  if (seen.has(structure)) return
  seen.add(structure)
  if (file) appendFileSync(file, `${JSON.stringify(shape)}\n`)
}

function keepAnswer(from: string, body: unknown): void {
  if (typeof body !== 'object' || body === null) return
  const fields: Record<string, unknown> = { ...body }
  const elements = Array.isArray(fields.data) && typeof fields.id !== 'string' ? fields.data : undefined
  if (typeof fields.error === 'object') {
    keep({ kind: 'error', from, body: fields.error })
  } else if (elements) {
    for (const element of elements) keepAnswer(from, element)
    keep({ kind: listKind(fields), from, body: { ...fields, data: [] } })
  } else if (Object.keys(fields).length > 0) {
    // An empty answer has no shape: the stream of meter events gives none, and the SDK's type for it is void.
    keep({ kind: String(fields.object ?? 'nameless'), from, body })
  }
}

// The second API's lists have no name.
const listKind = (fields: Record<string, unknown>) => (fields.object === undefined ? 'v2.list' : String(fields.object))

interface Answer {
  readonly headers: Pick<Headers, 'has' | 'get'>
  readonly text: () => Promise<string>
}

async function record(request: Request, response: Answer): Promise<void> {
  const isStripes = response.headers.has('request-id') && response.headers.has('stripe-version')
  if (!isStripes || !response.headers.get('content-type')?.includes('json')) return
  const text = await response.text()
  keepAnswer(`${request.method} ${new URL(request.url).pathname}`, JSON.parse(text))
}

type Handler = (this: unknown, request: Request, server: unknown) => Promise<Response | undefined>

if (file) {
  const serve: unknown = Bun.serve
  const recording = (options: { fetch?: Handler }) => {
    const { fetch } = options
    if (typeof serve !== 'function') throw new Error('there is nothing to stand in front of')
    if (!fetch) return serve.call(Bun, options)
    const recorded: Handler = async function (request, server) {
      const response = await fetch.call(this, request, server)
      if (response) await record(request, response.clone())
      return response
    }
    return serve.call(Bun, { ...options, fetch: recorded })
  }
  Reflect.set(Bun, 'serve', recording)
}
