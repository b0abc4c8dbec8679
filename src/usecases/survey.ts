import type { UserId } from '../domain/account.ts'
import type { Compared, Difference, DriftReport, Foreign, JudgedDifference } from '../domain/drift.ts'
import { isCalledOff, type Payment } from '../domain/payment.ts'
import type { DriftRun } from '../ports/mirror.ts'
import type { Page } from '../ports/records.ts'
import type { Ports } from '../ports.ts'
import { type Examining, examineCustomer, type Mender } from './examine-customer.ts'
import { examineStranger } from './examine-stranger.ts'

export type Reconciling = Examining &
  Pick<Ports, 'records' | 'outbox' | 'meters'> & {
    /** Lets what is on its way arrive: a webhook is seconds behind what Stripe shows. */
    readonly settle: () => Promise<void>
    readonly onProgress: (progress: NonNullable<DriftRun['progress']>) => void
  }

const MOST_REPORTED = 1_000
const LINKS_AT_ONCE = 500

/** A customer that has to be looked at closely; with a link that is missing, for the user whom its metadata names. */
interface Suspect {
  readonly user: UserId
  readonly customerId: string
}

/** What a comparison with Stripe has come to so far. */
export interface Survey {
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
  /** How many entries of the history that we have, too, the lists have shown of each customer. */
  readonly shownEntries: Map<string, number>
}

/** A comparison that has not begun. `mender` is who mends what can be mended; null only looks. */
export function newSurvey(ports: Reconciling, mender: Mender): Survey {
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
    shownEntries: new Map(),
  }
}

/** Has a customer looked at closely, unless that was done. */
export function suspect({ suspects, examined }: Survey, user: UserId, customerId: string): void {
  if (!examined.has(customerId)) suspects.set(customerId, { user, customerId })
}

/** An entry of Stripe's lists that we have, too. */
export function shown({ shownEntries }: Survey, { customerId, ...entry }: Payment): void {
  if (!isCalledOff(entry)) shownEntries.set(customerId, (shownEntries.get(customerId) ?? 0) + 1)
}

/** Goes through a list of Stripe’s; after each page the suspects that it brought are looked at. */
export async function eachPage<T>(
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

/** Goes through our customers; after each page the suspects that it brought are looked at. */
export async function eachLink(
  survey: Survey,
  step: keyof Compared,
  judge: (link: Suspect) => Promise<void>,
): Promise<void> {
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

/** Counts a difference. Only the first thousand are kept with their details. */
export function judged(survey: Survey, difference: JudgedDifference): void {
  const { differences, byKind, drift } = survey
  survey.total += 1
  if (difference.outcome === 'left') survey.left += 1
  byKind.set(difference.kind, (byKind.get(difference.kind) ?? 0) + 1)
  if (difference.amount !== 0) drift.set(difference.currency, (drift.get(difference.currency) ?? 0) + difference.amount)
  if (differences.length < MOST_REPORTED) differences.push(difference)
}

/** What is left of it for people: times in milliseconds. */
export function reportOf(survey: Survey, startedAt: number, finishedAt: number): DriftReport {
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
