import { missingEventTypes } from './event-types.ts'
import type {
  Found,
  FoundPrice,
  SetupPlan,
  SetupStep,
  Wanted,
  WantedEndpoint,
  WantedMeter,
  WantedPortal,
  WantedPrice,
  WantedProduct,
} from './setup.ts'
import { endpointAt, meterStanding, missingCurrencies, priceStanding } from './setup-differences.ts'

/** What has to be done so that Stripe has what is wanted; `inUse` are the prices that somebody is or will be on. */
export function planSetup(wanted: readonly Wanted[], found: Found, inUse: ReadonlySet<string>): SetupPlan {
  const plans = wanted.map((one) => planFor(one, wanted, found, inUse))
  const steps = plans.flatMap((plan) => plan.steps ?? [])
  return {
    // What is archived goes last: by then nothing offers it any more.
    steps: [
      ...steps.filter(({ action }) => action !== 'archive'),
      ...steps.filter(({ action }) => action === 'archive'),
    ],
    problems: plans.flatMap((plan) => plan.problems ?? []),
    notes: plans.flatMap((plan) => plan.notes ?? []),
  }
}

/** The prices that a plan would archive: whether somebody is on them has to be known first. */
export function replacedPrices(wanted: readonly Wanted[], found: Found): readonly string[] {
  const { steps } = planSetup(wanted, found, new Set())
  return steps.flatMap(({ action, foundId }) => (action === 'archive' && foundId !== null ? [foundId] : []))
}

function planFor(one: Wanted, wanted: readonly Wanted[], found: Found, inUse: ReadonlySet<string>): Partial<SetupPlan> {
  switch (one.kind) {
    case 'meter':
      return planMeter(one, found)
    case 'product':
      return planProduct(one, wanted, found)
    case 'price':
      return planPrice(one, wanted, found, inUse)
    case 'portal':
      return planPortal(one, wanted, found)
    case 'webhook endpoint':
    case 'event destination':
      return planEndpoint(one, found)
  }
}

function planMeter(subject: WantedMeter, found: Found): Partial<SetupPlan> {
  const standing = meterStanding(subject, found)
  if (standing.type === 'missing') return { steps: [create(subject)] }
  const { id } = standing.found
  if (standing.type === 'fits') return { steps: [same(subject, id)] }
  if (standing.type === 'inactive') return { steps: [change(subject, id, ['it is inactive'])] }
  const problem = `The meter ${id} of the events ${subject.name} cannot be used: ${standing.differences.join('; ')}.`
  return { problems: [`${problem} Deactivate it in the Stripe Dashboard if nobody else needs it, and run this again.`] }
}

/** Where the prices stand in a product that somebody else made, no other is needed. */
function planProduct(subject: WantedProduct, wanted: readonly Wanted[], found: Found): Partial<SetupPlan> {
  const prices = pricesOf(subject, wanted)
  const needsNone =
    prices.every(({ pinnedPriceId }) => pinnedPriceId !== null) || productOf(subject, wanted, found) !== subject.name
  if (needsNone) return {}
  const product = found.products.find(({ id }) => id === subject.name)
  if (product === undefined) return { steps: [create(subject)] }
  const why = [
    ...(product.isActive ? [] : ['it is archived']),
    ...(product.displayName === subject.displayName ? [] : [`it is named "${product.displayName}"`]),
    ...(product.description === subject.description ? [] : ['it is described in other words']),
  ]
  return { steps: [why.length === 0 ? same(subject, product.id) : change(subject, product.id, why)] }
}

function planPrice(
  subject: WantedPrice,
  wanted: readonly Wanted[],
  found: Found,
  inUse: ReadonlySet<string>,
): Partial<SetupPlan> {
  if (hasUselessMeter(subject, wanted, found)) return {}
  const standing = priceStanding(subject, found)
  if (subject.pinnedPriceId !== null) return planPinned(subject, subject.pinnedPriceId, standing)
  if (standing.type === 'missing')
    return { steps: [{ ...create(subject), productId: productOf(subject, wanted, found) }] }
  const price = standing.found
  if (standing.type !== 'differs') {
    const why = [
      ...(price.isActive ? [] : ['it is archived']),
      ...(price.planName === subject.planName ? [] : ['its metadata does not say which plan it belongs to']),
      ...missingCurrencies(subject, price).map((currency) => `it has no amount in ${currency}`),
    ]
    return { steps: [why.length === 0 ? same(subject, price.id) : change(subject, price.id, why)] }
  }
  const replacement = {
    ...create(subject),
    productId: productOf(subject, wanted, found),
    why: standing.differences,
  }
  const retired = retire(subject, price, inUse)
  return { ...retired, steps: [replacement, ...(retired.steps ?? [])] }
}

/** Then nothing can be charged by it before people have mended the meter. */
function hasUselessMeter({ service }: WantedPrice, wanted: readonly Wanted[], found: Found): boolean {
  return wanted.some(
    (one) => one.kind === 'meter' && one.name === service && meterStanding(one, found).type === 'differs',
  )
}

