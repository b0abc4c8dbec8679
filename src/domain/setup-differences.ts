import type {
  Found,
  FoundEndpoint,
  FoundMeter,
  FoundPrice,
  Wanted,
  WantedEndpoint,
  WantedMeter,
  WantedPrice,
} from './setup.ts'

/** How something that is wanted stands at Stripe. `differs` cannot be edited there; `inactive` fits but is switched off. */
export type Standing<T> =
  | { readonly type: 'missing' }
  | { readonly type: 'fits'; readonly found: T }
  | { readonly type: 'inactive'; readonly found: T }
  | { readonly type: 'differs'; readonly found: T; readonly differences: readonly string[] }

/** One active meter may have an event's name; of inactive ones, one that counts as ours do is as good as new. */
export function meterStanding(wanted: WantedMeter, { meters }: Found): Standing<FoundMeter> {
  const named = meters.filter(({ eventName }) => eventName === wanted.name)
  const active = named.find(({ isActive }) => isActive)
  if (active !== undefined) {
    const { oddities } = active
    return oddities.length === 0
      ? { type: 'fits', found: active }
      : { type: 'differs', found: active, differences: oddities }
  }
  const asleep = named.find(({ oddities }) => oddities.length === 0)
  return asleep === undefined ? { type: 'missing' } : { type: 'inactive', found: asleep }
}

/** How a wanted price stands at Stripe, where the amount of a price can never be changed. */
export function priceStanding(wanted: WantedPrice, found: Found): Standing<FoundPrice> {
  const price = heldPrice(wanted, found.prices)
  if (price === undefined) return { type: 'missing' }
  const differences = priceDifferences(wanted, price, found.meters)
  if (differences.length > 0) return { type: 'differs', found: price, differences }
  return { type: price.isActive ? 'fits' : 'inactive', found: price }
}

/** The price under a lookup key, or the pinned one. */
export function heldPrice({ name, pinnedPriceId }: WantedPrice, prices: readonly FoundPrice[]): FoundPrice | undefined {
  if (pinnedPriceId !== null) return prices.find(({ id }) => id === pinnedPriceId)
  return prices.find(({ lookupKey }) => lookupKey === name)
}

function priceDifferences(wanted: WantedPrice, price: FoundPrice, meters: readonly FoundMeter[]): readonly string[] {
  const compared: readonly (readonly [string, string, string])[] = [
    ['amount', price.unitAmount, wanted.unitAmount],
    ['currency', price.currency, wanted.currency],
    ['interval', price.interval, wanted.interval],
    ['meter', meterName(price.meterId, meters), wanted.service ?? 'none'],
    ...Object.entries(wanted.currencyOptions).map(
      ([currency, amount]) => [`amount in ${currency}`, price.currencyOptions[currency] ?? amount, amount] as const,
    ),
  ]
  const different = compared.filter(([, there, here]) => there !== here)
  return [...different.map(([what, there, here]) => `the ${what} is ${there} and should be ${here}`), ...price.oddities]
}

/** The currencies in which a price has no amount yet: Stripe lets them be added. */
export function missingCurrencies(wanted: WantedPrice, price: FoundPrice): readonly string[] {
  return Object.keys(wanted.currencyOptions).filter((currency) => price.currencyOptions[currency] === undefined)
}

/** An archived meter counts nothing, so a price of it is not a price by the meter of today. */
function meterName(id: string | null, meters: readonly FoundMeter[]): string {
  if (id === null) return 'none'
  const meter = meters.find((candidate) => candidate.id === id)
  return meter === undefined || isReplaced(meter, meters) ? id : meter.eventName
}

function isReplaced(meter: FoundMeter, meters: readonly FoundMeter[]): boolean {
  return !meter.isActive && meters.some(({ eventName, isActive }) => isActive && eventName === meter.eventName)
}

/** Of several at our address the one we made, else any; one of our API version before all others. */
export function endpointAt(wanted: WantedEndpoint, endpoints: readonly FoundEndpoint[]): FoundEndpoint | undefined {
  const there = endpoints.filter(({ url }) => url === wanted.name)
  const rank = ({ apiVersion, isOurs, isEnabled }: FoundEndpoint) =>
    (apiVersion === wanted.apiVersion ? 4 : 0) + (isOurs ? 2 : 0) + (isEnabled ? 1 : 0)
  return there.toSorted((one, other) => rank(other) - rank(one))[0]
}

/** What of the catalogue cannot be sold as it stands at Stripe, a sentence each. */
export function catalogueMisfits(wanted: readonly Wanted[], found: Found): readonly string[] {
  return wanted.flatMap((one) => {
    if (one.kind === 'meter') return meterMisfits(one, found)
    return one.kind === 'price' ? priceMisfits(one, found) : []
  })
}

function meterMisfits(wanted: WantedMeter, found: Found): readonly string[] {
  const standing = meterStanding(wanted, found)
  const name = `meter ${wanted.name}`
  if (standing.type === 'missing') return [`${name}: Stripe has no meter with this event name`]
  if (standing.type === 'inactive') return [`${name}: ${standing.found.id} is inactive`]
  return standing.type === 'differs' ? standing.differences.map((what) => `${name}: ${standing.found.id}: ${what}`) : []
}

function priceMisfits(wanted: WantedPrice, found: Found): readonly string[] {
  const standing = priceStanding(wanted, found)
  const name = `price ${wanted.name}`
  if (standing.type === 'missing')
    return [
      wanted.pinnedPriceId === null
        ? `${name}: Stripe has no price under this lookup key`
        : `${name}: Stripe does not have the pinned price ${wanted.pinnedPriceId}`,
    ]
  const { id, isActive } = standing.found
  const archived = isActive ? [] : [`${name}: ${id} is archived`]
  const unpriced = missingCurrencies(wanted, standing.found).map(
    (currency) => `${name}: ${id}: it has no amount in ${currency}`,
  )
  return standing.type === 'differs'
    ? [...archived, ...unpriced, ...standing.differences.map((what) => `${name}: ${id}: ${what}`)]
    : [...archived, ...unpriced]
}
