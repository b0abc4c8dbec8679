import type { PaymentIntent, PaymentMethod, SetupIntent } from '../wire.ts'

export interface FailureBody {
  readonly type:
    | 'api_error'
    | 'card_error'
    | 'idempotency_error'
    | 'invalid_request_error'
    | 'temporary_session_expired'
  readonly message: string
  readonly code?: string
  readonly param?: string
  readonly decline_code?: string
  readonly advice_code?: string
  readonly network_decline_code?: string
  readonly charge?: string
  readonly payment_intent?: PaymentIntent
  readonly payment_method?: PaymentMethod
  readonly setup_intent?: SetupIntent
}

/** An answer other than success. `keepsEffects`: what was done until then stays, as after a declined charge. */
export class Failure extends Error {
  readonly status: number
  readonly body: FailureBody
  readonly keepsEffects: boolean

  constructor(status: number, body: FailureBody, keepsEffects = false) {
    super(body.message)
    this.status = status
    this.body = body
    this.keepsEffects = keepsEffects
  }
}

/** A 400 in Stripe's usual form. */
export function invalid(message: string, param?: string, code?: string): Failure {
  return new Failure(400, {
    type: 'invalid_request_error',
    message,
    ...(code === undefined ? {} : { code }),
    ...(param === undefined ? {} : { param }),
  })
}

export function parameterMissing(name: string): Failure {
  return invalid(`Missing required param: ${name}.`, name, 'parameter_missing')
}

// What Stripe calls each kind in "No such …" (from recorded answers; it is not always the name of the object).
const labels: Readonly<Record<string, string>> = {
  payment_method: 'PaymentMethod',
  setup_intent: 'setupintent',
  'radar.early_fraud_warning': 'early fraud warning',
  tax_rate: 'tax rate',
  webhook_endpoint: 'webhook endpoint',
  'billing.alert': 'billing alert',
  'billing.meter': 'billing meter',
}
const elsewhere =
  "; It's possible this PaymentMethod exists on one of your connected accounts, in which case you should retry this " +
  'request on that connected account. Learn more at https://stripe.com/docs/connect/authentication'

/** An object named in the path is missing with a 404, one named in a parameter with a 400. */
export function noSuch(kind: string, id: string, param: string, status: 400 | 404): Failure {
  const suffix = kind === 'payment_method' ? elsewhere : ''
  const message = `No such ${labels[kind] ?? kind}: '${id}'${suffix}`
  return new Failure(status, { type: 'invalid_request_error', code: 'resource_missing', message, param })
}

export function unsupported(what: string): Failure {
  return new Failure(501, {
    type: 'api_error',
    message: `The Stripe simulator does not implement ${what} yet. Stripe itself does; nothing was changed.`,
  })
}

export function unauthenticated(message: string): Failure {
  return new Failure(401, { type: 'invalid_request_error', message })
}
