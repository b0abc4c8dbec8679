import { notificationOf } from './events/notify.ts'
import type { FaultBook } from './faults/book.ts'
import { createMischief, type Mischief } from './faults/mischief.ts'
import type { Delivery } from './store/deliveries.ts'
import type { Store } from './store/store.ts'
import type { Writer } from './store/writer.ts'

/** Sends queued events to their endpoints until stopped. */
export interface Courier {
  /** Looks at the queue now: something was added. */
  readonly wake: () => void
  readonly stop: () => Promise<void>
}

export interface CourierPorts {
  readonly store: Store
  readonly writer: Writer
  readonly log: (line: string) => void
  readonly faults: FaultBook
}

const timeoutMs = 10_000
const atOnce = 32
// Stripe publishes no intervals; these keep a developer waiting for seconds, and a long outage covered for a day.
const pausesMs = [1, 5, 30, 120, 600, 3_600, 21_600, 86_400].map((seconds) => seconds * 1_000)

export function startCourier(ports: CourierPorts): Courier {
  const underWay = new Map<number, Promise<void>>()
  const stopping = new AbortController()
  const mischief = createMischief(ports.faults)
  let timer: ReturnType<typeof setTimeout> | undefined

  function look(): void {
    if (stopping.signal.aborted) return
    clearTimeout(timer)
    const due = ports.store.deliveries.due(Date.now(), atOnce + underWay.size)
    for (const delivery of due) {
      if (underWay.has(delivery.sequence) || underWay.size >= atOnce) continue
      const done = deliver(ports, mischief, delivery, stopping.signal).finally(() => {
        underWay.delete(delivery.sequence)
        look()
      })
      underWay.set(delivery.sequence, done)
    }
    if (underWay.size > 0) return
    const next = ports.store.deliveries.nextAt()
    if (next !== undefined) timer = setTimeout(look, Math.min(Math.max(next - Date.now(), 1), 60_000))
  }
  // Many requests wake it in the same moment; one look serves them all.
  let woken = false
  function wake(): void {
    if (woken) return
    woken = true
    setImmediate(() => {
      woken = false
      look()
    })
  }
  look()
  return {
    wake,
    stop: async () => {
      stopping.abort()
      clearTimeout(timer)
      await Promise.all(underWay.values())
    },
  }
}

async function deliver(
  { store, writer, log }: CourierPorts,
  mischief: Mischief,
  delivery: Delivery,
  stopping: AbortSignal,
): Promise<void> {
  const letter = letterOf(store, delivery)
  if (!letter) {
    await writer.submit(() => store.deliveries.giveUp(delivery.sequence, 'endpoint or event gone'))
    return
  }
  const fate = mischief(delivery.sequence, letter.type)
  if (fate.kind === 'lost')
    return void (await writer.submit(() => store.deliveries.giveUp(delivery.sequence, fate.why)))
  if (fate.kind === 'later')
    return void (await writer.submit(() => store.deliveries.postpone(delivery.sequence, fate.at)))
  if (fate.kind === 'twice') await post(letter, stopping)
  const result = await post(letter, stopping)
  // Stopped in the middle: not an attempt that failed, it is made again after the restart.
  if (result !== 'delivered' && stopping.aborted) return
  if (result !== 'delivered')
    log(`webhook ${letter.type} to ${letter.url}: ${result} (attempt ${delivery.attempts + 1})`)
  await writer.submit(() => settle(store, delivery, result))
}

interface Letter {
  readonly url: string
  readonly secret: string
  readonly type: string
  readonly body: string
}

/** What is to be sent where: events go to endpoints and to destinations that want them whole, notifications to thin ones. */
function letterOf(store: Store, delivery: Delivery): Letter | undefined {
  const { objects } = store
  const to =
    objects.find('webhook_endpoint', delivery.endpoint) ?? objects.find('v2.core.event_destination', delivery.endpoint)
  const secret = store.vault.read(delivery.endpoint)
  const notification = objects.find('v2.core.event', delivery.event)
  const event = objects.find('event', delivery.event)
  const body = event ?? (notification && notificationOf(notification))
  const type = event?.type ?? notification?.type
  if (!to || secret === undefined || body === undefined || type === undefined) return undefined
  return { url: to.url, secret, type, body: JSON.stringify(body, null, 2) }
}

function settle(store: Store, delivery: Delivery, result: string): void {
  const pause = pausesMs[delivery.attempts]
  if (result === 'delivered') store.deliveries.succeed(delivery.sequence)
  else if (pause === undefined) store.deliveries.giveUp(delivery.sequence, result)
  else store.deliveries.retryAt(delivery.sequence, Date.now() + pause, result)
}

/** One attempt, signed anew: the signature's time is the wall's, whatever the business clock says. */
async function post({ url, body, secret }: Letter, stopping: AbortSignal): Promise<string> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      body,
      redirect: 'manual',
      signal: AbortSignal.any([stopping, AbortSignal.timeout(timeoutMs)]),
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'stripe-signature': signature(body, secret, Math.floor(Date.now() / 1000)),
        'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
      },
    })
    await response.arrayBuffer()
    return response.ok ? 'delivered' : `HTTP ${response.status}`
  } catch (reason) {
    return reason instanceof Error ? reason.message : String(reason)
  }
}

/** Stripe's scheme: the HMAC of `t.body` under the whole secret, prefix included. */
export function signature(body: string, secret: string, time: number): string {
  const digest = new Bun.CryptoHasher('sha256', secret).update(`${time}.${body}`).digest('hex')
  return `t=${time},v1=${digest}`
}
