import type { CallFault, DeliveryFault, Fault, PaymentFault } from './fault.ts'

/** The faults that were asked for and still stand, in memory: a restart ends them all. */
export interface FaultBook {
  readonly add: (fault: Fault) => Fault
  readonly list: () => readonly Fault[]
  /** Ends one, or all. */
  readonly clear: (id?: string) => void
  /** What strikes this call, if anything; it counts as one time. */
  readonly ofCall: (method: string, path: string) => CallFault | undefined
  readonly ofDelivery: (type: string) => DeliveryFault | undefined
  readonly ofPayment: (customer: string | null) => PaymentFault | undefined
}

export function createFaultBook(random: () => number = Math.random): FaultBook {
  const standing = new Map<string, Fault>()

  function strike<F extends Fault>(matches: (fault: Fault) => fault is F): F | undefined {
    for (const fault of standing.values()) {
      if (!matches(fault) || (fault.rate < 1 && random() >= fault.rate)) continue
      spend(fault)
      return fault
    }
    return undefined
  }
  function spend(fault: Fault): void {
    if (fault.times === null) return
    if (fault.times > 1) standing.set(fault.id, { ...fault, times: fault.times - 1 })
    else standing.delete(fault.id)
  }
  return {
    add: (fault) => {
      standing.set(fault.id, fault)
      return fault
    },
    list: () => [...standing.values()],
    clear: (id) => {
      if (id === undefined) standing.clear()
      else standing.delete(id)
    },
    ofCall: (method, path) =>
      strike((fault): fault is CallFault => fault.target === 'calls' && meansCall(fault, method, path)),
    ofDelivery: (type) =>
      strike((fault): fault is DeliveryFault => fault.target === 'deliveries' && covers(fault.type, type)),
    ofPayment: (customer) =>
      strike((fault): fault is PaymentFault => fault.target === 'payments' && meansCustomer(fault, customer)),
  }
}

function meansCall(fault: CallFault, method: string, path: string): boolean {
  if (fault.method !== null && fault.method !== method) return false
  return fault.effect === 'outage' ? path.startsWith(fault.path) : covers(fault.path, path)
}

const meansCustomer = (fault: PaymentFault, customer: string | null) =>
  fault.customer === null || fault.customer === customer

function covers(pattern: string, text: string): boolean {
  if (!pattern.includes('*')) return pattern === text
  const [head = '', ...rest] = pattern.split('*')
  if (!text.startsWith(head)) return false
  let at = head.length
  for (const [index, piece] of rest.entries()) {
    const last = index === rest.length - 1
    const found = last ? text.length - piece.length : text.indexOf(piece, at)
    if (found < at || !text.startsWith(piece, found)) return false
    at = found + piece.length
  }
  return true
}
