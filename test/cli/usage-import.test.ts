import { afterAll, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommandLine } from '../../src/adapters/cli/command-line.ts'
import type { ImportedUse, ImportOutcome } from '../../src/adapters/cli/program.ts'
import { importUsage } from '../../src/usecases/import-usage.ts'
import { type MemoryPorts, memoryPorts } from '../support/memory-ports.ts'
import { programWith } from '../support/program.ts'

const folder = mkdtempSync(join(tmpdir(), 'speech-billing-import-'))
afterAll(() => rmSync(folder, { recursive: true }))

let ports: MemoryPorts
let batches: number[]
let isOpen: boolean
let files = 0

beforeEach(() => {
  ports = memoryPorts()
  batches = []
  isOpen = false
})

type Record = (batch: {
  readonly uses: readonly ImportedUse[]
  readonly dryRun: boolean
}) => Promise<readonly ImportOutcome[]>

async function run(
  content: string | Uint8Array | null,
  options = '',
  record: Record = (batch) => importUsage(ports, batch),
) {
  files += 1
  const file = join(folder, `${files}.txt`)
  if (content !== null) await Bun.write(file, content)
  return runOn(file, options, record)
}

async function runOn(file: string, options = '', record: Record = (batch) => importUsage(ports, batch)) {
  const program = programWith({
    openUsage: async () => {
      isOpen = true
      return {
        record: (batch) => {
          batches.push(batch.uses.length)
          return record(batch)
        },
        close: async () => {
          isOpen = false
        },
      }
    },
  })
  let [out, complaints] = ['', '']
  const terminal = {
    out(text: string) {
      out += text
    },
    complaints(text: string) {
      complaints += text
    },
    outColours: false,
    complaintColours: false,
  }
  const words = ['usage', 'import', file, ...options.split(' ').filter((word) => word !== '')]
  const code = await runCommandLine(words, program, terminal)
  return { code, out, complaints }
}

const HEADER = 'user_id,service_type,usage_amount,usage_unit,resource_id,event_id,occurred_at'
const CALLS = `${HEADER}
ann,voice_call,23,minutes,CA1,,2026-06-09T10:00:00Z
bob,voice_call,90.5,seconds,CA2,,
ann,sms,1,messages,77,SM1,2026-06-09T12:00:00+02:00
`

describe('the command is used wrongly', () => {
  test('without a file, with two, or with one that is not there', async () => {
    expect(await runOn('--dry-run')).toMatchObject({ code: 2, complaints: expect.stringContaining('needs FILE') })
    expect((await run(CALLS, 'other.csv')).complaints).toContain('takes one FILE, and "other.csv" is another')
    expect(await run(null)).toMatchObject({ code: 2, complaints: expect.stringContaining('there is no file') })
  })
})

