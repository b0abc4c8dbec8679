/** What a recipe needs of an answer. */
export interface Made {
  readonly id: string
  readonly amount_total: number
  readonly client_secret: string
  readonly items: { readonly data: readonly { readonly id: string; readonly current_period_end: number }[] }
  readonly latest_charge: string
  readonly latest_invoice: string
  readonly status: string
}

export type Parameters = { readonly [name: string]: Value }
type Value = string | number | boolean | Parameters | readonly Value[]

/** Calls of a running simulator, as any client makes them. */
export interface Caller {
  get(path: string): Promise<Made>
  post(path: string, parameters?: Parameters): Promise<Made>
  remove(path: string): Promise<Made>
  /** Makes a call whose refusal is what leads to the event: a declined card. */
  refused(path: string, parameters: Parameters): Promise<void>
  /** Moves a test clock, and returns when all that fell due is done. */
  advance(clock: string, to: number): Promise<void>
  /** Decides the 3-D Secure step of a payment in the buyer's place. */
  authenticate(intent: string): Promise<void>
}

const key = 'sk_test_trigger'
const pollMs = 20

export function callerOf(base: string): Caller {
  const get = (path: string) => call(base, 'GET', `/v1/${path}`)
  const post = (path: string, parameters: Parameters = {}) => call(base, 'POST', `/v1/${path}`, parameters)
  return {
    get,
    post,
    remove: (path) => call(base, 'DELETE', `/v1/${path}`),
    async refused(path, parameters) {
      const { status } = await send(base, 'POST', `/v1/${path}`, parameters)
      if (status !== 402) throw new Error(`POST /v1/${path} was expected to be declined, and answered ${status}.`)
    },
    async advance(clock, to) {
      await post(`test_helpers/test_clocks/${clock}/advance`, { frozen_time: to })
      for (;;) {
        const { status } = await get(`test_helpers/test_clocks/${clock}`)
        if (status === 'ready') return
        if (status !== 'advancing') throw new Error(`The test clock ${clock} is ${status}.`)
        await Bun.sleep(pollMs)
      }
    },
    async authenticate(intent) {
      await call(base, 'POST', `/_sim/payment_intents/${intent}/authenticate`, { outcome: 'succeed' })
    },
  }
}

async function call(base: string, method: string, path: string, parameters?: Parameters): Promise<Made> {
  const response = await send(base, method, path, parameters)
  if (!response.ok) throw new Error(`${method} ${path} was refused: ${await reasonOf(response)}`)
  // Whatever object it is: a recipe knows what it asked for.
  return (await response.json()) as Made
}

async function reasonOf(response: Response): Promise<string> {
  const body = (await response.json().catch(() => ({}))) as { error?: { message?: string } }
  return body.error?.message ?? `it answered ${response.status}`
}

/** One request. Throws in words when nobody listens there. */
export async function send(base: string, method: string, path: string, parameters: Parameters = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${key}` }
  const init = method === 'POST' ? { method, headers, body: formOf(path, parameters) } : { method, headers }
  return fetch(`${base}${path}`, init).catch(() => {
    throw new Error(
      `No simulator listens at ${base}. Start the server in sandbox mode, or "speech-billing sandbox"; --port names another port.`,
    )
  })
}

/** The second API takes JSON, all else a form. */
function formOf(path: string, parameters: Parameters): string | URLSearchParams {
  return path.startsWith('/v2/') ? JSON.stringify(parameters) : new URLSearchParams(pairs(parameters, ''))
}

function pairs(value: Value, name: string): [string, string][] {
  if (typeof value !== 'object') return [[name, String(value)]]
  return Object.entries(value).flatMap(([key, inner]) => pairs(inner, name === '' ? key : `${name}[${key}]`))
}
