import { describe, expect, test } from 'bun:test'
import { dirname, join, normalize } from 'node:path'
import { Glob } from 'bun'

/** What the files of a folder may import: folders and files of ours, and packages. The longest matching zone counts. */
interface Zone {
  readonly folder: string
  readonly mayImport: readonly string[]
  readonly packages: readonly string[]
}

const ADAPTER = ['src/domain/', 'src/ports.ts', 'src/ports/']
const INSIDE = [
  'src/domain/',
  'src/ports.ts',
  'src/ports/',
  'src/usecases/',
  'src/billing.ts',
  'src/config/',
  'src/adapters/',
  'src/sandbox/',
]
const ZONES: readonly Zone[] = [
  { folder: 'src/domain/', mayImport: ['src/domain/'], packages: [] },
  { folder: 'src/ports.ts', mayImport: ['src/domain/', 'src/ports/'], packages: [] },
  { folder: 'src/ports/', mayImport: ['src/domain/', 'src/ports/'], packages: [] },
  { folder: 'src/usecases/', mayImport: ['src/domain/', 'src/ports.ts', 'src/ports/', 'src/usecases/'], packages: [] },
  { folder: 'src/billing.ts', mayImport: ['src/domain/', 'src/ports.ts', 'src/ports/', 'src/usecases/'], packages: [] },
  { folder: 'src/config/', mayImport: ['src/domain/', 'src/config/'], packages: ['typebox', 'node:'] },
  {
    folder: 'src/adapters/sqlite/',
    mayImport: [...ADAPTER, 'src/adapters/sqlite/'],
    packages: ['drizzle-orm', 'bun:sqlite', 'node:'],
  },
  { folder: 'src/adapters/app-webhook/', mayImport: [...ADAPTER, 'src/adapters/app-webhook/'], packages: [] },
  { folder: 'src/adapters/stripe/', mayImport: [...ADAPTER, 'src/adapters/stripe/'], packages: ['stripe'] },
  {
    folder: 'src/adapters/http/',
    mayImport: [...ADAPTER, 'src/billing.ts', 'src/adapters/http/', 'node_modules/swagger-ui-dist/'],
    packages: ['elysia', '@elysiajs/', '@sinclair/typebox', 'jose', 'swagger-ui-dist', 'node:crypto'],
  },
  { folder: 'src/adapters/cli/', mayImport: ['src/domain/', 'src/adapters/cli/'], packages: ['node:'] },
  {
    folder: 'src/adapters/process/',
    mayImport: [...ADAPTER, 'src/adapters/process/'],
    packages: ['bun', 'node:'],
  },
  { folder: 'src/sandbox/', mayImport: ['src/sandbox/'], packages: ['stripe', 'bun', 'node:'] },
  {
    folder: 'src/composition/',
    mayImport: [...INSIDE, 'src/composition/', 'src/version.ts'],
    packages: ['node:', 'stripe'],
  },
  { folder: 'src/doctor/', mayImport: [...INSIDE, 'src/doctor/'], packages: ['node:', 'stripe'] },
  { folder: 'src/', mayImport: ['src/', 'package.json'], packages: ['node:'] },
]

/** The composition root: what is started, what the command line can have done, and what they are put together from. */
const ROOT = /^src\/(main\.ts|start\.ts|composition\/|program\/|doctor\/)/

const IMPORT =
  /^\s*(?:import|export)\b[^'"]*?\bfrom\s*['"]([^'"]+)['"]|^\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm

/** The forbidden imports of one file, type-only ones included, each with the remedy. */
function violations(file: string, source: string): readonly string[] {
  const zone = zoneOf(file)
  const imported = [...source.matchAll(IMPORT)].map((match) => match[1] ?? match[2] ?? match[3] ?? '')
  return imported
    .map((specifier) => (specifier.startsWith('.') ? normalize(join(dirname(file), specifier)) : specifier))
    .filter((target) => !isAllowed(zone, target))
    .map(
      (target) =>
        `${file} imports ${target}, but ${zone.folder} may import only ${[...zone.mayImport, ...zone.packages].join(', ') || 'nothing'}. ` +
        'Move the code to the ring that may, or ask for it through a port.',
    )
}

function isAllowed(zone: Zone, target: string): boolean {
  const isOurs = target.startsWith('src/') || target === 'package.json' || target.startsWith('node_modules/')
  return (isOurs ? zone.mayImport : zone.packages).some((allowed) => target.startsWith(allowed))
}

function zoneOf(file: string): Zone {
  const [zone] = ZONES.filter(({ folder }) => file.startsWith(folder)).sort((a, b) => b.folder.length - a.folder.length)
  if (zone === undefined) throw new Error(`${file} lies in no zone.`)
  return zone
}

async function sources(pattern: string): Promise<readonly (readonly [string, string])[]> {
  const files = await Array.fromAsync(new Glob(pattern).scan({ cwd: join(import.meta.dir, '..') }))
  return Promise.all(
    files.sort().map(async (file) => [file, await Bun.file(join(import.meta.dir, '..', file)).text()] as const),
  )
}

describe('the architecture', () => {
  test('lets every file import only what its ring may know', async () => {
    const found = (await sources('src/**/*.ts')).flatMap(([file, source]) => violations(file, source))
    expect(found).toEqual([])
  })

  test.each([
    ['src/domain/planted.ts', "import type { Stripe } from 'stripe'"],
    ['src/domain/planted.ts', "import { listPlans } from '../usecases/list-plans.ts'"],
    ['src/usecases/planted.ts', "import { openDatabase } from '../adapters/sqlite/database.ts'"],
    ['src/usecases/planted.ts', "export { Elysia } from 'elysia'"],
    ['src/adapters/http/planted.ts', "import type { Store } from '../sqlite/store.ts'"],
    ['src/adapters/stripe/planted.ts', "const drizzle = await import('drizzle-orm')"],
    ['src/composition/planted.ts', "import { serve } from '../program/serve.ts'"],
    ['src/sandbox/planted.ts', "import {\n  minorUnits,\n} from '../domain/money.ts'"],
  ])('finds a bad import planted in %s', (file, source) => {
    expect(violations(file, source)).toHaveLength(1)
  })

  test('keeps clocks and chance out of domain and use cases', async () => {
    const inside = [...(await sources('src/domain/*.ts')), ...(await sources('src/usecases/*.ts'))]
    const clocks = /new Date\(\)|Date\.now\(|Math\.random\(|randomUUID|performance\.now\(/
    expect(inside.filter(([, source]) => clocks.test(source)).map(([file]) => file)).toEqual([])
    expect(clocks.test('const at = Date.now()')).toBe(true)
  })

  test('lets only the composition root meet two adapters', async () => {
    const meeting = (await sources('src/**/*.ts')).filter(([, source]) => {
      const adapters = [...source.matchAll(/from '(?:\.\.?\/)+adapters\/([\w-]+)\//g)].map((match) => match[1])
      return new Set(adapters).size > 1
    })
    const strangers = meeting.map(([file]) => file).filter((file) => !ROOT.test(file))
    expect(strangers).toEqual([])
    expect(meeting.map(([file]) => file)).toContain('src/composition/ports.ts')
  })
})
