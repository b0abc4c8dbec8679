import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfig } from '../../src/config/config.ts'
import { parseEnvFile } from '../../src/config/dotenv.ts'
import { loadConfig, readEnvironment } from '../../src/config/environment.ts'
import { VARIABLES } from '../../src/config/misspellings.ts'

const project = join(import.meta.dir, '..', '..')
let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'environment-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('an env file', () => {
  test.each([
    ['KEY="value"', 'value'],
    ['KEY=value', 'value'],
    ["KEY='value'", 'value'],
    ['  export KEY = "value"  # why', 'value'],
    ['KEY=value # why', 'value'],
    ['KEY=a#b', 'a#b'],
    ['KEY="a # b"', 'a # b'],
    ['KEY=', ''],
    ['KEY= # nothing', ''],
    ['KEY=""', ''],
    ['KEY=a=b', 'a=b'],
    ['KEY="a\\nb\\"c\\\\"', 'a\nb"c\\'],
    ["KEY='a\\nb'", 'a\\nb'],
    ['KEY="two\nlines"', 'two\nlines'],
    ['KEY=value\r\nOTHER=x\r', 'value'],
    ['KEY=first\nKEY=last', 'last'],
    ['\uFEFFKEY=value', 'value'],
    ["KEY=it's", "it's"],
  ])('%j gives %j', (content, value) => {
    expect(parseEnvFile(content)).toMatchObject({ variables: { KEY: value }, badLines: [] })
  })

  test('blank lines and comments say nothing', () => {
    expect(parseEnvFile('\n  \n# comment\n\t# KEY=value\n')).toEqual({ variables: {}, badLines: [] })
  })

  test('a line that cannot be understood is named, and the others are read', () => {
    expect(parseEnvFile('A=1\nB: 2\nC="open\nD=4\n1E=5\nF="x" y\nG=7')).toEqual({
      variables: { A: '1', D: '4', G: '7' },
      badLines: [2, 3, 5, 6],
    })
  })
})

describe('dev.env', () => {
  test('is read in development, and the process wins, with an empty value too', () => {
    writeFileSync(join(folder, 'dev.env'), 'PORT="9000"\nLOG_LEVEL="debug"\nPUBLIC_PLANS=true')
    const { variables } = readEnvironment({ PORT: '9001', LOG_LEVEL: '', HOST: undefined }, folder)
    expect(variables).toEqual({ PORT: '9001', LOG_LEVEL: '', PUBLIC_PLANS: 'true' })
  })

  test('is not read in production', () => {
    expect(readEnvironment({ APP_ENV: 'production' }, folder).variables).toEqual({ APP_ENV: 'production' })
  })

  test('need not be there', () => {
    expect(loadConfig({}, join(folder, 'nowhere'))).toEqual(readConfig({}))
  })

  test('a bad line is reported together with the other problems', () => {
    writeFileSync(join(folder, 'dev.env'), 'PORT: 9000\nLOG_LEVEL=loud')
    const reading = loadConfig({}, folder)
    expect(reading.ok ? [] : reading.problems.map(({ variable }) => variable)).toEqual(['dev.env', 'LOG_LEVEL'])
  })
})

describe('the files of the project', () => {
  test('dev.env starts the sandbox', () => {
    expect(loadConfig({}, project)).toMatchObject({
      ok: true,
      config: { stripe: { kind: 'sandbox' }, jwt: { kind: 'kept' } },
    })
  })

  test('production.env.example names every variable, and is refused for what is left to fill in', () => {
    const content = readFileSync(join(project, 'production.env.example'), 'utf8')
    const names = [...content.matchAll(/^#?([A-Z_]+)=/gm)].map(([, name]) => name ?? '')
    expect(names.toSorted()).toEqual([...VARIABLES].toSorted())
    const reading = readConfig(parseEnvFile(content).variables)
    expect(reading.ok ? [] : reading.problems.map(({ variable }) => variable).toSorted()).toEqual([
      'JWT_SECRET',
      'STRIPE_PUBLISHABLE_KEY',
      'STRIPE_SECRET_KEY',
      'STRIPE_WEBHOOK_SECRET',
    ])
  })

  test('production.env.example filled in is accepted', () => {
    const content = readFileSync(join(project, 'production.env.example'), 'utf8')
    const filled = {
      STRIPE_PUBLISHABLE_KEY: 'pk_live_1',
      STRIPE_SECRET_KEY: 'sk_live_1',
      STRIPE_WEBHOOK_SECRET: 'whsec_1',
      JWT_SECRET: 'x'.repeat(32),
    }
    expect(readConfig({ ...parseEnvFile(content).variables, ...filled })).toMatchObject({ ok: true })
  })
})
