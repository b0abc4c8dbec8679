import { Stripe } from 'stripe'
import { meterValue } from '../../domain/metering.ts'
import type { ServiceType } from '../../domain/quantity.ts'
import type { Meters } from '../../ports/outbox.ts'
import { pacer } from './pace.ts'
import { reached, unavailable } from './refusals.ts'

const MILLIONTHS = 1_000_000

/** Stripe's Billing Meters: one a service, its event named as the service. */
export function stripeMeters(stripe: Stripe, callsPerSecond: number): Meters {
  const pace = pacer(callsPerSecond)
  const meterIds = new Map<ServiceType, string>()

  async function meterId(service: ServiceType): Promise<string> {
    const known = meterIds.get(service)
    if (known !== undefined) return known
    const { data } = await reached(stripe.billing.meters.list({ status: 'active', limit: 100 }))
    for (const meter of data) meterIds.set(meter.event_name as ServiceType, meter.id)
    const found = meterIds.get(service)
    if (found === undefined) throw new Error(`Stripe has no active meter whose event is named ${service}.`)
    return found
  }

  return {
    async report(customerId, service, value, identifier, at) {
      await pace()
      try {
        await stripe.billing.meterEvents.create(
          {
            event_name: service,
            identifier,
            timestamp: Math.floor(at / 1_000),
            payload: { stripe_customer_id: customerId, value: meterValue(value) },
          },
          { idempotencyKey: identifier },
        )
        return { type: 'taken' }
      } catch (error) {
        return refusedReport(error)
      }
    },
    async total(customer, service, from, to) {
      const range = { customer, start_time: from / 1_000, end_time: to / 1_000 }
      const summaries = stripe.billing.meters.listEventSummaries(await meterId(service), range)
      let total = 0n
      try {
        for await (const { aggregated_value } of summaries) total += BigInt(Math.round(aggregated_value * MILLIONTHS))
      } catch (error) {
        throw unavailable(error)
      }
      return total
    },
  }
}

/** An identifier that is known was taken before: done. Anything else that Stripe will not take, it never will. */
function refusedReport(error: unknown): Awaited<ReturnType<Meters['report']>> {
  if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw unavailable(error)
  if (/already exists/.test(error.message)) return { type: 'taken' }
  return { type: 'rejected', reason: error.message }
}
