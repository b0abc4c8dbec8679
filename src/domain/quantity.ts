/**
 * How much was used, exactly: microseconds for the services counted in minutes, millionths of a unit for the others.
 * A bigint, so that no sum of any number of records can lose a digit.
 */
export type Quantity = bigint

export type ServiceType = 'voice_call' | 'transcription' | 'sms' | 'custom_scenario' | 'api_call'
export type UsageUnit = 'minutes' | 'seconds' | 'messages' | 'scenarios' | 'calls'

export interface Service {
  /** The unit in which allowances, rates and totals of this service are stated. */
  readonly unit: UsageUnit
  /** What is counted, in words for customers. */
  readonly label: string
  /** How many quanta one unit has, for every unit in which usage may be recorded. */
  readonly quanta: Readonly<Partial<Record<UsageUnit, bigint>>>
  /** Quanta of `unit`: what one allowance unit or one rate unit measures. */
  readonly unitQuanta: bigint
  /** Whether a resource is used once (a call, a transcript) or may be used again (an SMS conversation). */
  readonly oncePerResource: boolean
}

const MINUTE = 60_000_000n
const SECOND = 1_000_000n
const ONE = 1_000_000n
const timed = { unit: 'minutes', quanta: { minutes: MINUTE, seconds: SECOND }, unitQuanta: MINUTE } as const

export const SERVICES: Readonly<Record<ServiceType, Service>> = {
  voice_call: { ...timed, label: 'voice minutes', oncePerResource: true },
  transcription: { ...timed, label: 'transcription minutes', oncePerResource: true },
  sms: { unit: 'messages', label: 'SMS messages', quanta: { messages: ONE }, unitQuanta: ONE, oncePerResource: false },
  custom_scenario: {
    unit: 'scenarios',
    label: 'custom scenarios',
    quanta: { scenarios: ONE },
    unitQuanta: ONE,
    oncePerResource: true,
  },
  api_call: { unit: 'calls', label: 'API calls', quanta: { calls: ONE }, unitQuanta: ONE, oncePerResource: false },
}

export const SERVICE_TYPES: readonly ServiceType[] = [
  'voice_call',
  'transcription',
  'sms',
  'custom_scenario',
  'api_call',
]

/** The bounds of one recorded amount, in the unit it is given in. */
export const LEAST_AMOUNT = 0.000001
export const GREATEST_AMOUNT = 1_000_000

/**
 * The quantity that `amount` of a unit means, half a quantum rounded up. The number is read by its shortest decimal form,
 * so 77/60 minutes (1.2833333333333334) is 77 seconds to the microsecond and no binary fraction gets in.
 * `amount` must lie within LEAST_AMOUNT and GREATEST_AMOUNT, where that form has no exponent.
 */
export function quantityOf(amount: number, unitQuanta: bigint): Quantity {
  if (Number.isInteger(amount)) return BigInt(amount) * unitQuanta
  const [whole = '0', fraction = ''] = String(amount).split('.')
  const scale = 10n ** BigInt(fraction.length)
  return divideHalfUp(BigInt(whole + fraction) * unitQuanta, scale)
}

/** The amount to show for a quantity: a JSON number of at most six decimals, half up. */
export function amountOf(quantity: Quantity, unitQuanta: bigint): number {
  if (quantity === 0n) return 0
  return Number(divideHalfUp(quantity * 1_000_000n, unitQuanta)) / 1_000_000
}

/** Integer division by a positive denominator, half rounded away from zero. The one rounding of this program. */
export function divideHalfUp(numerator: bigint, denominator: bigint): bigint {
  if (numerator < 0n) return -divideHalfUp(-numerator, denominator)
  return (numerator * 2n + denominator) / (denominator * 2n)
}

/** One value for each service, in their fixed order. */
export function perService<T>(value: (service: ServiceType) => T): Record<ServiceType, T> {
  return {
    voice_call: value('voice_call'),
    transcription: value('transcription'),
    sms: value('sms'),
    custom_scenario: value('custom_scenario'),
    api_call: value('api_call'),
  }
}
