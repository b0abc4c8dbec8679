import { USER_ID } from '../../domain/account.ts'
import { BillingError } from '../../domain/errors.ts'
import { SERVICES, type ServiceType } from '../../domain/quantity.ts'
import { reportedQuantity } from '../../domain/reported-usage.ts'
import type { Columns } from './file-rows.ts'
import type { ImportedUse } from './program.ts'

export const USE_COLUMNS: Columns = {
  required: ['user_id', 'service_type', 'usage_amount', 'usage_unit'],
  optional: ['resource_id', 'event_id', 'occurred_at'],
}
const FIELDS = [...USE_COLUMNS.required, ...USE_COLUMNS.optional]
const DECIMAL = /^\d{1,7}(\.\d{1,15})?$/
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([.]\d{1,9})?(Z|[+-]\d\d:\d\d)$/
const LONGEST = 128

type Fields = Readonly<Record<string, unknown>>

/** Thrown with a sentence about the field that does not fit. */
class Misfit extends Error {}

/**
 * A row as a use, or a sentence about what is wrong with it. `unkeyed` is the key of a row that has no identity of its own;
 * null asks every row for one.
 */
export function useOf(fields: Fields, unkeyed: string | null): ImportedUse | string {
  try {
    return checkedUse(fields, unkeyed)
  } catch (error) {
    if (error instanceof Misfit || error instanceof BillingError) return error.message
    throw error
  }
}

function checkedUse(fields: Fields, unkeyed: string | null): ImportedUse {
  const stranger = Object.keys(fields).find((name) => !FIELDS.includes(name))
  if (stranger !== undefined)
    throw new Misfit(`${stranger.slice(0, LONGEST)}: is not a field; there are ${FIELDS.join(', ')}`)
  const service = serviceOf(fields.service_type)
  const unit = unitOf(fields.usage_unit)
  const amount = amountOf(fields.usage_amount)
  reportedQuantity(service, amount, unit)
  const resourceId = textOf(
    'resource_id',
    typeof fields.resource_id === 'number' ? resourceNumber(fields.resource_id) : fields.resource_id,
  )
  const eventId = textOf('event_id', fields.event_id)
  const isKnown = eventId !== null || (SERVICES[service].oncePerResource && resourceId !== null)
  if (!isKnown && unkeyed === null)
    throw new Misfit(`event_id: is required, or importing the file again would count this ${service} twice`)
  return {
    user: userOf(fields.user_id),
    service,
    amount,
    unit,
    resourceId,
    eventId,
    occurredAt: fields.occurred_at === undefined ? null : timeOf(fields.occurred_at),
    key: isKnown ? null : unkeyed,
  }
}

function userOf(value: unknown): string {
  if (typeof value === 'string' && USER_ID.test(value)) return value
  throw new Misfit('user_id: must be 1 to 128 letters, digits or any of _ . : @ -')
}

function serviceOf(value: unknown): ServiceType {
  const service = Object.keys(SERVICES).find((name) => name === value)
  // The keys of the table are the services.
  if (service !== undefined) return service as ServiceType
  throw new Misfit(`service_type: must be one of ${Object.keys(SERVICES).join(', ')}`)
}

const UNITS = ['minutes', 'seconds', 'messages', 'scenarios', 'calls'] as const

function unitOf(value: unknown) {
  const unit = UNITS.find((name) => name === value)
  if (unit !== undefined) return unit
  throw new Misfit(`usage_unit: must be one of ${UNITS.join(', ')}`)
}

function amountOf(value: unknown): number {
  if (typeof value === 'number') return value
  if (typeof value === 'string' && DECIMAL.test(value.trim())) return Number(value)
  throw new Misfit('usage_amount: must be a number from 0.000001 to 1,000,000, with a point for decimals')
}

function resourceNumber(value: number): string {
  if (Number.isSafeInteger(value)) return String(value)
  throw new Misfit('resource_id: must be a whole number below 2^53, or a text')
}

function textOf(name: string, value: unknown): string | null {
  if (value === undefined) return null
  const isText = typeof value === 'string' && value.isWellFormed() && !value.includes('\0')
  if (isText && value !== '' && [...value].length <= LONGEST) return value
  throw new Misfit(`${name}: must be a text of 1 to ${LONGEST} characters without NUL`)
}

function timeOf(value: unknown): number {
  try {
    if (typeof value === 'string' && ISO_TIME.test(value)) return Temporal.Instant.from(value).epochMilliseconds
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  throw new Misfit('occurred_at: must be a date and time with Z or an offset, such as 2026-11-22T10:15:00Z')
}
