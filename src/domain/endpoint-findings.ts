import { LEAST_EVENT_TYPES, missingEventTypes, whatWaits } from './event-types.ts'
import { type Finding, ok, problem, warning } from './finding.ts'
import type { FoundEndpoint, WantedEndpoint } from './setup.ts'
import { endpointAt } from './setup-differences.ts'

const SETUP = 'Run "speech-billing stripe setup".'

/** Whether Stripe's events come here as they should, for each endpoint that is wanted. */
export function endpointFindings(
  wanted: readonly WantedEndpoint[],
  found: { readonly endpoints: readonly FoundEndpoint[]; readonly destinations: readonly FoundEndpoint[] },
): readonly Finding[] {
  return wanted.flatMap((one) =>
    one.kind === 'webhook endpoint'
      ? webhookFindings(one, endpointAt(one, found.endpoints))
      : [destinationFinding(one, endpointAt(one, found.destinations))],
  )
}

function webhookFindings(wanted: WantedEndpoint, endpoint: FoundEndpoint | undefined): readonly Finding[] {
  const name = 'webhook endpoint'
  if (endpoint === undefined) return [problem(name, `Stripe sends no events to ${wanted.name}.`, SETUP)]
  if (!endpoint.isEnabled) return [problem(name, `The endpoint ${endpoint.id} is disabled.`, `${SETUP} It enables it.`)]
  const version = endpoint.apiVersion ?? "the account's own version"
  const place = `${endpoint.id} sends to ${wanted.name}`
  return [
    version === wanted.apiVersion
      ? ok(name, `${place} in API version ${version}.`)
      : warning(
          name,
          `${place} in API version ${version}, and ${wanted.apiVersion} is spoken here.`,
          `${SETUP} It makes a new one.`,
        ),
    eventTypeFinding(missingEventTypes(endpoint.types)),
  ]
}

function eventTypeFinding(missing: readonly string[]): Finding {
  const name = 'event types'
  if (missing.length === 0) return ok(name, 'Every event that is handled here is sent.')
  const needed = missing.filter((type) => LEAST_EVENT_TYPES.includes(type))
  const detail = `Not sent: ${missing.join(', ')}.`
  const cure = `${SETUP} It selects them all.`
  if (needed.length > 0)
    return problem(name, `${detail} Without ${needed.join(', ')} subscriptions are not followed.`, cure)
  return warning(name, `Everything converges, some of it later; ${whatWaits(missing).join('; ')}.`, cure)
}

function destinationFinding(wanted: WantedEndpoint, destination: FoundEndpoint | undefined): Finding {
  const name = 'meter errors'
  const missing = destination?.isEnabled ? missingEventTypes(destination.types, wanted.types) : wanted.types
  if (missing.length === 0) return ok(name, `${destination?.id} tells what the meters refuse.`)
  return warning(
    name,
    'Usage that a meter refuses later is noticed only by the daily comparison: no event destination tells of it.',
    `${SETUP} It makes one.`,
  )
}
