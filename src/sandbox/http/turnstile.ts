import { readSetting } from '../engine/settings.ts'
import type { Turn } from '../turn.ts'
import { Failure } from './failure.ts'
import type { FormFields } from './form.ts'

/** Lets one usage event at a time through for each customer and meter, if the setting says so; Stripe's own rule. */
export interface Turnstile {
  /** Refuses with 429, or returns what is to be called when the call has been answered. */
  readonly enter: (turn: Turn, method: string, path: string, form: FormFields) => () => void
}

const path = '/v1/billing/meter_events'

export function createTurnstile(): Turnstile {
  const inside = new Set<string>()
  return {
    enter: (turn, method, called, form) => {
      if (called !== path || method !== 'POST') return () => {}
      if (readSetting(turn, 'meter_calls') !== 'one_at_a_time') return () => {}
      const key = keyOf(turn, form)
      if (inside.has(key)) throw locked()
      inside.add(key)
      return () => void inside.delete(key)
    },
  }
}

function keyOf(turn: Turn, form: FormFields): string {
  const name = typeof form.event_name === 'string' ? form.event_name : ''
  const [meter] = turn.store.objects.select('billing.meter', { lookup: name })
  const payload = typeof form.payload === 'object' ? form.payload : {}
  return `${name} ${String(payload[meter?.customer_mapping.event_payload_key ?? 'stripe_customer_id'])}`
}

const locked = () =>
  new Failure(429, {
    type: 'invalid_request_error',
    code: 'lock_timeout',
    message:
      'This object cannot be accessed right now because another API request or Stripe process is currently accessing it. If you see this error intermittently, retry the request.',
  })
