import { describe, expect, test } from 'bun:test'
import { runCommandLine } from '../../src/adapters/cli/command-line.ts'
import {
  configurationRefusal,
  type HealthReport,
  type Program,
  type TokenWish,
} from '../../src/adapters/cli/program.ts'
import { programWith } from '../support/program.ts'

const HEALTHY: HealthReport = { status: 'ready', checks: [{ name: 'database', status: 'ok', detail: null }] }

/** Runs a command line on a program that notes what it was asked for. */
async function run(line: string | readonly string[], changes: Partial<Program> = {}, colours = false) {
  const calls: unknown[] = []
  const note =
    <R>(name: string, answer: R) =>
    async (wish?: unknown) => {
      calls.push(wish === undefined ? [name] : [name, wish])
      return answer
    }
  const program = programWith({
    version: '1.2.3',
    serve: note('serve', 0),
    migrate: note('migrate', { applied: 0, file: 'data/billing.db' }),
    health: note('health', HEALTHY),
    token: note<string>('token', 'the.token.itself'),
    openUsage: async () => ({ record: async () => [], close: async () => {} }),
    sandbox: note('sandbox', 0),
    advanceSandbox: async (wish, tell) => {
      calls.push(['advanceSandbox', wish])
      tell({ done: 3, left: 4 })
      return '2026-12-22T00:00:00.000Z'
    },
    triggers: ['customer.created', 'invoice.paid'],
    trigger: async (wish) => {
      calls.push(['trigger', wish])
      return [{ id: `evt_${wish.type}`, type: wish.type }]
    },
    ...changes,
  })
  let out = ''
  let complaints = ''
  const terminal = {
    out: (text: string) => {
      out += text
    },
    complaints: (text: string) => {
      complaints += text
    },
    outColours: colours,
    complaintColours: colours,
  }
  const words = typeof line === 'string' ? line.split(' ').filter((word) => word !== '') : line
  const code = await runCommandLine(words, program, terminal)
  return { code, out, complaints, calls }
}

describe('which command', () => {
  test('none means serve', async () => {
    expect(await run('')).toEqual({ code: 0, out: '', complaints: '', calls: [['serve']] })
    expect((await run('serve')).calls).toEqual([['serve']])
  })

  test('the exit code of the server is that of the program', async () => {
    expect((await run('serve', { serve: async () => 1 })).code).toBe(1)
  })

  test.each([
    ['tokn', 'Did you mean token?'],
    ['migrat', 'Did you mean migrate?'],
    ['sreve', 'Did you mean serve?'],
    ['sanbdox', 'Did you mean sandbox?'],
    ['healthz', 'Did you mean health?'],
    ['Version', 'Did you mean version?'],
  ])('%s is none, and the nearest is suggested', async (line, suggested) => {
    const { code, out, complaints, calls } = await run(line)
    expect({ code, out, calls }).toEqual({ code: 2, out: '', calls: [] })
    expect(complaints).toContain(`there is no command "${line}". ${suggested}`)
    expect(complaints).toContain('See "speech-billing --help".')
  })

  test('the first of two words tells what may follow it', async () => {
    const listed = ['webhooks list', 'webhooks show', 'webhooks replay']
    for (const line of ['webhooks --help', 'help webhooks']) {
      const { code, out } = await run(line)
      expect(code).toBe(0)
      for (const name of listed) expect(out).toContain(name)
    }
    const bare = await run('webhooks')
    expect(bare).toMatchObject({ code: 2, out: '' })
    expect(bare.complaints).toContain(`webhooks what? ${listed.join(', ')}.`)
    expect((await run('webhooks lits')).complaints).toContain('Did you mean webhooks list?')
  })

  test('nothing is suggested for what is like nothing', async () => {
    expect((await run('xyzzy')).complaints).toBe(
      'speech-billing: there is no command "xyzzy".\nSee "speech-billing --help".\n',
    )
  })
})

describe('used wrongly', () => {
  test.each([
    ['token --usr ada', 'token has no option --usr. Did you mean --user?'],
    ['token --user', '--user needs a value: --user ID.'],
    ['token --user --scope service', '--user needs a value'],
    ['token --user=', '--user takes'],
    ['health --json=yes', '--json takes no value'],
    ['health now', 'health takes no argument, and "now" is one.'],
    ['--port 9000', 'serve has no option --port.'],
    ['serve --json', 'serve has no option --json.'],
    ['health -x', 'health has no option -x.'],
    ['sandbox --port http', '--port takes a whole number'],
    ['sandbox advance', 'needs duration'],
    ['sandbox advance soon', 'is no duration'],
    ['sandbox advance 1d --port x', '--port takes a whole number'],
    ['sandbox trigger', 'needs the type of an event; --list shows all'],
    [
      'sandbox trigger invoice.pleased',
      '"invoice.pleased" is no event that can be triggered. Did you mean invoice.paid?',
    ],
    ['sandbox trigger invoice.paid --port 1 --api-base http://127.0.0.1:2', 'either --port or --api-base'],
    ['sandbox trigger invoice.paid --api-base https://api.stripe.com', 'the address of a simulator on this machine'],
    ['sandbox --port 65536', '--port takes a whole number'],
    ['help nothing', 'there is no command "nothing"'],
  ])('%s: %s', async (line, words) => {
    const { code, out, complaints, calls } = await run(line)
    expect({ code, out, calls }).toEqual({ code: 2, out: '', calls: [] })
    expect(complaints).toContain(words)
  })
})

