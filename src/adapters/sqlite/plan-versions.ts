import { asc } from 'drizzle-orm'
import type { Plan } from '../../domain/plan.ts'
import type { PlanVersion } from '../../domain/plan-version.ts'
import type { Drizzle } from './database.ts'
import { planVersions } from './schema/plan-versions.ts'
import type { Writer } from './writer.ts'

/** The terms under which plans were ever sold, oldest first. */
export function knownPlanVersions(database: Drizzle): readonly PlanVersion[] {
  const rows = database.select().from(planVersions).orderBy(asc(planVersions.since), asc(planVersions.id)).all()
  return rows.map(({ id, terms, since }) => ({ id, plan: toPlan(terms), since }))
}

/** Keeps terms for good. Those that are kept already stay as they are. */
export async function keepPlanVersions(
  database: Drizzle,
  writer: Writer,
  versions: readonly PlanVersion[],
): Promise<void> {
  await writer.submit({
    decide: () => versions.map(({ id, plan, since }) => ({ planName: plan.name, id, terms: fromPlan(plan), since })),
    apply: (rows) => {
      for (const row of rows) database.insert(planVersions).values(row).onConflictDoNothing().run()
    },
  })
}

/** JSON has no whole numbers as large as quantities may be: they stand there as text. */
function fromPlan(plan: Plan): string {
  return JSON.stringify(plan, (_, value) => (typeof value === 'bigint' ? String(value) : value))
}

const QUANTITIES: ReadonlySet<string> = new Set(['included', 'increment', 'minimum'])

function toPlan(terms: string): Plan {
  return JSON.parse(terms, (key, value) => (QUANTITIES.has(key) && value !== null ? BigInt(value) : value)) as Plan
}
