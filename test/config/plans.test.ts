import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BUILT_IN_PLANS } from '../../src/config/built-in-plans.ts'
import { readConfig } from '../../src/config/config.ts'
import { readPlans } from '../../src/config/plans-file.ts'
import { catalogueProblems, findPlan } from '../../src/domain/catalogue.ts'
import { featuresOf } from '../../src/domain/plan.ts'

const SERVICES = ['voice_call', 'transcription', 'sms', 'custom_scenario', 'api_call']

function each(value: unknown): Record<string, unknown> {
  return Object.fromEntries(SERVICES.map((service) => [service, value]))
}

function starter(changes: object = {}): object {
  return {
    plan_name: 'starter',
    display_name: 'Starter',
    description: 'To begin with.',
    prices: [{ amount: 500, currency: 'eur', interval: 'month' }],
    services: { ...each({ policy: 'allow', included: null }), voice_call: { policy: 'block', included: 12.5 } },
    transcript_storage_days: 7,
    advanced_analytics: false,
    priority_support: false,
    white_label: true,
    ...changes,
  }
}

function file(plans: readonly object[] = [starter()], changes: object = {}): string {
  return JSON.stringify({ currency: 'eur', rates: each({ unit_amount_decimal: '2.5' }), plans, ...changes })
}

function problems(text: string): readonly string[] {
  const reading = readPlans(text)
  return reading.ok ? [] : reading.problems
}

const minutes = { name: 'minutes_100', display_name: '100 minutes', service: 'voice_call', amount: 100 }
const price = { amount: 500, currency: 'eur' }

describe('packs of a file', () => {
  test('are sold once, on top of any plan', () => {
    const reading = readPlans(file(undefined, { packs: [{ ...minutes, price, expires_after_days: 30 }] }))
    expect(reading.ok ? reading.catalogue.packs : []).toEqual([
      {
        name: 'minutes_100',
        displayName: '100 minutes',
        service: 'voice_call',
        amount: 100,
        price,
        expiresAfterDays: 30,
      },
    ])
  })

  test('are checked in words of their own', () => {
    const pack = { ...minutes, amount: 0, price: { amount: 0, currency: 'eur' } }
    expect(problems(file(undefined, { packs: [pack] }))).toEqual([
      'packs[0].amount must be a number of units from 0.000001 to 1000000',
      'packs[0].price.amount must be a whole number of minor units (cents) from 1 to 99999999',
    ])
    expect(
      problems(
        file(undefined, {
          packs: [
            { ...minutes, price },
            { ...minutes, price },
          ],
        }),
      ),
    ).toEqual(['packs: minutes_100 stands there twice; pack names must differ'])
  })
})

describe('the built-in plans', () => {
  test('can be sold', () => expect(catalogueProblems(BUILT_IN_PLANS)).toEqual([]))

  test('have the prices and features of the price list', () => {
    const rows = BUILT_IN_PLANS.plans.map((plan) => [
      plan.name,
      plan.prices[0].amount,
      ...Object.values(featuresOf(plan)),
    ])
    expect(rows).toEqual([
      ['basic_monthly', 900, 100, 500, 3, 30, false, false, false],
      ['pro_monthly', 3900, 500, 2000, 10, 90, true, false, false],
      ['enterprise_monthly', 29900, null, null, null, 365, true, true, true],
      ['usage_based', 0, null, null, null, 30, false, false, false],
    ])
  })

  test('are found at Stripe under their own names', () => {
    for (const plan of BUILT_IN_PLANS.plans)
      expect(plan.prices).toEqual([
        expect.objectContaining({ lookupKey: plan.name, currency: 'usd', interval: 'month', pinnedPriceId: null }),
      ])
  })

  test('have the names that customers see', () => {
    expect(BUILT_IN_PLANS.plans.map((plan) => plan.displayName)).toEqual([
      'Basic Monthly',
      'Pro Monthly',
      'Enterprise Monthly',
      'Pay As You Go',
    ])
  })

  test('have one rate for each service, in every plan', () => {
    const rates = { voice_call: '5', transcription: '2', sms: '1', custom_scenario: '500', api_call: '0' }
    expect(BUILT_IN_PLANS.rates).toEqual(rates)
    for (const plan of BUILT_IN_PLANS.plans)
      expect(Object.fromEntries(Object.entries(plan.services).map(([name, { rate }]) => [name, rate]))).toEqual(rates)
  })

  test('flat plans block three services at their allowance and leave two free, the usage-based one bills all', () => {
    expect(findPlan(BUILT_IN_PLANS, 'basic_monthly')?.services).toMatchObject({
      voice_call: { policy: 'block', included: 6_000_000_000n },
      sms: { policy: 'block', included: 500_000_000n },
      custom_scenario: { policy: 'block', included: 3_000_000n },
      transcription: { policy: 'allow', included: null },
      api_call: { policy: 'allow', included: null },
    })
    expect(findPlan(BUILT_IN_PLANS, 'enterprise_monthly')?.services.voice_call).toMatchObject({
      policy: 'block',
      included: null,
    })
    for (const terms of Object.values(findPlan(BUILT_IN_PLANS, 'usage_based')?.services ?? {}))
      expect(terms).toMatchObject({ policy: 'bill', included: 0n })
  })
})