describe('help', () => {
  test.each(['--help', '-h', 'help'])('%s tells of every command', async (line) => {
    const { code, out, complaints, calls } = await run(line)
    expect({ code, complaints, calls }).toEqual({ code: 0, complaints: '', calls: [] })
    for (const name of ['serve', 'migrate', 'health', 'token', 'sandbox', 'version'])
      expect(out).toContain(`  ${name} `)
    expect(out).toContain('speech-billing 1.2.3')
  })

  test.each(['serve', 'migrate', 'health', 'token', 'sandbox', 'version'])('%s has its own', async (name) => {
    const { code, out, calls } = await run(`${name} --help`)
    expect({ code, calls }).toEqual({ code: 0, calls: [] })
    expect(out).toContain(`Usage:\n  speech-billing ${name}`)
    expect(out).toContain('--help')
    expect((await run(`help ${name}`)).out).toBe(out)
  })

  test('is given whatever else is wrong', async () => {
    expect((await run('token --usr x -h')).code).toBe(0)
  })

  test('fits a screen of 120 columns', async () => {
    for (const line of [
      'help',
      'help serve',
      'help migrate',
      'help health',
      'help token',
      'help sandbox',
      'help version',
    ])
      for (const row of (await run(line)).out.split('\n')) expect(row.length).toBeLessThanOrEqual(120)
  })

  test('has colours only where they are wanted', async () => {
    expect((await run('help')).out).not.toContain('\u001b')
    const coloured = (await run('help', {}, true)).out
    expect(coloured).toContain('\u001b[1m')
    expect(Bun.stripANSI(coloured)).toBe((await run('help')).out)
  })
})

describe('migrate', () => {
  test('says what was done', async () => {
    expect((await run('migrate')).out).toBe('data/billing.db is up to date.\n')
    const migrate = async () => ({ applied: 2, file: 'x.db' })
    expect((await run('migrate', { migrate })).out).toBe('x.db is up to date: 2 migrations applied.\n')
    expect((await run('migrate --json', { migrate })).out).toBe('{"applied":2,"file":"x.db"}\n')
  })
})

describe('health', () => {
  test.each([
    ['ready', 0],
    ['degraded', 0],
    ['unavailable', 1],
    ['not_running', 1],
  ] as const)('%s ends with %i', async (status, code) => {
    const health = async () => ({ status, checks: [] })
    const { code: actual, out } = await run('health', { health })
    expect([actual, out]).toEqual([code, `${status.replace('_', ' ')}\n`])
  })

  test('lists the checks, or prints them for machines', async () => {
    const report: HealthReport = {
      status: 'degraded',
      checks: [
        { name: 'database', status: 'ok', detail: null },
        { name: 'stripe', status: 'degraded', detail: 'no answer for 40 s' },
      ],
    }
    const health = async () => report
    expect((await run('health', { health })).out).toBe(
      'degraded\n  database  ok\n  stripe    degraded  no answer for 40 s\n',
    )
    expect(JSON.parse((await run('health --json', { health })).out)).toEqual(report)
  })
})

