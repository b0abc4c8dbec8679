import { describe, expect, test } from 'bun:test'
import { createLog, type LogLevel } from '../../src/adapters/process/log.ts'
import { redact, redactText } from '../../src/adapters/process/redaction.ts'

function logged(level: LogLevel, act: (log: ReturnType<typeof createLog>) => void): readonly string[] {
  const lines: string[] = []
  act(createLog(level, (line) => lines.push(line)))
  return lines
}

// Put together here so that no scanner takes them for leaked ones.
const CANARIES = [
  ['sk', 'live', 'CANARY123'].join('_'),
  ['sk', 'test', 'CANARY123'].join('_'),
  ['rk', 'live', 'CANARY123'].join('_'),
  ['whsec', 'CANARY/123+abc='].join('_'),
  'Bearer CANARY123.abc-def_ghi',
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJDQU5BUlkifQ.CANARY-sig_nature',
  'pi_3AbC_secret_CANARY123',
  'seti_1AbC_secret_CANARY123',
  'CANARY.person+tag@mail.example.com',
  '4242 4242 4242 4242',
  '4000002500003155',
]
/** What of a canary must not be left. */
const REMAINS = /CANARY|Q0FOQVJZ|DQU5BUlk|4242|3155/

describe('the log', () => {
  test('writes one line of JSON an event: time, level, message, circumstances', () => {
    const lines = logged('info', (log) =>
      log.warning('Stripe did not answer', { request_id: 'req_1', attempts: 3, size: 5n }),
    )
    expect(lines).toHaveLength(1)
    expect(lines[0]).toEndWith('}\n')
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      level: 'warning',
      message: 'Stripe did not answer',
      request_id: 'req_1',
      attempts: 3,
      size: '5',
    })
  })

  test.each([
    ['debug', ['debug', 'info', 'warning', 'error']],
    ['info', ['info', 'warning', 'error']],
    ['warning', ['warning', 'error']],
    ['error', ['error']],
  ] as const)('at %s it writes %j', (level, expected) => {
    const lines = logged(level, (log) => {
      log.debug('one')
      log.info('two')
      log.warning('three')
      log.error('four')
    })
    expect(lines.map((line) => JSON.parse(line).level)).toEqual([...expected])
  })

  test('circumstances cannot pass themselves off as the head of the line, nor break it', () => {
    const [line = ''] = logged('info', (log) =>
      log.info('a {level} in braces\nand two lines', { level: 'fatal', time: 'x', user: 'a\nb' }),
    )
    expect(line.trim().split('\n')).toHaveLength(1)
    expect(JSON.parse(line)).toMatchObject({
      level: 'info',
      message: 'a {level} in braces\nand two lines',
      user: 'a\nb',
    })
  })

  test.each(CANARIES)('never shows %s', (canary) => {
    const error = new Error(`refused: ${canary}`, { cause: new Error(canary) })
    const lines = logged('debug', (log) => {
      log.error(`it failed for ${canary}!`, {
        error,
        url: `https://x.example/?q=${canary}`,
        deep: [{ deeper: { canary } }],
      })
      log.info('plain', { [canary]: 1 })
    })
    expect(lines.join('')).not.toMatch(REMAINS)
    expect(lines.join('')).toContain('[redacted]')
  })

  test('never shows a field whose name says that it is secret', () => {
    const names = [
      'client_secret',
      'password',
      'Authorization',
      'token',
      'access_token',
      'stripeSecretKey',
      'cookie',
      'email',
    ]
    const fields = Object.fromEntries(names.map((name) => [name, 'CANARY']))
    expect(logged('info', (log) => log.info('x', fields)).join('')).not.toMatch(REMAINS)
  })

  test('of an error it shows name, message, code, cause and place, and nothing that the error carries besides', () => {
    const error = Object.assign(new TypeError('no signature'), {
      code: 'bad',
      payload: 'CANARY',
      header: 'CANARY',
      cause: 'x',
    })
    const shown = redact(error)
    expect(shown).toMatchObject({
      name: 'TypeError',
      message: 'no signature',
      code: 'bad',
      cause: 'x',
      stack: expect.any(String),
    })
    expect(JSON.stringify(shown)).not.toMatch(REMAINS)
  })
})

describe('what is harmless', () => {
  test.each([
    'cus_Abc123',
    'sub_1AbC',
    'pi_3AbC',
    'user_42',
    'usage_01k9zq',
    '2026-01-31T00:00:00.000Z',
    '1234567890123456',
    'basic_monthly',
    'pk_live_abc',
  ])('%s is shown', (text) => expect(redactText(text)).toBe(text))

  test('what belongs to a client secret stays to be looked up', () => {
    expect(redactText('pi_3AbC_secret_xyz')).toBe('pi_3AbC_secret_[redacted]')
  })
})

describe('a line is bounded', () => {
  test('however long, deep or wide its circumstances are', () => {
    const circular: Record<string, unknown> = {}
    circular.self = circular
    const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`f${index}`, 'x'.repeat(10)]))
    const lines = logged('info', (log) =>
      log.info('x'.repeat(1_000_000), { circular, wide, list: Array(100_000).fill('y') }),
    )
    expect(lines.join('').length).toBeLessThan(10_000)
  })

  test('in time as well, whatever is sent', () => {
    const began = performance.now()
    for (const piece of ['a@', 'a.', '1 ', 'eyJ.', '_secret_', 'Bearer ', 'sk_live_']) redactText(piece.repeat(500_000))
    expect(performance.now() - began).toBeLessThan(10_000)
  })

  test('bytes are counted, not shown', () => {
    expect(redact({ body: new TextEncoder().encode('CANARY') })).toEqual({ body: '6 bytes' })
  })
})
