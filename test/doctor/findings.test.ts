import { describe, expect, test } from 'bun:test'
import { diskFinding, inboxFinding, migrationFinding, outboxFinding } from '../../src/doctor/database.ts'
import { readinessFindings } from '../../src/doctor/server.ts'
import { accountFinding, clockFindings } from '../../src/doctor/stripe.ts'
import { claimFindings } from '../../src/doctor/tokens.ts'
import { endpointFindings } from '../../src/domain/endpoint-findings.ts'
import { EVENT_TYPES, LEAST_EVENT_TYPES, METER_ERROR_TYPES } from '../../src/domain/event-types.ts'
import type { Finding } from '../../src/domain/finding.ts'
import type { FoundEndpoint, WantedEndpoint } from '../../src/domain/setup.ts'

const NOW = Date.UTC(2026, 5, 10, 12)
const statuses = (findings: readonly Finding[]) => findings.map(({ name, status }) => `${status} ${name}`)

describe('the database', () => {
  test.each([
    [0, 'ok'],
    [2, 'warning'],
    [-1, 'problem'],
  ] as const)('that lacks %i migrations is %s', (pendingMigrations, status) => {
    expect(migrationFinding({ pendingMigrations }).status).toBe(status)
  })

  test.each([
    [5_000_000_000, 'ok'],
    [999_000_000, 'warning'],
    [99_000_000, 'problem'],
  ] as const)('with %i bytes free is %s', (free, status) => {
    expect(diskFinding(free).status).toBe(status)
  })

  test('whose inbox waits for long, or gave events up, is told of', () => {
    const inbox = { waiting: 3, dead: 0, oldestWaiting: NOW - 60_000 }
    expect(inboxFinding({ inbox }, NOW)).toMatchObject({
      status: 'ok',
      detail: '3 events of Stripe still to be applied.',
    })
    expect(inboxFinding({ inbox: { ...inbox, oldestWaiting: NOW - 700_000 } }, NOW).status).toBe('warning')
    expect(inboxFinding({ inbox: { ...inbox, dead: 1 } }, NOW)).toMatchObject({
      status: 'problem',
      detail: '1 event given up, since applying failed again and again.',
    })
  })

  test('whose outbox waits for a day, or was refused, is told of', () => {
    const outbox = { waiting: 1, setAside: 0, oldestWaiting: NOW - 3_600_000 }
    expect(outboxFinding({ outbox }, NOW).status).toBe('ok')
    expect(outboxFinding({ outbox: { ...outbox, oldestWaiting: NOW - 90_000_000 } }, NOW).status).toBe('warning')
    expect(outboxFinding({ outbox: { ...outbox, setAside: 2 } }, NOW).status).toBe('warning')
  })
})

describe('the clock', () => {
  test.each([
    [0, 'ok'],
    [29_000, 'ok'],
    [-31_000, 'warning'],
    [300_000, 'problem'],
  ] as const)('%i ms beside that of Stripe is %s', (skew, status) => {
    expect(statuses(clockFindings(NOW, NOW + skew))).toEqual([`${status} clock`])
  })

  test('is not judged where Stripe told no time', () => {
    expect(clockFindings(null, NOW)).toEqual([])
  })
})

test('a live account that may not charge is a problem, a test account is not', () => {
  const account = { id: 'acct_1', mayCharge: false, stripeTime: null }
  expect(accountFinding(account, true).status).toBe('problem')
  expect(accountFinding(account, false).status).toBe('ok')
})

test('a server that is degraded or down says what is wrong', () => {
  const check = (status: 'ok' | 'degraded' | 'failed') => ({ status, detail: `It is ${status}.` })
  const checks = { storage: check('ok'), prices: check('degraded') }
  expect(readinessFindings({ status: 'degraded', checks })).toMatchObject([
    { status: 'warning', detail: 'The running server is degraded. It is degraded.' },
  ])
  expect(statuses(readinessFindings({ status: 'unavailable', checks: { storage: check('failed') } }))).toEqual([
    'problem server',
  ])
  expect(statuses(readinessFindings({ status: 'ready', checks }))).toEqual(['ok server'])
})

test('a signer without issuer and audience may sign for others', () => {
  expect(statuses(claimFindings(null, null))).toEqual(['warning token claims'])
  expect(claimFindings(null, 'billing')).toEqual([])
})

describe('the webhook endpoint', () => {
  const url = 'https://billing.example.com/payments/stripe-webhook'
  const wanted: readonly WantedEndpoint[] = [
    { kind: 'webhook endpoint', name: url, types: EVENT_TYPES, apiVersion: 'v2' },
    { kind: 'event destination', name: url, types: METER_ERROR_TYPES, apiVersion: null },
  ]
  const endpoint: FoundEndpoint = {
    id: 'we_1',
    url,
    types: EVENT_TYPES,
    apiVersion: 'v2',
    isEnabled: true,
    isOurs: true,
  }
  const destination: FoundEndpoint = { ...endpoint, id: 'ed_1', types: METER_ERROR_TYPES, apiVersion: null }
  const look = (changes: Partial<FoundEndpoint> | null, destinations = [destination]) =>
    statuses(
      endpointFindings(wanted, { endpoints: changes ? [{ ...endpoint, ...changes }] : [], destinations }),
    ).filter((status) => !status.startsWith('ok'))

  test('that sends everything in our version is well', () => {
    expect(look({})).toEqual([])
    expect(look({ types: ['*'] })).toEqual([])
  })

  test('that is missing, elsewhere or disabled is a problem', () => {
    expect(look(null)).toEqual(['problem webhook endpoint'])
    expect(look({ url: 'https://elsewhere.example.com' })).toEqual(['problem webhook endpoint'])
    expect(look({ isEnabled: false })).toEqual(['problem webhook endpoint'])
  })

  test('of another version, or with the least events alone, is slower and no problem', () => {
    expect(look({ apiVersion: 'v1' })).toEqual(['warning webhook endpoint'])
    expect(look({ types: LEAST_EVENT_TYPES })).toEqual(['warning event types'])
    expect(look({ types: LEAST_EVENT_TYPES.slice(1) })).toEqual(['problem event types'])
  })

  test('without a destination for what meters refuse is a warning', () => {
    expect(look({}, [])).toEqual(['warning meter errors'])
    expect(look({}, [{ ...destination, isEnabled: false }])).toEqual(['warning meter errors'])
  })
})
