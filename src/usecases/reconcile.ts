import { USER_ID, type UserId } from '../domain/account.ts'
import { isEntryKnown, isSubscriptionKnown } from '../domain/comparison.ts'
import type { Compared, Difference, DriftReport, Foreign, JudgedDifference, StripeCustomer } from '../domain/drift.ts'
import { isLive } from '../domain/subscription.ts'
import type { DriftRun, Page, Ports } from '../ports.ts'
import { type Examining, examineCustomer, knowledgeNow, linkChanges, type Mender } from './examine-customer.ts'
import { examineMeters } from './examine-meters.ts'

export type Reconciling = Examining &
  Pick<Ports, 'records' | 'outbox' | 'meters'> & {
    /** Lets what is on its way arrive: a webhook is seconds behind what Stripe shows. */
    readonly settle: () => Promise<void>
    readonly onProgress: (progress: NonNullable<DriftRun['progress']>) => void
  }

export interface Reconciliation {
  readonly mender: Mender
  /** Meters are compared by far more calls than the rest. */
  readonly withMeters: boolean
}

const MOST_REPORTED = 1_000
const MOST_NAMED = 20
const LINKS_AT_ONCE = 500

/** A customer that has to be looked at closely; with a link that is missing, for the user whom its metadata names. */
interface Suspect {
  readonly user: UserId
  readonly customerId: string
}

/**
 * Compares everything with Stripe. Its lists are read page by page, a hundred objects a call, to find the customers about
 * whom something differs; those are then looked at wholly, one at a time and in their lanes, and only what differs there
 * too, after what was on its way has had time to arrive, is drift.
 */
export async function reconcile(ports: Reconciling, { mender, withMeters }: Reconciliation): Promise<DriftReport> {
  const startedAt = ports.clock.now()
  const survey = newSurvey(ports, mender)
  await surveyCustomers(survey)
  await surveySubscriptions(survey)
  await surveyEntries(survey, 'invoices')
  await surveyEntries(survey, 'payments')
  await surveyReversals(survey, 'refunds')
  await surveyReversals(survey, 'disputes')
  if (withMeters) await surveyMeters(survey)
  const report = reportOf(survey, startedAt, ports.clock.now())
  await ports.mirror.noteDriftReport(report)
  return report
}

interface Survey {
  readonly ports: Reconciling
  readonly mender: Mender
  readonly compared: Compared
  readonly foreign: Foreign
  readonly differences: JudgedDifference[]
  readonly byKind: Map<Difference['kind'], number>
  readonly drift: Map<string, number>
  total: number
  left: number
  /** Suspects are looked at once, whatever else is found about them. */
  readonly examined: Set<string>
  readonly suspects: Map<string, Suspect>
  /** Ours that Stripe's lists have shown: an id for each customer, and for each live subscription. */
  readonly seen: Set<string>
  readonly liveOf: Map<UserId, string>
}

function newSurvey(ports: Reconciling, mender: Mender): Survey {
  return {
    ports,
    mender,
    compared: { customers: 0, subscriptions: 0, invoices: 0, payments: 0, refunds: 0, disputes: 0, meters: 0 },
    foreign: { customers: 0, subscriptions: 0, invoices: 0, payments: 0, named: [] },
    differences: [],
    byKind: new Map(),
    drift: new Map(),
    total: 0,
    left: 0,
    examined: new Set(),
    suspects: new Map(),
    seen: new Set(),
    liveOf: new Map(),
  }
}

async function surveyCustomers(survey: Survey): Promise<void> {
  const { ports, compared, seen } = survey
  await eachPage(survey, 'customers', ports.stripeBooks.customers, async (customers) => {
    for (const customer of customers) {
      const owner = await ports.records.userOfCustomer(customer.id)
      if (owner === null) judgeStranger(survey, customer)
      else {
        compared.customers += 1
        seen.add(customer.id)
        if (customer.user !== owner) suspect(survey, owner, customer.id)
      }
    }
  })
  await eachLink(survey, 'customers', async ({ user, customerId }) => {
    if (!seen.has(customerId)) suspect(survey, user, customerId)
  })
}

