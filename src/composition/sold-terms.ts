import type { Store } from '../adapters/sqlite/store.ts'
import type { Catalogue } from '../domain/catalogue.ts'
import type { Instant } from '../domain/period.ts'
import { newVersions, withVersions } from '../domain/plan-version.ts'

/** The catalogue with all terms that customers may have bought. Those that are new in it are kept before any is sold. */
export async function keepSoldTerms(catalogue: Catalogue, store: Store, now: Instant): Promise<Catalogue> {
  const fresh = newVersions(catalogue, store.planVersions(), digest, now)
  if (fresh.length > 0) await store.keepPlanVersions(fresh)
  return withSoldTerms(catalogue, store)
}

/** The same for books in which nothing is sold: as far as terms are known. */
export function withSoldTerms(catalogue: Catalogue, store: Store): Catalogue {
  return withVersions(catalogue, store.planVersions(), digest)
}

function digest(text: string): string {
  return new Bun.CryptoHasher('sha256').update(text).digest('hex').slice(0, 12)
}
