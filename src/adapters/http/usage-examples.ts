import { example } from './route-document.ts'

/** One use of each service: the guide's own numbers. */

export const REQUESTS = {
  transcription: example('45 transcription minutes: $0.90', {
    service_type: 'transcription',
    usage_amount: 45,
    usage_unit: 'minutes',
    resource_id: 123,
  }),
  voice_call: example('23 voice minutes, for a user by the app’s backend: $1.15', {
    user_id: 'ann',
    service_type: 'voice_call',
    usage_amount: 23,
    usage_unit: 'minutes',
    resource_id: 'CA1',
  }),
  seconds: example('90 seconds of a transcript that grows: each part has its own event_id', {
    service_type: 'transcription',
    usage_amount: 90,
    usage_unit: 'seconds',
    resource_id: 124,
    event_id: '0199d2a4-6f0e-7b3c-9a51-2f6f8f1f7c10',
    occurred_at: '2026-11-22T10:15:00Z',
  }),
  sms: example('A text message of a conversation: $0.01', {
    service_type: 'sms',
    usage_amount: 1,
    usage_unit: 'messages',
    resource_id: 77,
    event_id: 'SM900f0e6b3c7b4f0d',
  }),
  custom_scenario: example('A scenario set-up, only if it fits the plan: $5.00', {
    service_type: 'custom_scenario',
    usage_amount: 1,
    usage_unit: 'scenarios',
    resource_id: 5,
    enforce: true,
  }),
  api_call: example('A call of the API: counted, free', {
    service_type: 'api_call',
    usage_amount: 1,
    usage_unit: 'calls',
    event_id: '0199d2a4-6f0e-7b3c-9a51-2f6f8f1f7c11',
  }),
}

const RECORD = { usage_unit: 'minutes', currency: 'usd', billing_period: '2026-11', overage: 0, limit_reached: false }

export const RECORDED = {
  transcription: example('45 transcription minutes', {
    usage_record_id: 'usage_01jd9k3v7x8y2m4n6p0q',
    service_type: 'transcription',
    usage_amount: 45,
    ...RECORD,
    cost: 90,
    remaining: null,
  }),
  voice_call: example('23 voice minutes', {
    usage_record_id: 'usage_01jd9k3v7x8y2m4n6p0r',
    service_type: 'voice_call',
    usage_amount: 23,
    ...RECORD,
    cost: 115,
    remaining: 477,
  }),
}

const UNUSED = { amount: 0, cost: 0, overage: 0, billable_cost: 0 }

export const SUMMARY = {
  current: example('The running allowance period', {
    period: 'current',
    services: {
      voice_call: { ...UNUSED, amount: 23, cost: 115, unit: 'minutes', included: 500, remaining: 477 },
      transcription: { ...UNUSED, amount: 45, cost: 90, unit: 'minutes', included: null, remaining: null },
      sms: { ...UNUSED, unit: 'messages', included: 2000, remaining: 2000 },
      custom_scenario: { ...UNUSED, unit: 'scenarios', included: 10, remaining: 10 },
      api_call: { ...UNUSED, unit: 'calls', included: null, remaining: null },
    },
    total_cost: 205,
    billable_total: 0,
    currency: 'usd',
    other_currencies: [],
  }),
}
