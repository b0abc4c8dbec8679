const LEAST_LIKENESS = 0.4

/** A closing half-sentence that names what was probably meant; empty when nothing is like it. */
export function suggestion(word: string, names: readonly string[]): string {
  const ranked = names
    .map((name) => ({ name, likeness: likeness(word.toLowerCase(), name) }))
    .filter(({ likeness }) => likeness >= LEAST_LIKENESS)
    .toSorted((one, other) => other.likeness - one.likeness)
  return ranked[0] === undefined ? '' : ` Did you mean ${ranked[0].name}?`
}

/** The share of neighbouring letters, with both ends of the word, that two words have in common (Dice's coefficient). */
function likeness(one: string, other: string): number {
  const pairs = pairsOf(one)
  const rest = pairsOf(other)
  const total = pairs.length + rest.length
  const common = pairs.filter((pair) => {
    const place = rest.indexOf(pair)
    if (place >= 0) rest.splice(place, 1)
    return place >= 0
  })
  return (2 * common.length) / total
}

function pairsOf(word: string): string[] {
  return Array.from({ length: word.length + 1 }, (_, index) => ` ${word} `.slice(index, index + 2))
}
