// Preloaded into a server, it makes every commit take at least SLOW_COMMIT_MS, as a disk with slow fsyncs would: the
// thread that commits stands still for that long.
import { Database } from 'bun:sqlite'

const slowness = Number(process.env.SLOW_COMMIT_MS ?? 0)
const prepare = Database.prototype.prepare

Database.prototype.prepare = function prepareSlowly(this: Database, sql: string, ...rest: []) {
  const statement = prepare.call(this, sql, ...rest)
  if (sql !== 'COMMIT') return statement
  const run = statement.run.bind(statement)
  statement.run = (...bindings) => {
    const changes = run(...bindings)
    Bun.sleepSync(slowness)
    return changes
  }
  return statement
} as typeof prepare
