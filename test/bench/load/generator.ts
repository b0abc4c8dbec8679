// A process of its own that sends one kind of request over keep-alive connections, the next one as soon as the last is
// answered, and prints what came of it as one line of JSON. Its one argument is the job.
import { readAnswer } from './answers.ts'
import { prepareRequests } from './requests.ts'
import type { Job, Outcome } from './workload.ts'

interface Connection {
  sentAt: number
  /** What of the request the system has not taken yet. */
  unsent: Uint8Array
  /** What of the answer is there already. */
  received: Buffer
}

const NOTHING = Buffer.alloc(0)

console.log(JSON.stringify(await run(JSON.parse(process.argv[2] ?? '') as Job)))

async function run(job: Job): Promise<Outcome> {
  const nextRequest = await prepareRequests(job)
  const statuses = new Map<number, number>()
  const latencies: number[] = []
  const count = { sent: 0, answered: 0, open: 0 }
  const start = performance.now() + job.warmUpSeconds * 1_000
  const end = start + job.seconds * 1_000
  const { promise: over, resolve: finish, reject } = Promise.withResolvers<void>()

  const send = (socket: Bun.Socket<Connection>): void => {
    const request = nextRequest()
    const taken = Math.max(socket.write(request), 0)
    // What is left is copied: the next request is written over the same bytes.
    socket.data.unsent = taken < request.length ? new Uint8Array(request.subarray(taken)) : NOTHING
    socket.data.sentAt = performance.now()
    count.sent += 1
  }

  const answered = (socket: Bun.Socket<Connection>, status: number): void => {
    const now = performance.now()
    count.answered += 1
    if (now >= start && now < end) {
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      latencies.push(now - socket.data.sentAt)
    }
    if (now < end) send(socket)
    else hangUp(socket)
  }

  const hangUp = (socket: Bun.Socket<Connection>): void => {
    count.open -= 1
    socket.end()
    if (count.open === 0) finish()
  }

  const connect = () =>
    Bun.connect<Connection>({
      hostname: '127.0.0.1',
      port: job.port,
      data: { sentAt: 0, unsent: NOTHING, received: NOTHING },
      socket: {
        open(socket) {
          socket.setNoDelay(true)
          count.open += 1
          send(socket)
        },
        drain(socket) {
          if (socket.data.unsent.length > 0)
            socket.data.unsent = socket.data.unsent.subarray(Math.max(socket.write(socket.data.unsent), 0))
        },
        data(socket, chunk) {
          const bytes = socket.data.received.length === 0 ? chunk : Buffer.concat([socket.data.received, chunk])
          const answer = readAnswer(bytes)
          socket.data.received = answer === null ? Buffer.from(bytes) : NOTHING
          if (answer !== null) answered(socket, answer.status)
        },
        close: () => {
          if (performance.now() < end) reject(new Error('The server closed a connection.'))
        },
      },
    })
  await Promise.all(Array.from({ length: job.connections }, connect))
  await over
  return {
    perSecond: latencies.length / job.seconds,
    ...quantiles(latencies),
    statuses: Object.fromEntries(statuses),
    answered: count.answered,
    sent: count.sent,
  }
}

function quantiles(latencies: readonly number[]): { readonly p50: number; readonly p99: number } {
  const sorted = Float64Array.from(latencies).sort()
  const at = (share: number) => sorted[Math.floor(share * sorted.length)] ?? Number.NaN
  return { p50: at(0.5), p99: at(0.99) }
}