describe('a plans file', () => {
  test('gives a catalogue', () => {
    const reading = readPlans(file())
    if (!reading.ok) throw new Error(reading.problems.join())
    expect(reading.catalogue).toMatchObject({ currency: 'eur', rates: { sms: '2.5' } })
    expect(reading.catalogue.plans[0]).toMatchObject({
      name: 'starter',
      displayName: 'Starter',
      prices: [{ amount: 500, currency: 'eur', interval: 'month', lookupKey: 'starter', pinnedPriceId: null }],
      transcriptStorageDays: 7,
      whiteLabel: true,
    })
    expect(reading.catalogue.plans[0]?.services.voice_call).toEqual({
      policy: 'block',
      included: 750_000_000n,
      rate: '2.5',
      currencyOptions: {},
      increment: null,
      minimum: null,
    })
  })

  test('may give a plan its own rates, several prices, pinned price ids and lookup keys', () => {
    const prices = [
      { amount: 500, currency: 'eur', interval: 'month', price_id: 'price_123' },
      { amount: 5_000, currency: 'eur', interval: 'year' },
      { amount: 6_000, currency: 'eur', interval: 'year', lookup_key: 'yearly-gold' },
    ]
    const services = {
      ...each({ policy: 'allow', included: null }),
      sms: {
        policy: 'bill',
        included: 0,
        unit_amount_decimal: '0.790',
        currency_options: { usd: { unit_amount_decimal: '0.90' } },
      },
    }
    const reading = readPlans(file([starter({ prices, services })]))
    if (!reading.ok) throw new Error(reading.problems.join())
    expect(
      reading.catalogue.plans[0]?.prices.map(({ lookupKey, pinnedPriceId }) => [lookupKey, pinnedPriceId]),
    ).toEqual([
      ['starter', 'price_123'],
      ['starter.eur.year', null],
      ['yearly-gold', null],
    ])
    expect(reading.catalogue.plans[0]?.services.sms).toEqual({
      policy: 'bill',
      included: 0n,
      rate: '0.79',
      currencyOptions: { usd: '0.9' },
      increment: null,
      minimum: null,
    })
  })

  test('may say its list rates in several currencies, of which a plan may replace single ones', () => {
    const usd = (unit_amount_decimal: string) => ({ currency_options: { usd: { unit_amount_decimal } } })
    const rates = each({ unit_amount_decimal: '2.5', ...usd('3') })
    const services = {
      ...each({ policy: 'allow', included: null }),
      sms: { policy: 'bill', included: 0, ...usd('2.9') },
      voice_call: { policy: 'bill', included: 0 },
    }
    const prices = ['eur', 'usd'].map((currency) => ({ amount: 500, currency, interval: 'month' }))
    const reading = readPlans(file([starter({ prices, services })], { rates }))
    if (!reading.ok) throw new Error(reading.problems.join())
    const { sms, voice_call } = reading.catalogue.plans[0]?.services ?? {}
    expect([sms?.currencyOptions, voice_call?.currencyOptions]).toEqual([{ usd: '2.9' }, { usd: '3' }])
  })

  test('has no plan that bills by use in a currency without a rate', () => {
    const prices = [
      { amount: 500, currency: 'eur', interval: 'month' },
      { amount: 900, currency: 'usd', interval: 'month' },
    ]
    const own = { policy: 'bill', included: 0, unit_amount_decimal: '2' }
    const rates = each({ unit_amount_decimal: '2.5', currency_options: { usd: { unit_amount_decimal: '3' } } })
    const services = {
      ...each({ policy: 'bill', included: 0 }),
      sms: own,
      api_call: { policy: 'allow', included: null },
    }
    expect(problems(file([starter({ prices, services })], { rates }))).toEqual([
      'starter.services.sms: is billed by use and sold in usd, but has no rate in it; add currency_options.usd.unit_amount_decimal to its rate',
    ])
    expect(
      problems(file(undefined, { rates: each({ unit_amount_decimal: '2', currency_options: { Euro: {} } }) })),
    ).toContain('rates.sms.currency_options.Euro is not a field here')
  })

  test('has only amounts that can be charged in their currency', () => {
    const prices = [{ amount: 2_755, currency: 'kwd', interval: 'month' }]
    const pack = { ...minutes, price: { amount: 150, currency: 'isk' } }
    expect(problems(file([starter({ prices })], { packs: [pack] }))).toEqual([
      'minutes_100.price.amount: must be a multiple of 100, which is as fine as ISK can be charged: 100 (1.00 ISK) or 200 (2.00 ISK)',
      'starter.prices[0].amount: must be a multiple of 10, which is as fine as KWD can be charged: 2750 (2.750 KWD) or 2760 (2.760 KWD)',
    ])
  })

  test('has no spending limit that would be dollars in one currency and yen in the other', () => {
    const prices = ['eur', 'jpy'].map((currency) => ({ amount: 500, currency, interval: 'month' }))
    expect(problems(file([starter({ prices, spending_limit: 2_000 })]))).toEqual([
      'starter.spending_limit: is one number, and would be hundredths in one and not in the other of eur and jpy; make a plan for each',
    ])
  })

  test('names every error with its place, however many there are', () => {
    const bad = starter({
      plan_name: 'Starter Plan',
      prices: [{ amount: 4.5, currency: 'EUR', interval: 'week' }],
      services: { ...each({ policy: 'deny', included: -1 }), api_call: 7 },
      transcript_storage_days: '7',
    })
    expect(problems(file([starter(), bad], { currency: 'euro' })).toSorted()).toEqual([
      'currency must be three small letters, such as "usd"',
      'plans[1].plan_name must be small letters, digits and underscores, beginning with a letter, at most 64',
      'plans[1].prices[0].amount must be a whole number of minor units (cents) from 0 to 99999999',
      'plans[1].prices[0].currency must be three small letters, such as "usd"',
      'plans[1].prices[0].interval must be "month" or "year"',
      'plans[1].services.api_call must be an object',
      ...['custom_scenario', 'sms', 'transcription', 'voice_call'].flatMap((service) => [
        `plans[1].services.${service}.included must be a number of units from 0 to 1000000000, none but 0 under 0.000001, or null for no limit`,
        `plans[1].services.${service}.policy must be "block", "bill" or "allow"`,
      ]),
      'plans[1].transcript_storage_days must be a whole number of days from 0 to 36500',
    ])
  })

  test('names what is missing and what is not a field, with a guess', () => {
    const { display_name: _, ...nameless } = starter({ disply_name: 'Starter', zzzzzzzz: 1 }) as Record<string, unknown>
    expect(problems(file([nameless])).toSorted()).toEqual([
      'plans[0].display_name is missing',
      'plans[0].disply_name is not a field here; did you mean display_name?',
      'plans[0].zzzzzzzz is not a field here',
    ])
  })

  test.each([
    ['[]', 'must hold one JSON object'],
    ['{', 'is not valid JSON'],
    ['', 'is not valid JSON'],
    [file([]), 'plans must be a list of at least one plan'],
    [file([starter({ prices: [] })]), 'plans[0].prices must be a list of at least one price'],
    [file([starter({ services: {} })]), 'plans[0].services.voice_call is missing'],
    [file(undefined, { rates: each('5') }), 'rates.sms must be an object'],
    [
      file(undefined, { rates: each({ unit_amount_decimal: 5 }) }),
      'rates.sms.unit_amount_decimal must be minor units as a decimal string',
    ],
    [
      file(undefined, { rates: each({ unit_amount_decimal: '05' }) }),
      'rates.sms.unit_amount_decimal must be minor units as a decimal string',
    ],
    [
      file([starter({ services: each({ policy: 'allow', included: 0.0000001 }) })]),
      'plans[0].services.sms.included must be',
    ],
  ])('%s is refused: %s', (text, words) => {
    expect(problems(text)).toContainEqual(expect.stringContaining(words))
  })

  test('is judged as a whole', () => {
    expect(problems(file([starter(), starter()]))).toContainEqual(expect.stringContaining('starter stands there twice'))
    const billsAll = starter({ services: each({ policy: 'bill', included: null }) })
    expect(problems(file([billsAll]))).toContainEqual(
      expect.stringContaining('starter.services.sms: bills by use but includes everything'),
    )
  })
})

describe('PLANS_FILE', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'plans-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test('replaces the built-in plans', () => {
    const path = join(folder, 'good.json')
    writeFileSync(path, file())
    expect(readConfig({ PLANS_FILE: path })).toMatchObject({
      ok: true,
      config: { catalogue: { plans: [{ name: 'starter' }] } },
    })
  })

  test('is a problem for each of its errors', () => {
    const path = join(folder, 'bad.json')
    writeFileSync(path, file([starter({ white_label: 'no', priority_support: 1 })]))
    const reading = readConfig({ PLANS_FILE: path })
    expect(reading.ok ? [] : reading.problems.map(({ variable, problem }) => [variable, problem])).toEqual([
      ['PLANS_FILE', `${path}: plans[0].priority_support must be true or false`],
      ['PLANS_FILE', `${path}: plans[0].white_label must be true or false`],
    ])
  })
})
