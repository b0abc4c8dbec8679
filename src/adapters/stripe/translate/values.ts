/*
 * From Stripe's objects to ours. Times come in seconds and leave in milliseconds; the closed maps break the build and not
 * production when an SDK upgrade knows a new word.
 */

/** A reference may come as an id or expanded. */
export function idOf(reference: string | { readonly id: string } | null | undefined): string | null {
  if (reference === null || reference === undefined) return null
  return typeof reference === 'string' ? reference : reference.id
}

export function milliseconds(seconds: number): number {
  return seconds * 1_000
}

export function millisecondsOrNull(seconds: number | null | undefined): number | null {
  return seconds === null || seconds === undefined ? null : milliseconds(seconds)
}

/** Of what an invoice has in several parts: its taxes, its discounts. */
export function sumOf(parts: readonly { readonly amount: number }[] | null): number {
  return (parts ?? []).reduce((sum, { amount }) => sum + amount, 0)
}

/** The words of a type of Stripe's, which also takes any other text: what an SDK upgrade adds is missing in a map at once. */
export type Known<T extends string> = T extends string ? (string extends T ? never : T) : never

export class UnknownWord extends Error {
  constructor(word: string) {
    super(`Stripe says "${word}", which this version does not know. A newer one may.`)
  }
}

/** Stripe's types are open; a word that is in none of our maps stops here and not in a column. */
export function known<T extends string>(map: Readonly<Record<string, T>>, word: string): T {
  const found = Object.hasOwn(map, word) ? map[word] : undefined
  if (found === undefined) throw new UnknownWord(word)
  return found
}
