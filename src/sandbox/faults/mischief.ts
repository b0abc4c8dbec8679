import type { FaultBook } from './book.ts'
import type { DeliveryFault } from './fault.ts'

/** What becomes of a delivery that is about to be made. */
export type Fate =
  | { readonly kind: 'sent' }
  | { readonly kind: 'twice' }
  | { readonly kind: 'lost'; readonly why: string }
  | { readonly kind: 'later'; readonly at: number }

/** Decides once for every delivery; one that was held back is sent when it comes up again. */
export type Mischief = (sequence: number, type: string) => Fate

const between = 100

export function createMischief(faults: FaultBook): Mischief {
  const decided = new Set<number>()
  const firstOf = new Map<string, number>()

  // Those that are to be reordered leave in the opposite order of their coming, once the last has had time to come.
  function reordered(fault: DeliveryFault): number {
    const first = firstOf.get(fault.id) ?? Date.now()
    firstOf.set(fault.id, first)
    return first + fault.delay_ms + between * (fault.times ?? 1)
  }
  return (sequence, type) => {
    if (decided.has(sequence)) return { kind: 'sent' }
    const fault = faults.ofDelivery(type)
    if (!fault) return { kind: 'sent' }
    decided.add(sequence)
    switch (fault.effect) {
      case 'drop':
        return { kind: 'lost', why: `dropped by ${fault.id}` }
      case 'double':
        return { kind: 'twice' }
      case 'delay':
        return { kind: 'later', at: Date.now() + fault.delay_ms }
      case 'reorder':
        return { kind: 'later', at: reordered(fault) }
    }
  }
}