describe('token', () => {
  async function wish(...words: readonly string[]): Promise<TokenWish | string> {
    const { calls, complaints } = await run(['token', ...words])
    const [call] = calls as [string, TokenWish][]
    return call?.[1] ?? complaints
  }

  test('prints the token and nothing else', async () => {
    expect(await run('token --user ada')).toEqual({
      code: 0,
      out: 'the.token.itself\n',
      complaints: '',
      calls: [['token', { user: 'ada', scope: null, ttlSeconds: 3600 }]],
    })
    expect((await run('token --user ada --json')).out).toBe('{"token":"the.token.itself"}\n')
  })

  test('needs to know whom it is for', async () => {
    expect(await run('token')).toMatchObject({ code: 2, out: '', complaints: expect.stringContaining('--user ID') })
  })

  test.each(['ada', 'auth0:abc-1.2@x_y', 'x'.repeat(128), '42'])('the user may be %s', async (user) => {
    expect(await wish('--user', user)).toMatchObject({ user })
  })

  test.each(['', 'a b', 'ä', 'a/b', 'x'.repeat(129)])('the user may not be %s', async (user) => {
    expect(await wish('--user', user)).toContain('--user')
  })

  test.each([
    ['service', 'service'],
    ['usage:write metering', 'usage:write metering'],
    [' operator  service operator ', 'operator service'],
    ['', null],
  ])('the scope may be %s', async (scope, expected) => {
    expect(await wish('--user', 'ada', '--scope', scope)).toMatchObject({ scope: expected })
  })

  test('a scope that does not exist is refused, with the nearest', async () => {
    expect(await wish('--user', 'ada', '--scope', 'servise')).toContain(
      '"servise" is not a scope. Did you mean service?',
    )
    expect(await wish('--user', 'ada', '--scope', 'service admin')).toContain('"admin" is not a scope.')
  })

  test.each([
    ['45s', 45],
    ['30m', 1_800],
    ['1h', 3_600],
    ['7d', 604_800],
    ['30d', 2_592_000],
    ['720h', 2_592_000],
  ])('it may be valid for %s', async (ttl, ttlSeconds) => {
    expect(await wish('--user', 'ada', '--ttl', ttl)).toMatchObject({ ttlSeconds })
  })

  test.each(['31d', '721h', '0h', '1', 'h', '1w', '1.5h', '1h30m', '99999999999d'])(
    'it may not be valid for %s',
    async (ttl) => {
      expect(await wish('--user', 'ada', '--ttl', ttl)).toContain('at most 30d')
    },
  )
})

describe('sandbox and version', () => {
  test('the clock of the sandbox is moved with progress, and the time told', async () => {
    expect(await run('sandbox advance 1mo --port 12200')).toEqual({
      code: 0,
      out: 'It is now 2026-12-22T00:00:00.000Z at the simulator.\n',
      complaints: '3 things that were due are done, 4 are left\n',
      calls: [['advanceSandbox', { duration: '1mo', port: 12200 }]],
    })
    expect((await run('sandbox advance 1mo --json')).out).toBe('{"now":"2026-12-22T00:00:00.000Z"}\n')
  })

  test('the sandbox takes its port, or leaves it to the configuration', async () => {
    expect((await run('sandbox')).calls).toEqual([['sandbox', { port: null }]])
    expect((await run('sandbox --port 0')).calls).toEqual([['sandbox', { port: 0 }]])
  })

  test('events are triggered one after the other, and the new ones printed', async () => {
    expect(await run('sandbox trigger invoice.paid customer.created --port 12200')).toEqual({
      code: 0,
      out: 'evt_invoice.paid  invoice.paid\nevt_customer.created  customer.created\n',
      complaints: '',
      calls: [
        ['trigger', { type: 'invoice.paid', port: 12200, base: null }],
        ['trigger', { type: 'customer.created', port: 12200, base: null }],
      ],
    })
    const base = 'http://127.0.0.1:12200'
    const told = await run(`sandbox trigger invoice.paid --api-base ${base} --json`)
    expect(told.calls).toEqual([['trigger', { type: 'invoice.paid', port: null, base }]])
    expect(JSON.parse(told.out)).toEqual({ events: [{ id: 'evt_invoice.paid', type: 'invoice.paid' }] })
    expect((await run('sandbox trigger --list')).out).toBe('customer.created\ninvoice.paid\n')
  })

  test.each(['version', '--version'])('%s prints the version', async (line) => {
    expect(await run(line)).toMatchObject({ code: 0, out: 'speech-billing 1.2.3\n' })
    expect((await run(`${line} --json`)).out).toBe('{"name":"speech-billing","version":"1.2.3"}\n')
  })
})

describe('what fails', () => {
  const failing = (error: unknown): Partial<Program> => ({ serve: () => Promise.reject(error) })

  test('ends in one sentence and 1', async () => {
    const { code, out, complaints } = await run('', failing(new Error('data/billing.db is in use.')))
    expect({ code, out, complaints }).toEqual({
      code: 1,
      out: '',
      complaints: 'speech-billing: data/billing.db is in use.\n',
    })
  })

  test('shows its place when it is a fault of the program', async () => {
    const { code, complaints } = await run('', failing(new TypeError('x is undefined')))
    expect(code).toBe(1)
    expect(complaints).toContain('command-line.test.ts')
  })

  test('for its configuration ends in a list of all problems and 2', async () => {
    const problems = [
      { variable: 'PORT', problem: 'is not a port number', cure: 'Give a whole number.' },
      { variable: 'JWT_SECRET', problem: 'is missing', cure: `Make one ${'and give it to the app '.repeat(8)}.` },
    ]
    const { code, out, complaints } = await run('', failing(configurationRefusal(problems)))
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(complaints).toStartWith(
      'speech-billing: the configuration has 2 problems.\n\n  PORT is not a port number.\n    Give a whole number.\n\n  JWT_SECRET is missing.\n    Make one',
    )
    for (const row of complaints.split('\n')) expect(row.length).toBeLessThanOrEqual(120)
  })
})
