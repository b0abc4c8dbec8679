import { invalid } from '../http/failure.ts'

type Metadata = Readonly<Record<string, string>>

/** Stripe's merge: nothing sent keeps all, an empty value deletes its key, nothing at all (`''`) clears. */
export function mergeMetadata(before: Metadata | null, sent: Metadata | null | undefined): { [name: string]: string } {
  if (sent === undefined) return { ...before }
  if (sent === null) return {}
  const merged = Object.entries({ ...before, ...sent }).filter(([, value]) => value !== '')
  if (merged.length > 50) throw invalid('Metadata can have up to 50 keys.', 'metadata')
  return Object.fromEntries(merged)
}

/** The sent fields only: a patch that leaves what was not sent as it is. */
export function sentOnly<T extends object>(patch: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  const sent = Object.entries(patch).filter(([, value]) => value !== undefined)
  return Object.fromEntries(sent) as { [Key in keyof T]?: Exclude<T[Key], undefined> }
}