function planPinned(subject: WantedPrice, id: string, standing: ReturnType<typeof priceStanding>): Partial<SetupPlan> {
  const cure = 'Pin another price in the catalogue, or leave price_id out.'
  if (standing.type === 'fits') return { steps: [same(subject, id)] }
  if (standing.type === 'missing')
    return { problems: [`Stripe does not have the price ${id} that is pinned for ${subject.name}. ${cure}`] }
  const why = standing.type === 'differs' ? standing.differences.join('; ') : 'it is archived'
  return { problems: [`The price ${id} that is pinned for ${subject.name} does not fit: ${why}. ${cure}`] }
}

/** Only a price that we made and that nobody is on: whoever bought keeps what was bought. */
function retire(subject: WantedPrice, price: FoundPrice, inUse: ReadonlySet<string>): Partial<SetupPlan> {
  if (!price.isActive) return {}
  if (inUse.has(price.id))
    return {
      notes: [
        `The price ${price.id} stays active: subscriptions are on it, or planned to be, and keep it until they are moved.`,
      ],
    }
  if (price.planName === null)
    return {
      notes: [`The price ${price.id} stays active: it was not made by this command. It only gives up its lookup key.`],
    }
  return { steps: [{ action: 'archive', subject, foundId: price.id, why: ['nobody is subscribed to it'] }] }
}

function planPortal(subject: WantedPortal, wanted: readonly Wanted[], found: Found): Partial<SetupPlan> {
  if (found.portal === null) return { steps: [create(subject)] }
  const { id, offers, oddities } = found.portal
  const offered = offers.map((price) => offeredKey(price, wanted, found))
  const isSame = offered.toSorted().join() === subject.offers.join()
  const why = [...(isSame ? [] : [`it should offer ${subject.offers.join(', ') || 'no plans'}`]), ...oddities]
  return { steps: [why.length === 0 ? same(subject, id) : change(subject, id, why)] }
}

/** The lookup key whose price it is now; an id that no wanted price fits stays an id, and so a difference. */
function offeredKey(id: string, wanted: readonly Wanted[], found: Found): string {
  const key = wanted.find((one) => {
    if (one.kind !== 'price') return false
    const standing = priceStanding(one, found)
    return standing.type !== 'missing' && standing.type !== 'differs' && standing.found.id === id
  })
  return key?.name ?? id
}

function planEndpoint(subject: WantedEndpoint, { endpoints, destinations }: Found): Partial<SetupPlan> {
  const there = subject.kind === 'webhook endpoint' ? endpoints : destinations
  const endpoint = endpointAt(subject, there)
  if (endpoint === undefined) return { steps: [create(subject)] }
  if (endpoint.apiVersion !== subject.apiVersion) return { steps: [create(subject)], notes: olderNotes(subject, there) }
  const missing = missingEventTypes(endpoint.types, subject.types)
  const needless = endpoint.types.filter((type) => !subject.types.includes(type))
  const why = [
    ...(endpoint.isEnabled ? [] : ['it is disabled']),
    ...(missing.length === 0 ? [] : [`it does not send ${missing.join(', ')}`]),
    ...(needless.length === 0 ? [] : [`it sends ${needless.join(', ')}, which change nothing here`]),
    ...(endpoint.isOurs ? [] : ['its metadata does not say whose it is']),
  ]
  const step = why.length === 0 ? same(subject, endpoint.id) : change(subject, endpoint.id, why)
  return {
    steps: [step],
    notes: olderNotes(
      subject,
      there.filter(({ id }) => id !== endpoint.id),
    ),
  }
}

/** Both deliver, which does no harm; taking the old one away before its secret is replaced would lose events for a while. */
function olderNotes({ name }: WantedEndpoint, others: readonly { readonly id: string; readonly url: string }[]) {
  return others
    .filter(({ url }) => url === name)
    .map(
      ({ id }) =>
        `${id} sends to the same address. Delete it in the Stripe Dashboard once the secret of the other is in STRIPE_WEBHOOK_SECRET.`,
    )
}

/**
 * Where the prices of a plan, or the price of what it bills by use, already stand, else a product of ours. Metered prices
 * once stood in the product of their plan: those that fit stay there, others come to one of their own.
 */
function productOf(of: OfPlan, wanted: readonly Wanted[], found: Found): string {
  const own = wanted.find((one) => one.kind === 'product' && isOf(of, one))?.name ?? ''
  const held = pricesOf(of, wanted)
    .map((price) => priceStanding(price, found))
    .find((standing) => standing.type !== 'missing')
  if (held === undefined) return own
  const { productId } = held.found
  if (of.service === null || held.type !== 'differs') return productId
  return productId === productOf({ ...of, service: null }, wanted, found) ? own : productId
}

type OfPlan = Pick<WantedPrice, 'planName' | 'service'>

function pricesOf(of: OfPlan, wanted: readonly Wanted[]): readonly WantedPrice[] {
  return wanted.filter((one): one is WantedPrice => one.kind === 'price' && isOf(of, one))
}

function isOf(of: OfPlan, one: OfPlan): boolean {
  return one.planName === of.planName && one.service === of.service
}

function create(subject: Wanted): SetupStep {
  return { action: 'create', subject, foundId: null, why: [] }
}

function same(subject: Wanted, foundId: string): SetupStep {
  return { action: 'same', subject, foundId, why: [] }
}

function change(subject: Wanted, foundId: string, why: readonly string[]): SetupStep {
  return { action: 'change', subject, foundId, why }
}
