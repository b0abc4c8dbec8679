import { parseArgs } from 'node:util'

export interface Options {
  /** Parts of suite names; none means all. */
  readonly only: readonly string[]
  readonly rounds: number
  readonly seconds: number
  /** Records of the user who has many. */
  readonly manyRecords: number
  /** Also a file with ten million records: a few minutes and gigabytes more. */
  readonly large: boolean
  readonly jsonFile: string | null
  /** The command that starts the program. */
  readonly server: readonly string[]
  /** Another build of it, measured beside the first. */
  readonly against: readonly string[] | null
  /** Where the databases are put: its disk is what is measured. */
  readonly folder: string | null
}

export const USAGE = `bun run bench [SUITE…] [options]
  SUITE             recording, batch, reading, checking, webhooks, simulator, process, large; parts of names will do
  --quick           two short rounds, to see that it runs: the figures mean little
  --rounds N        rounds of each suite (5)
  --seconds N       length of one measurement (3)
  --large           also the file with ten million records
  --json FILE       writes all figures
  --server COMMAND  what starts the program ("bun src/main.ts")
  --against COMMAND another build of it, measured in the same rounds
  --folder DIR      where the databases are put (the system's folder for temporary files)`

const SPEC = {
  quick: { type: 'boolean', default: false },
  rounds: { type: 'string' },
  seconds: { type: 'string' },
  large: { type: 'boolean', default: false },
  json: { type: 'string' },
  server: { type: 'string' },
  against: { type: 'string' },
  folder: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const

/** Null when help is wanted. Throws on an option that there is not. */
export function readOptions(argv: readonly string[], source: string): Options | null {
  const { values, positionals } = parseArgs({ args: [...argv], options: SPEC, allowPositionals: true })
  if (values.help) return null
  return {
    only: positionals,
    rounds: Number(values.rounds ?? (values.quick ? 2 : 5)),
    seconds: Number(values.seconds ?? (values.quick ? 1 : 3)),
    manyRecords: values.quick ? 100_000 : 1_000_000,
    large: values.large || positionals.includes('large'),
    jsonFile: values.json ?? null,
    server: values.server?.split(' ') ?? [process.execPath, source],
    against: values.against?.split(' ') ?? null,
    folder: values.folder ?? null,
  }
}