/** Nobody's customer here. If it names a user of ours, it is a link that we lack, or one customer too many. */
function judgeStranger(survey: Survey, { id, user }: StripeCustomer): void {
  if (user !== null && USER_ID.test(user)) suspect(survey, user, id)
  else {
    survey.foreign.customers += 1
    if (survey.foreign.named.length < MOST_NAMED) survey.foreign.named.push(id)
  }
}

async function surveySubscriptions(survey: Survey): Promise<void> {
  const { ports, compared, foreign, seen, liveOf } = survey
  await eachPage(survey, 'subscriptions', ports.stripeBooks.subscriptions, async (subscriptions) => {
    for (const subscription of subscriptions) {
      const owner = await ports.records.userOfCustomer(subscription.customerId)
      if (owner === null) {
        foreign.subscriptions += 1
        continue
      }
      compared.subscriptions += 1
      const ours = await ports.mirror.subscriptions(owner)
      const known = ours.find(({ id }) => id === subscription.id)
      const other = isLive(subscription) ? liveOf.get(owner) : undefined
      if (isLive(subscription)) liveOf.set(owner, subscription.id)
      seen.add(subscription.id)
      const isDouble = other !== undefined && other !== subscription.id
      if (isDouble || !isSubscriptionKnown(known, subscription, knowledgeNow(ports)))
        suspect(survey, owner, subscription.customerId)
    }
  })
  await eachLink(survey, 'subscriptions', async ({ user, customerId }) => {
    const ours = await ports.mirror.subscriptions(user)
    if (ours.some((subscription) => isLive(subscription) && !seen.has(subscription.id)))
      suspect(survey, user, customerId)
  })
}

async function surveyEntries(survey: Survey, step: 'invoices' | 'payments'): Promise<void> {
  const { ports, compared, foreign } = survey
  const list = step === 'invoices' ? ports.stripeBooks.invoices : ports.stripeBooks.payments
  await eachPage(survey, step, list, async (entries) => {
    for (const entry of entries) {
      const owner = await ports.records.userOfCustomer(entry.customerId)
      if (owner === null) {
        foreign[step] += 1
        continue
      }
      compared[step] += 1
      const known = await ports.mirror.payment(entry.id)
      // Of what was given back the lists do not tell: where anything was, the customer is looked at wholly.
      if (!isEntryKnown(known ?? undefined, entry) || known?.refundedAmount !== 0)
        suspect(survey, owner, entry.customerId)
    }
  })
}

/** They are few: whose money was given back, or is with the bank, is looked at wholly. */
async function surveyReversals(survey: Survey, step: 'refunds' | 'disputes'): Promise<void> {
  const { ports, compared } = survey
  const list = step === 'refunds' ? ports.stripeBooks.refunds : ports.stripeBooks.disputes
  await eachPage(survey, step, list, async (reversals) => {
    for (const { customerId } of reversals) {
      const owner = customerId === null ? null : await ports.records.userOfCustomer(customerId)
      if (owner === null || customerId === null) continue
      compared[step] += 1
      suspect(survey, owner, customerId)
    }
  })
}

async function surveyMeters(survey: Survey): Promise<void> {
  const { ports, mender, compared } = survey
  await eachLink(survey, 'meters', async (link) => {
    const { meters, differences } = await examineMeters(ports, link, mender)
    compared.meters += meters
    for (const difference of differences) judged(survey, difference)
  })
}

function suspect({ suspects, examined }: Survey, user: UserId, customerId: string): void {
  if (!examined.has(customerId)) suspects.set(customerId, { user, customerId })
}

async function eachPage<T>(
  survey: Survey,
  step: keyof Compared,
  list: (cursor: string | null) => Promise<Page<T>>,
  judge: (items: readonly T[]) => Promise<void>,
): Promise<void> {
  for (let cursor: string | null = null, isFirst = true; isFirst || cursor !== null; isFirst = false) {
    const page: Page<T> = await list(cursor)
    await judge(page.items)
    await examineSuspects(survey)
    tell(survey, step)
    cursor = page.nextCursor
  }
}

