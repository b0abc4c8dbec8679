import { expect, test } from 'bun:test'
import { ok, problem, warning } from '../../src/domain/finding.ts'
import { runLine } from '../support/program.ts'

test('doctor lists its findings, each with its cure, and ends with 1 over a problem', async () => {
  const fine = ok('disk', 'There is room.')
  const slow = warning('event types', 'Some are missing.', 'Select them.')
  expect(await runLine('doctor', { doctor: async () => [fine] })).toMatchObject({
    code: 0,
    out: 'ok       disk  There is room.\n\nAll is well.\n',
  })
  expect(await runLine('doctor', { doctor: async () => [fine, slow] })).toMatchObject({ code: 0 })
  const findings = [fine, slow, problem('stripe', 'It does not answer.', 'Look why.')]
  const { code, out } = await runLine('doctor', { doctor: async () => findings })
  expect(code).toBe(1)
  expect(out.split('\n')).toEqual([
    'ok       disk         There is room.',
    'warning  event types  Some are missing.',
    '                      Select them.',
    'problem  stripe       It does not answer.',
    '                      Look why.',
    '',
    '1 problem, 1 warning.',
    '',
  ])
  expect(JSON.parse((await runLine('doctor --json', { doctor: async () => findings })).out)).toEqual({
    ok: false,
    findings,
  })
})
