import { invalid } from './failure.ts'

/**
 * Refuses names that no parameter has. One is told in full and with what was probably meant; several of one hash are
 * listed together (both as seen in reports of Stripe's answers).
 */
export function requireKnown(
  names: readonly string[],
  known: readonly string[],
  inside: (name: string) => string,
): void {
  const [first, ...others] = names.filter((name) => !known.includes(name))
  if (first === undefined) return
  const message =
    others.length > 0
      ? `Received unknown parameters: ${[first, ...others].join(', ')}`
      : `Received unknown parameter: ${inside(first)}${suggestion(first, known)}`
  throw invalid(message, inside(first), 'parameter_unknown')
}

function suggestion(name: string, known: readonly string[]): string {
  const meant = nearest(name, known)
  return meant === undefined ? '' : `. Did you mean ${meant}?`
}

/** The known name that is fewest edits away, if that is few for its length. */
function nearest(name: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((candidate) => ({ candidate, edits: editsBetween(name, candidate) }))
    .filter(({ candidate, edits }) => edits <= Math.ceil(Math.min(name.length, candidate.length) / 3))
    .sort((left, right) => left.edits - right.edits)
  return best?.candidate
}

/** Levenshtein's distance: letters put in, left out or exchanged. */
function editsBetween(left: string, right: string): number {
  let above = Array.from({ length: right.length + 1 }, (_, column) => column)
  for (const [row, letter] of [...left].entries()) {
    const here = [row + 1]
    for (const [column, other] of [...right].entries()) {
      const exchanged = (above[column] ?? 0) + (letter === other ? 0 : 1)
      here.push(Math.min(exchanged, (above[column + 1] ?? 0) + 1, (here[column] ?? 0) + 1))
    }
    above = here
  }
  return above[right.length] ?? 0
}
