import { afterAll, describe, expect, test } from 'bun:test'
import { type BannerFacts, startBanner } from '../../src/adapters/cli/banner.ts'
import { hasColours, painter } from '../../src/adapters/cli/terminal.ts'

describe('colours', () => {
  test('are for terminals whose owner has not asked for none', () => {
    expect(hasColours(true, {})).toBe(true)
    expect(hasColours(true, { NO_COLOR: '' })).toBe(true)
    expect(hasColours(true, { NO_COLOR: '1' })).toBe(false)
    expect(hasColours(true, { TERM: 'dumb' })).toBe(false)
    expect(hasColours(undefined, {})).toBe(false)
  })

  test('change nothing but the colour', () => {
    expect(painter(false)('red', 'x')).toBe('x')
    expect(Bun.stripANSI(painter(true)('red', 'x'))).toBe('x')
  })
})

describe('the banner', () => {
  const seen: (string | null)[] = []
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch(request) {
      seen.push(`${request.method} ${new URL(request.url).pathname}`, request.headers.get('authorization'))
      return new Response('ok')
    },
  })
  afterAll(() => server.stop(true))
  const facts: BannerFacts = {
    version: '1.2.3',
    mode: 'sandbox',
    url: `http://127.0.0.1:${server.port}`,
    simulatorUrl: 'http://127.0.0.1:12111',
    databaseFile: 'data/billing.db',
    token: 'eyJhbGciOi.eyJzdWIi.abc-_1',
    colours: false,
  }

  test('says the mode in a word, and where everything is', () => {
    const banner = startBanner(facts)
    for (const part of [
      'SANDBOX',
      facts.url,
      `${facts.url}/docs`,
      'http://127.0.0.1:12111',
      'data/billing.db',
      '1.2.3',
    ])
      expect(banner).toContain(part)
    expect(startBanner({ ...facts, mode: 'test', simulatorUrl: null })).toMatch(/TEST/)
    expect(startBanner({ ...facts, mode: 'live', simulatorUrl: null })).toMatch(/LIVE/)
    expect(startBanner({ ...facts, simulatorUrl: null })).not.toContain('Simulator')
  })

  test('shows no sample where there is no token to show', () => {
    expect(startBanner({ ...facts, token: null })).not.toContain('curl')
  })

  test('is the same in colours', () => {
    expect(Bun.stripANSI(startBanner({ ...facts, colours: true }))).toBe(startBanner(facts))
  })

  test.skipIf(Bun.which('curl') === null)(
    'has a sample request that works as it is pasted, indentation included',
    async () => {
      const banner = startBanner({ ...facts, colours: false })
      const pasted = banner.slice(banner.indexOf('  curl'))
      const shell = Bun.spawn(['sh', '-c', pasted], { stdout: 'pipe', env: { PATH: process.env.PATH, no_proxy: '*' } })
      expect(await new Response(shell.stdout).text()).toBe('ok')
      expect(seen).toEqual(['GET /payments/subscription-status', `Bearer ${facts.token}`])
    },
  )
})
