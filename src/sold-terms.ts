import type { Store } from './adapters/sqlite/store.ts'
import type { Catalogue } from './domain/catalogue.ts'
import type { Instant } from './domain/period.ts'
import { newVersions, withVersions } from './domain/plan-version.ts'

/** The catalogue with all terms that customers may have bought. Those that are new in it are kept from now on. */
export function withSoldTerms(catalogue: Catalogue, store: Store, now: Instant): Catalogue {
  const known = store.planVersions()
  const fresh = newVersions(catalogue, known, digest, now)
  // A disk that fails is told to whoever writes next: nothing is bought before that.
  if (fresh.length > 0) void store.keepPlanVersions(fresh).catch(() => {})
  return withVersions(catalogue, [...known, ...fresh], digest)
}

function digest(text: string): string {
  return new Bun.CryptoHasher('sha256').update(text).digest('hex').slice(0, 12)
}
