import { example } from './route-document.ts'

export const REQUESTS = {
  users: example('Two users, one of them with a slip', {
    records: [
      {
        user_id: 'ann',
        service_type: 'voice_call',
        usage_amount: 23,
        usage_unit: 'minutes',
        resource_id: 'CA1',
        event_id: '0199d2a4-6f0e-7b3c-9a51-2f6f8f1f7c12',
      },
      { user_id: 'bob', service_type: 'sms', usage_amount: 1, usage_unit: 'minutes', event_id: 'SM901' },
    ],
  }),
  one_user: example('Several uses of one user', {
    user_id: 'ann',
    records: [
      { service_type: 'sms', usage_amount: 1, usage_unit: 'messages', resource_id: 77, event_id: 'SM902' },
      { service_type: 'transcription', usage_amount: 90, usage_unit: 'seconds', resource_id: 124, event_id: 'TR124-1' },
    ],
  }),
}

export const RESULTS = {
  users: example('One recorded, one refused', {
    results: [
      {
        status: 201,
        usage_record_id: 'usage_01jd9k3v7x8y2m4n6p0r',
        service_type: 'voice_call',
        usage_amount: 23,
        usage_unit: 'minutes',
        cost: 115,
        currency: 'usd',
        billing_period: '2026-11',
        remaining: 477,
        overage: 0,
        limit_reached: false,
      },
      {
        status: 422,
        problem: {
          code: 'validation_failed',
          detail: 'usage_unit: sms is counted in messages',
          errors: [{ path: '/usage_unit', message: 'sms is counted in messages' }],
        },
      },
    ],
  }),
}
