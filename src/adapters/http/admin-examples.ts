import { example } from './route-document.ts'

const AT = '2026-11-22T10:15:00.000Z'

export const NEW_GRANT = {
  goodwill: example('Thirty voice minutes for a bad line', {
    service_type: 'voice_call',
    amount: 30,
    reason: 'Bad line on 20 November',
  }),
  pack: example('A pack of messages until the end of the year', {
    service_type: 'sms',
    amount: 500,
    expires_at: '2026-12-31T23:59:59Z',
    reason: 'Pack of 500, order 7',
  }),
}

const ONE_GRANT = {
  grant_id: 'grant_01jd9k3v7x8y2m4n6p0q',
  service_type: 'voice_call',
  amount: 30,
  remaining: 30,
  taken_back: 0,
  unit: 'minutes',
  granted_at: AT,
  expires_at: null,
  reason: 'Bad line on 20 November',
  payment_id: null,
}

export const GRANT = { goodwill: example('Thirty voice minutes', ONE_GRANT) }
export const GRANTS = { one: example('One grant, partly used', { grants: [{ ...ONE_GRANT, remaining: 12.5 }] }) }

export const NEW_CORRECTION = {
  part: example('Five minutes of a call were silence', {
    usage_record_id: 'usage_01jd9k3v7x8y2m4n6p0r',
    usage_amount: 5,
    usage_unit: 'minutes',
    reason: 'The line was dead for the last five minutes',
  }),
}

export const CORRECTION = {
  part: example('Five minutes less, 25 cents less', {
    usage_record_id: 'usage_01jd9m0v7x8y2m4n6p0s',
    corrects: 'usage_01jd9k3v7x8y2m4n6p0r',
    service_type: 'voice_call',
    usage_amount: -5,
    usage_unit: 'minutes',
    cost: -25,
    currency: 'usd',
    billing_period: '2026-11',
    overage: -5,
    billable_cost: -25,
  }),
}

export const UNBILLED = {
  one: example('Usage that came after the subscription had ended', {
    reports: [
      {
        report_id: 'report_01jd9k3v7x8y2m4n6p0t',
        user_id: 'ann',
        service_type: 'voice_call',
        subscription_id: 'sub_1QpQqLKxYt3mVd0a',
        amount: 12,
        unit: 'minutes',
        amount_at_stake: 60,
        currency: 'usd',
        state: 'unbilled',
        reason: 'No subscription is left that bills this use.',
        occurred_at: AT,
      },
    ],
    amount_at_stake: 60,
    currency: 'usd',
    other_currencies: [],
    next_cursor: null,
  }),
}

export const AUDIT_LOG = {
  page: example('A grant', {
    entries: [
      {
        id: 'audit_01jd9k3v7x8y2m4n6p0u',
        at: AT,
        actor: 'operator:alice',
        action: 'grant-given',
        user_id: 'ann',
        detail: '30 minutes of voice_call (grant_01jd9k3v7x8y2m4n6p0q): Bad line on 20 November',
      },
    ],
    next_cursor: null,
  }),
}
