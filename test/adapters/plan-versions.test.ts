import { expect, test } from 'bun:test'
import { keepPlanVersions, knownPlanVersions } from '../../src/adapters/sqlite/plan-versions.ts'
import { BUILT_IN_PLANS } from '../../src/config/built-in-plans.ts'
import { openSqliteStore } from '../support/sqlite-store.ts'

test('terms are kept as they were, exactly, oldest first, and once', async () => {
  const { database, writer } = openSqliteStore()
  const versions = BUILT_IN_PLANS.plans.map((plan, index) => ({ id: `v${index}`, plan, since: 10 - index }))
  await keepPlanVersions(database, writer, versions)
  await keepPlanVersions(
    database,
    writer,
    versions.map((version) => ({ ...version, since: 99 })),
  )
  expect(knownPlanVersions(database)).toEqual(versions.toReversed())
})
