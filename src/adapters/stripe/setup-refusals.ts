import { Stripe } from 'stripe'
import { unavailable } from './refusals.ts'

const PERMISSION = /rak_\w+/

/** Runs one step of the setup; what Stripe will not let it do is told in a sentence that names the step and the cure. */
export async function during<T>(step: string, call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    throw told(step, error)
  }
}

function told(step: string, error: unknown): unknown {
  if (error instanceof Stripe.errors.StripePermissionError) {
    const permission = PERMISSION.exec(error.message)?.[0]
    const lacks = permission === undefined ? '' : `: it lacks the permission ${permission}`
    return new Error(
      `The key in STRIPE_SECRET_KEY may not ${step}${lacks}. Give it that in the Stripe Dashboard under Developers > API ` +
        'keys, or use one that has it, and run this again; what is done already stays done.',
      { cause: error },
    )
  }
  if (error instanceof Stripe.errors.StripeAuthenticationError)
    return new Error(
      'Stripe does not know the key in STRIPE_SECRET_KEY. Copy it again from the Dashboard, under Developers > API keys.',
      { cause: error },
    )
  if (error instanceof Stripe.errors.StripeInvalidRequestError)
    return new Error(`Stripe would not ${step}: ${error.message}`, { cause: error })
  return unavailable(error)
}
