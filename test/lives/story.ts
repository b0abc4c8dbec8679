import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'

type Json = Readonly<Record<string, unknown>>

/** A request to our API. */
export interface Call {
  readonly call: string
  readonly body?: Json
  /** Whose token is sent; `ann` unless told. */
  readonly as?: string
  readonly scope?: string
  /** The Idempotency-Key. */
  readonly key?: string
}

/** One thing that happens, and what is seen when all events have arrived. Of what may happen exactly one is there. */
export interface Step extends Partial<Call> {
  /** Several requests at once. */
  readonly together?: readonly Call[]
  /** Until when, or by how much, business time moves: `2040-02-29`, `2040-02-29T01:00`, `+31d`. */
  readonly clock?: string
  /** A request to Stripe, as from the dashboard or a script; with a whole address, a button on a hosted page. */
  readonly stripe?: string
  /** Stripe's news do not arrive, so that what we tell may be old until the server is started again. */
  readonly lost?: true
  /** The server is stopped and started again; it fetches what it has missed. */
  readonly restart?: true
  /** `http` is the status; of the rest only what is written is compared. */
  readonly answer?: Json
  /** The HTTP statuses of `together`, in any order. */
  readonly answers?: readonly number[]
  /**
   * Names for values of the answer, for later steps: `{first: data.0.id}` is used as `{first}`. Its own texts have their
   * names without that; `{customer}` is the user's at Stripe, `{to_confirm}` what the last client secret belongs to,
   * `{30 minutes ago}` a time for `occurred_at`.
   */
  readonly save?: Readonly<Record<string, string>>
  /** What Stripe's meters hold of the user in the end, by service. */
  readonly reported?: Readonly<Record<string, number>>
  /** What GET /payments/subscription-status tells. */
  readonly status?: Json
  /** Whether calls may go on, and why: `yes: active`, `no: past_due`. */
  readonly access?: string
  /** All invoices made or changed by this step: `3900 paid: 3900 Pro`. */
  readonly invoices?: readonly string[]
  /** All of the billing history, oldest first: `invoice 3900 paid`. */
  readonly history?: readonly string[]
  /** Types of events that came of this step, in this order, others between them. */
  readonly events?: readonly string[]
  /** Types that must not have come. */
  readonly no_events?: readonly string[]
}

export interface Story {
  readonly life: string
  /** When business time begins; 10 January 2040, noon, unless told. */
  readonly begins?: string
  /** A file of `catalogues`; the built-in plans unless told. */
  readonly catalogue?: string
  /** Environment variables. */
  readonly with?: Readonly<Record<string, string>>
  readonly steps: readonly Step[]
}

const anyJson = Type.Record(Type.String(), Type.Unknown())
const call = {
  call: Type.String(),
  body: Type.Optional(anyJson),
  as: Type.Optional(Type.String()),
  scope: Type.Optional(Type.String()),
  key: Type.Optional(Type.String()),
}
const closed = { additionalProperties: false }
const step = Type.Object(
  {
    ...call,
    call: Type.Optional(call.call),
    together: Type.Optional(Type.Array(Type.Object(call, closed))),
    clock: Type.Optional(Type.String()),
    lost: Type.Optional(Type.Literal(true)),
    restart: Type.Optional(Type.Literal(true)),
    stripe: Type.Optional(Type.String()),
    answer: Type.Optional(anyJson),
    answers: Type.Optional(Type.Array(Type.Number())),
    save: Type.Optional(Type.Record(Type.String(), Type.String())),
    reported: Type.Optional(Type.Record(Type.String(), Type.Number())),
    status: Type.Optional(anyJson),
    access: Type.Optional(Type.String()),
    invoices: Type.Optional(Type.Array(Type.String())),
    history: Type.Optional(Type.Array(Type.String())),
    events: Type.Optional(Type.Array(Type.String())),
    no_events: Type.Optional(Type.Array(Type.String())),
  },
  closed,
)
const stories = Type.Array(
  Type.Object(
    {
      life: Type.String(),
      begins: Type.Optional(Type.String()),
      catalogue: Type.Optional(Type.String()),
      with: Type.Optional(Type.Record(Type.String(), Type.String())),
      steps: Type.Array(step, { minItems: 1 }),
    },
    closed,
  ),
)

/** All lives of this folder's files. A word that is not known is refused, so that no expectation is passed over. */
export async function readStories(): Promise<readonly { readonly file: string; readonly story: Story }[]> {
  const files = readdirSync(import.meta.dir).filter((name) => name.endsWith('.yaml'))
  const read = files.sort().map(async (file) => {
    const content = Bun.YAML.parse(await Bun.file(join(import.meta.dir, file)).text())
    const [problem] = Value.Errors(stories, content)
    if (problem) throw new Error(`${file}${problem.path}: ${problem.message}`)
    return (content as readonly Story[]).map((story) => ({ file, story }))
  })
  return (await Promise.all(read)).flat()
}