describe('a file is imported', () => {
  test('as CSV, each line as the API would take it', async () => {
    expect(await run(CALLS)).toEqual({ code: 0, out: '3 recorded, 0 known before, 0 refused\n', complaints: '' })
    expect(ports.store.usageOf('ann')).toMatchObject([
      { service: 'voice_call', quantity: 23n * 60_000_000n, resourceId: 'CA1', occurredAt: Date.UTC(2026, 5, 9, 10) },
      { service: 'sms', identity: { kind: 'event', eventId: 'SM1' }, occurredAt: Date.UTC(2026, 5, 9, 10) },
    ])
    expect(ports.store.usageOf('bob')).toMatchObject([{ quantity: 90_500_000n, unit: 'seconds' }])
    expect(isOpen).toBe(false)
  })

  test('as lines of JSON, with the numbers and texts of the API', async () => {
    const lines = [
      { user_id: 'ann', service_type: 'voice_call', usage_amount: 1, usage_unit: 'minutes', resource_id: 123 },
      { user_id: 'ann', service_type: 'voice_call', usage_amount: 1, usage_unit: 'minutes', resource_id: '123' },
    ]
    const text = `\n${lines.map((line) => JSON.stringify(line)).join('\r\n\r\n')}`
    expect((await run(text)).out).toBe('1 recorded, 1 known before, 0 refused\n')
  })

  test('again, and nothing changes; with lines added, and only they are recorded', async () => {
    await run(CALLS)
    expect(await run(CALLS)).toMatchObject({ code: 0, out: '0 recorded, 3 known before, 0 refused\n' })
    expect((await run(`${CALLS}eve,voice_call,1,minutes,CA3,,\n`)).out).toBe('1 recorded, 3 known before, 0 refused\n')
  })

  test('on from where it was interrupted', async () => {
    const lines = Array.from({ length: 2_500 }, (_, index) => `user_${index},sms,1,messages,,SM${index},`)
    const content = [HEADER, ...lines].join('\n')
    const failing: Record = (batch) =>
      batches.length > 2 ? Promise.reject(new Error('The running server ended.')) : importUsage(ports, batch)
    expect(await run(content, '', failing)).toMatchObject({
      code: 1,
      complaints: 'speech-billing: The running server ended.\n',
    })
    expect(isOpen).toBe(false)
    expect((await run(content)).out).toBe('500 recorded, 2,000 known before, 0 refused\n')
    expect(batches).toEqual([1_000, 1_000, 500, 1_000, 1_000, 500])
  })

  test('in batches that fit into one request to the server', async () => {
    const long = 'x'.repeat(126)
    const lines = Array.from({ length: 1_500 }, (_, index) => `user_${index},sms,1,messages,${long},${long},`)
    expect((await run([HEADER, ...lines].join('\n'))).out).toStartWith('1,500 recorded')
    expect(Math.max(...batches)).toBeLessThan(1_000)
  })

  test('with quotation marks as RFC 4180 has them', async () => {
    const content = `\uFEFF"user_id",service_type,usage_amount,usage_unit,resource_id\r\nann,voice_call,"1",minutes,"a ""b"",\nc"\r\nbob,voice_call,1,minutes,x\r\n`
    expect((await run(content)).out).toBe('2 recorded, 0 known before, 0 refused\n')
    expect(ports.store.usageOf('ann')[0]?.resourceId).toBe('a "b",\nc')
  })

  test('only to see what would come of it', async () => {
    const { code, out } = await run(`${CALLS}ann,fax,1,minutes,,,\n`, '--dry-run')
    expect([code, out]).toEqual([1, 'Nothing was recorded. It would be: 3 recorded, 0 known before, 1 refused\n'])
    expect(ports.store.usageOf('ann')).toEqual([])
  })

  test('only to see it, with what stands in the file twice told as it would be', async () => {
    const again = 'ann,sms,2,messages,,e,\nann,sms,2,messages,,e,\nben,sms,2,messages,,e,\nann,sms,3,messages,,e,\n'
    const content = `user_id,service_type,usage_amount,usage_unit,resource_id,event_id,occurred_at\n${again}`
    const seen = await run(content, '--dry-run')
    const done = await run(content)
    expect(done.out).toBe('2 recorded, 1 known before, 1 refused\n')
    expect(seen).toMatchObject({ code: done.code, out: `Nothing was recorded. It would be: ${done.out}` })
    expect(seen.complaints).toContain('line 5: An earlier line tells another amount or service for the same use.')
  })
})

describe('a line is refused alone, with its number', () => {
  const bad: readonly (readonly [string, string])[] = [
    ['ann b,sms,1,messages,,e,', 'user_id: must be 1 to 128'],
    [',sms,1,messages,,e,', 'user_id: must be 1 to 128'],
    ['ann,fax,1,messages,,e,', 'service_type: must be one of voice_call'],
    ['ann,sms,1,pages,,e,', 'usage_unit: must be one of'],
    ['ann,sms,1,minutes,,e,', 'usage_unit: sms is counted in messages'],
    ['ann,sms,"1,5",messages,,e,', 'usage_amount: must be a number'],
    ['ann,sms,0,messages,,e,', 'usage_amount: must lie between'],
    ['ann,sms,-1,messages,,e,', 'usage_amount: must be a number'],
    [`ann,sms,1,messages,,${'e'.repeat(129)},`, 'event_id: must be a text of 1 to 128'],
    ['ann,sms,1,messages,,e,yesterday', 'occurred_at: must be a date'],
    ['ann,sms,1,messages,,e,2026-02-30T00:00:00Z', 'occurred_at: must be a date'],
    ['ann,sms,1,messages,,e,2020-01-01T00:00:00Z', 'occurred_at: lies more than 35 days back'],
    ['ann,sms,1,messages,77,,', 'event_id: is required, or importing the file again would count this sms twice'],
    ['ann,voice_call,1,minutes,,,', 'event_id: is required'],
    ['ann,sms,1,messages', 'has 4 fields, and the header names 7'],
    ['ann,s"ms,1,messages,,e",', 'is not well-formed CSV'],
  ]
  for (const [line, complaint] of bad)
    test(`${line.slice(0, 50)}`, async () => {
      const { code, out, complaints } = await run(`${HEADER}\n\n${line}\nbob,sms,1,messages,,e,\n`)
      expect([code, out]).toEqual([1, '1 recorded, 0 known before, 1 refused\n'])
      expect(complaints).toStartWith(`line 3: ${complaint}`)
    })

  test('in JSON: what is no object, and fields that are not there', async () => {
    const { complaints } = await run('{"user_id":\n[]\n{"user_id":"ann","surprise":1}\n')
    expect(complaints).toBe(
      'line 1: is not a JSON object\nline 2: is not a JSON object\n' +
        'line 3: surprise: is not a field; there are user_id, service_type, usage_amount, usage_unit, resource_id, event_id, occurred_at\n',
    )
  })

  test('where it says something else than an earlier one of the same identity', async () => {
    const { complaints } = await run(`${CALLS}ann,voice_call,24,minutes,CA1,,\n`)
    expect(complaints).toStartWith('line 5: This voice_call (resource_id) was recorded before with another amount.')
  })

  test('and many of them are counted, not all told', async () => {
    const content = `${HEADER}\n${'ann,fax,1,messages,,e,\n'.repeat(1_500)}`
    const { complaints } = await run(content)
    expect(complaints.trimEnd().split('\n')).toHaveLength(21)
    expect(complaints).toEndWith('and 1,480 more; --json tells the first 1,000\n')
    const json = JSON.parse((await run(content, '--json')).out)
    expect([json.refused, json.refusals.length, json.refusals[0].line]).toEqual([1_500, 1_000, 2])
  })
})

