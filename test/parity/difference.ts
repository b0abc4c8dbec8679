import type { Step } from './script.ts'

/** The first place where two plays of a scenario part, in words; undefined when they are the same. */
export function firstDifference(real: readonly Step[], simulated: readonly Step[]): string | undefined {
  for (let index = 0; index < Math.max(real.length, simulated.length); index += 1) {
    const [left, right] = [real[index], simulated[index]]
    if (left?.name !== right?.name) return told('the step', 'comes next', left?.name, right?.name)
    const place = parting(left?.outcome, right?.outcome, [])
    if (place) return told(`step "${left?.name}"`, place.path.join('.') || 'its outcome', place.left, place.right)
  }
  return undefined
}

const told = (step: string, place: string, left: unknown, right: unknown) =>
  `  ${step}, ${place}\n    Stripe     ${shown(left)}\n    simulator  ${shown(right)}`

const shown = (value: unknown) => (value === undefined ? '(nothing)' : JSON.stringify(value).slice(0, 400))

interface Place {
  readonly path: readonly string[]
  readonly left: unknown
  readonly right: unknown
}

// Lists are compared in their order, which is Stripe's too; fields by name.
function parting(left: unknown, right: unknown, path: readonly string[]): Place | undefined {
  if (Bun.deepEquals(left, right)) return undefined
  const both = typeof left === 'object' && typeof right === 'object' && left !== null && right !== null
  if (!both || Array.isArray(left) !== Array.isArray(right)) return { path, left, right }
  const [here, there] = [new Map(Object.entries(left)), new Map(Object.entries(right))]
  for (const key of new Set([...here.keys(), ...there.keys()])) {
    const place = parting(here.get(key), there.get(key), [...path, key])
    if (place) return place
  }
  return { path, left, right }
}
