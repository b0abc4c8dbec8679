import { Database } from 'bun:sqlite'

/** Opens the simulator's own file. FULL: what was answered must survive a power cut, as it does at Stripe. */
export function openDatabase(file: string): Database {
  const database = new Database(file, { create: true, strict: true })
  for (const pragma of ['journal_mode=WAL', 'synchronous=FULL', 'busy_timeout=5000', 'trusted_schema=OFF']) {
    database.run(`PRAGMA ${pragma}`)
  }
  for (const statement of schema) database.run(statement)
  return database
}

/** Empties every table. */
export function emptyDatabase(database: Database): void {
  for (const table of [
    'objects',
    'vault',
    'idempotency',
    'deliveries',
    'agenda',
    'clocks',
    'clock_members',
    'meter_events',
    'settings',
  ]) {
    database.run(`DELETE FROM ${table}`)
  }
}

// One table for all objects: a row is the object's JSON and the few columns something is looked up by. The partial
// indexes cost nothing for kinds that leave a column empty.
const schema = [
  `CREATE TABLE IF NOT EXISTS objects (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    created INTEGER NOT NULL,
    customer TEXT,
    parent TEXT,
    lookup TEXT,
    deleted INTEGER NOT NULL DEFAULT 0,
    body TEXT NOT NULL
  ) STRICT`,
  'CREATE INDEX IF NOT EXISTS objects_by_kind ON objects (kind, created, sequence) WHERE deleted = 0',
  'CREATE INDEX IF NOT EXISTS objects_by_customer ON objects (customer, kind, created, sequence) WHERE customer IS NOT NULL AND deleted = 0',
  'CREATE INDEX IF NOT EXISTS objects_by_parent ON objects (parent, kind, created, sequence) WHERE parent IS NOT NULL AND deleted = 0',
  'CREATE INDEX IF NOT EXISTS objects_by_lookup ON objects (lookup, kind, created, sequence) WHERE lookup IS NOT NULL AND deleted = 0',
  'CREATE TABLE IF NOT EXISTS vault (id TEXT PRIMARY KEY, secret TEXT NOT NULL) STRICT, WITHOUT ROWID',
  `CREATE TABLE IF NOT EXISTS idempotency (
    key TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    request TEXT NOT NULL,
    stored_at INTEGER NOT NULL
  ) STRICT`,
  `CREATE TABLE IF NOT EXISTS deliveries (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    event TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER NOT NULL,
    status TEXT NOT NULL DEFAULT 'pending',
    last_result TEXT
  ) STRICT`,
  `CREATE INDEX IF NOT EXISTS deliveries_waiting ON deliveries (next_at, sequence) WHERE status = 'pending'`,
  `CREATE INDEX IF NOT EXISTS deliveries_by_event ON deliveries (event)`,
  `CREATE TABLE IF NOT EXISTS agenda (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    place INTEGER NOT NULL,
    clock TEXT NOT NULL,
    task TEXT NOT NULL,
    subject TEXT NOT NULL,
    UNIQUE (task, subject)
  ) STRICT`,
  'CREATE INDEX IF NOT EXISTS agenda_in_order ON agenda (clock, at, place, sequence)',
  `CREATE TABLE IF NOT EXISTS clocks (
    id TEXT PRIMARY KEY,
    now INTEGER NOT NULL,
    target INTEGER
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE IF NOT EXISTS clock_members (
    customer TEXT PRIMARY KEY,
    clock TEXT NOT NULL
  ) STRICT, WITHOUT ROWID`,
  'CREATE INDEX IF NOT EXISTS clock_members_by_clock ON clock_members (clock)',
  `CREATE TABLE IF NOT EXISTS meter_events (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    identifier TEXT NOT NULL,
    event_name TEXT NOT NULL,
    customer TEXT NOT NULL,
    value TEXT NOT NULL,
    timestamp INTEGER NOT NULL,
    received_at INTEGER NOT NULL
  ) STRICT`,
  'CREATE INDEX IF NOT EXISTS meter_events_by_identifier ON meter_events (identifier)',
  'CREATE INDEX IF NOT EXISTS meter_events_summed ON meter_events (customer, event_name, timestamp)',
  'CREATE TABLE IF NOT EXISTS canceled_meter_events (sequence INTEGER PRIMARY KEY) STRICT',
  'CREATE TABLE IF NOT EXISTS snapshots (name TEXT PRIMARY KEY, taken_at INTEGER NOT NULL, content BLOB NOT NULL) STRICT',
  'CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID',
]