describe('a header that does not fit', () => {
  for (const [what, content] of Object.entries({
    'names other columns': 'a,b\n1,2\n3,4\n',
    'has too many': `${HEADER},surprise\nann,sms,1,messages,,e,,x\n`,
    'has one twice': 'user_id,service_type,usage_amount,usage_unit,user_id\nann,sms,1,messages,bob\n',
    'is not there': 'ann,sms,1,messages,,e,\nbob,sms,1,messages,,e,\n',
    'has semicolons': `${HEADER.replaceAll(',', ';')}\nann;sms;1;messages;;e;\n`,
  }))
    test(`because it ${what} is refused once, before any line`, async () => {
      const { code, out, complaints } = await run(content)
      expect([code, out, complaints.split('\n').length]).toEqual([2, '', 3])
      expect(complaints).toContain(
        'must name the columns user_id, service_type, usage_amount, usage_unit, and may name resource_id, event_id, occurred_at',
      )
      expect(complaints).toContain(`It is: ${content.split('\n')[0]}`)
    })

  test('and an empty file, are used wrongly', async () => {
    expect(await run('')).toMatchObject({ code: 2, complaints: expect.stringContaining('is empty.') })
  })
})

describe('lines without an identity', () => {
  const SMS = `${HEADER}\n${'ann,sms,1,messages,77,,\n'.repeat(3)}`

  test('are taken when asked to, each as a use of its own, and once', async () => {
    expect((await run(SMS, '--allow-unkeyed')).out).toBe('3 recorded, 0 known before, 0 refused\n')
    expect((await run(SMS, '--allow-unkeyed')).out).toBe('0 recorded, 3 known before, 0 refused\n')
    expect(ports.store.usageOf('ann')).toHaveLength(3)
  })
})

describe('the import ends', () => {
  test('when the disk fails, and says how to go on', async () => {
    const failing: Record = async ({ uses }) =>
      uses.map(() => ({ kind: 'refused', code: 'storage_unavailable', detail: 'The disk is full.' }))
    expect(await run(CALLS, '', failing)).toEqual({
      code: 1,
      out: '',
      complaints: 'speech-billing: The disk is full. The same command goes on where it stopped.\n',
    })
  })

  test('when the file is not in UTF-8', async () => {
    const { code, complaints } = await run(new Uint8Array([0x61, 0xff, 0x0a]))
    expect([code, complaints]).toEqual([1, 'speech-billing: The file is not in UTF-8.\n'])
  })
})

test('progress and summary are for people, JSON is for machines', async () => {
  const content = `${HEADER}\n${'ann,voice_call,1,minutes,CA1,,\n'.repeat(50_001)}`
  const { out, complaints } = await run(content)
  expect([out, complaints]).toEqual([
    '1 recorded, 50,000 known before, 0 refused\n',
    '50,000 lines: 1 recorded, 49,999 known before, 0 refused\n',
  ])
  const json = await run(CALLS.replaceAll('ann', 'eve'), '--json --dry-run')
  expect(JSON.parse(json.out)).toEqual({
    file: expect.any(String),
    dry_run: true,
    lines: 3,
    recorded: 3,
    known: 0,
    refused: 0,
    refusals: [],
  })
})
