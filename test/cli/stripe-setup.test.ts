import { describe, expect, test } from 'bun:test'
import type { PlansReport, StripeSetup } from '../../src/adapters/cli/program.ts'
import type { SetupStep, WantedPrice } from '../../src/domain/setup.ts'
import { runLine } from '../support/program.ts'

const PRICE: WantedPrice = {
  kind: 'price',
  name: 'pro_monthly',
  planName: 'pro_monthly',
  service: null,
  currency: 'usd',
  currencyOptions: {},
  unitAmount: '4900',
  interval: 'month',
  pinnedPriceId: null,
}
const REPLACE: SetupStep = {
  action: 'create',
  subject: PRICE,
  foundId: null,
  why: ['the amount is 3900 and should be 4900'],
}
const ARCHIVE: SetupStep = {
  action: 'archive',
  subject: PRICE,
  foundId: 'price_1',
  why: ['nobody is subscribed to it'],
}
const SAME: SetupStep = {
  action: 'same',
  subject: { kind: 'meter', name: 'sms', displayName: 'sms (messages)' },
  foundId: 'mtr_1',
  why: [],
}

/** A setup that notes what was carried out. */
function setupOf(changes: Partial<StripeSetup> = {}, steps: readonly SetupStep[] = [SAME, REPLACE, ARCHIVE]) {
  const done: SetupStep[] = []
  const setup: StripeSetup = {
    account: 'acct_1',
    mode: 'test',
    plan: { steps, problems: [], notes: [] },
    webhookSecrets: ['whsec_old'],
    async carryOut(tell) {
      for (const step of steps.filter(({ action }) => action !== 'same')) {
        done.push(step)
        tell(step)
      }
      return ['whsec_new', 'whsec_thin']
    },
    ...changes,
  }
  return { done, openSetup: async () => setup }
}

describe('stripe setup', () => {
  test('shows the difference, asks, tells what it does, and prints the line to paste', async () => {
    const { done, openSetup } = setupOf()
    const { code, out, complaints, asked } = await runLine('stripe setup', { openSetup }, true)
    expect({ code, asked }).toEqual({ code: 0, asked: ['Do this?'] })
    expect(done).toEqual([REPLACE, ARCHIVE])
    expect(out.split('\n')).toEqual([
      'Stripe account acct_1, test mode',
      '',
      '= meter              sms (mtr_1)',
      '+ price              pro_monthly: the amount is 3900 and should be 4900',
      '- price              pro_monthly (price_1): nobody is subscribed to it',
      '',
      '1 to make, 1 to archive, 1 as they should be.',
      '',
      'Done.',
      '',
      'Put this into the environment of the server now, Stripe shows it only once:',
      '',
      'STRIPE_WEBHOOK_SECRET=whsec_old,whsec_new,whsec_thin',
      '',
    ])
    expect(complaints).toBe('[1/2] made price pro_monthly\n[2/2] archived price pro_monthly\n')
  })

  test('changes nothing for a no', async () => {
    const { done, openSetup } = setupOf()
    expect(await runLine('stripe setup', { openSetup }, false)).toMatchObject({
      code: 0,
      complaints: 'Nothing was changed.\n',
    })
    expect(done).toEqual([])
  })

  test('does not ask with --yes, and refuses without it where nobody sits', async () => {
    const { done, openSetup } = setupOf()
    expect(await runLine('stripe setup', { openSetup })).toMatchObject({ code: 2, asked: [] })
    expect(done).toEqual([])
    expect(await runLine('stripe setup --yes', { openSetup }, false)).toMatchObject({ code: 0, asked: [] })
    expect(done).toHaveLength(2)
  })

  test('only looks with --dry-run', async () => {
    const { done, openSetup } = setupOf()
    const { code, out } = await runLine('stripe setup --dry-run', { openSetup }, true)
    expect(code).toBe(0)
    expect(out).toEndWith('1 to make, 1 to archive, 1 as they should be.\n')
    expect(done).toEqual([])
  })

  test('says so when there is nothing to do', async () => {
    const { openSetup } = setupOf({}, [SAME])
    const { code, out } = await runLine('stripe setup', { openSetup })
    expect(code).toBe(0)
    expect(out).toContain('Nothing to do: all 1 are as they should be.')
  })

  test('ends with 1 over what only people can mend', async () => {
    const plan = { steps: [SAME], problems: ['The meter mtr_2 cannot be used.'], notes: ['A note.'] }
    const { code, out } = await runLine('stripe setup', setupOf({ plan }))
    expect(code).toBe(1)
    expect(out).toContain('! The meter mtr_2 cannot be used.\n\ni A note.')
  })

  test('tells machines all of it', async () => {
    const { code, out } = await runLine('stripe setup --yes --json', setupOf())
    expect(code).toBe(0)
    expect(JSON.parse(out)).toEqual({
      account: 'acct_1',
      mode: 'test',
      done: true,
      steps: [
        { action: 'same', kind: 'meter', name: 'sms', id: 'mtr_1', why: [] },
        { action: 'create', kind: 'price', name: 'pro_monthly', id: null, why: REPLACE.why },
        { action: 'archive', kind: 'price', name: 'pro_monthly', id: 'price_1', why: ARCHIVE.why },
      ],
      problems: [],
      notes: [],
      webhook_secrets: ['whsec_new', 'whsec_thin'],
    })
  })
})

describe('plans check', () => {
  const report = (changes: Partial<PlansReport>) => ({
    checkPlans: async (file: string | null): Promise<PlansReport> => ({
      source: file ?? 'The built-in catalogue',
      plans: ['a', 'b'],
      problems: [],
      misfits: null,
      ...changes,
    }),
  })

  test('says that all is well, and whether Stripe was asked', async () => {
    expect(await runLine('plans check', report({}))).toMatchObject({
      code: 0,
      out: 'The built-in catalogue: ok, 2 plans (a, b)\nStripe was not asked: there is no STRIPE_SECRET_KEY.\n',
    })
    expect((await runLine('plans check', report({ misfits: [] }))).out).toContain('At Stripe: ok')
  })

  test('names what is wrong with the file', async () => {
    const { code, out } = await runLine('plans check package.json', report({ problems: ['plans is missing'] }))
    expect({ code, out }).toEqual({ code: 1, out: 'package.json: 1 problem\n  ! plans is missing\n' })
  })

  test('names what does not fit at Stripe', async () => {
    const misfits = ['price a: Stripe has no price under this lookup key', 'meter sms: mtr_1 is inactive']
    const { code, out } = await runLine('plans check', report({ misfits }))
    expect(code).toBe(1)
    expect(out).toContain('At Stripe: 2 differences')
    expect(out).toContain('  ! meter sms: mtr_1 is inactive\n')
    expect(JSON.parse((await runLine('plans check --json', report({ misfits }))).out)).toMatchObject({
      ok: false,
      misfits,
    })
  })

  test('is used wrongly with a file that is not there, and with two', async () => {
    expect((await runLine('plans check nowhere.json', report({}))).code).toBe(2)
    expect((await runLine('plans check package.json tsconfig.json', report({}))).code).toBe(2)
  })
})
