import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SERVICE_TYPES } from '../../src/domain/quantity.ts'

const each = (value: object) => Object.fromEntries(SERVICE_TYPES.map((service) => [service, value]))

const plan = (plan_name: string, amount: number, more: object = {}) => ({
  plan_name,
  display_name: plan_name,
  description: 'For tests.',
  prices: [{ amount, currency: 'usd', interval: 'month' }],
  services: { ...each({ policy: 'allow', included: null }), voice_call: { policy: 'block', included: 100 } },
  transcript_storage_days: 30,
  advanced_analytics: false,
  priority_support: false,
  white_label: false,
  ...more,
})

/** A catalogue with trials of all kinds and a pack, as an operator would write it. */
const CATALOGUE = {
  currency: 'usd',
  rates: each({ unit_amount_decimal: '5' }),
  plans: [
    plan('starter', 900, { trial_days: 14 }),
    plan('patient', 900, { trial_days: 14, trial_without_card: 'pause' }),
    plan('careful', 3900, { trial_days: 7, trial_requires_card: true }),
    plan('plain', 1900),
  ],
  packs: [
    {
      name: 'minutes_100',
      display_name: '100 voice minutes',
      service: 'voice_call',
      amount: 100,
      price: { amount: 500, currency: 'usd' },
      expires_after_days: 365,
    },
  ],
}

/** Writes the catalogue into a folder and returns the file. */
export function sellingPlans(folder: string): string {
  const file = join(folder, 'plans.json')
  writeFileSync(file, JSON.stringify(CATALOGUE))
  return file
}