async function eachLink(survey: Survey, step: keyof Compared, judge: (link: Suspect) => Promise<void>): Promise<void> {
  for (let cursor: string | null = null, isFirst = true; isFirst || cursor !== null; isFirst = false) {
    const page: Page<Suspect> = await survey.ports.mirror.customers(LINKS_AT_ONCE, cursor)
    for (const link of page.items) await judge(link)
    await examineSuspects(survey)
    tell(survey, step)
    cursor = page.nextCursor
  }
}

function tell({ ports, compared, total }: Survey, step: keyof Compared): void {
  ports.onProgress({ step, compared: { ...compared }, differences: total })
}

/** Looks twice at whoever seems to differ, since what is only on its way is no drift; the second look mends. */
async function examineSuspects(survey: Survey): Promise<void> {
  const { ports, mender, suspects, examined } = survey
  const differing: Suspect[] = []
  for (const one of suspects.values()) if ((await examine(ports, one, null)).length > 0) differing.push(one)
  if (differing.length > 0) await ports.settle()
  for (const one of differing) for (const found of await examine(ports, one, mender)) judged(survey, found)
  for (const customerId of suspects.keys()) examined.add(customerId)
  suspects.clear()
}

async function examine(ports: Reconciling, { user, customerId }: Suspect, mender: Mender) {
  const owner = await ports.records.userOfCustomer(customerId)
  if (owner !== null) return examineCustomer(ports, owner, customerId, mender)
  return examineStranger(ports, user, customerId, mender)
}

/** A customer at Stripe that names one of our users and that we do not have as theirs. */
async function examineStranger(
  ports: Reconciling,
  user: UserId,
  customerId: string,
  mender: Mender,
): Promise<readonly JudgedDifference[]> {
  const about = { user, customerId, objectId: customerId, amount: 0, currency: ports.catalogue.currency }
  const atStripe = `the metadata of ${customerId} names ${user}`
  const link = await ports.lanes.run(user, () => linkUnlessLinked(ports, user, customerId, mender))
  if (link === customerId) return []
  if (link !== null)
    return [
      {
        ...about,
        kind: 'second_customer',
        here: `${user} has the customer ${link}`,
        atStripe,
        meaning: 'What is bought under the second is not seen here. Move it to ours, or delete the second at Stripe.',
        outcome: 'left',
      },
    ]
  const missing = {
    ...about,
    kind: 'customer_link_missing',
    here: `${user} has no customer`,
    atStripe,
    meaning: 'The user pays for something that is not granted; a purchase would make a second customer.',
    outcome: mender === null ? 'left' : 'mended',
  } as const
  return [missing, ...(await examineCustomer(ports, user, customerId, mender))]
}

/** The customer that the user had before; without one, and with a mender, this one is linked. */
function linkUnlessLinked(
  ports: Reconciling,
  user: UserId,
  customerId: string,
  mender: Mender,
): Promise<string | null> {
  const linking = linkChanges(ports, customerId, mender ?? '')
  return ports.ledger.change(user, {}, ({ customerId: known }) => ({
    changes: known === null && mender !== null ? linking : [],
    result: known,
  }))
}

function judged(survey: Survey, difference: JudgedDifference): void {
  const { differences, byKind, drift } = survey
  survey.total += 1
  if (difference.outcome === 'left') survey.left += 1
  byKind.set(difference.kind, (byKind.get(difference.kind) ?? 0) + 1)
  if (difference.amount !== 0) drift.set(difference.currency, (drift.get(difference.currency) ?? 0) + difference.amount)
  if (differences.length < MOST_REPORTED) differences.push(difference)
}

function reportOf(survey: Survey, startedAt: number, finishedAt: number): DriftReport {
  const { mender, compared, foreign, total, left, byKind, drift, differences } = survey
  return {
    startedAt,
    finishedAt,
    repair: mender !== null,
    compared,
    foreign,
    total,
    left,
    byKind: Object.fromEntries(byKind),
    drift: [...drift].map(([currency, amount]) => ({ currency, amount })),
    differences,
  }
}
