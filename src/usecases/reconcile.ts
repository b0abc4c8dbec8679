import { USER_ID } from '../domain/account.ts'
import type { DriftReport, StripeCustomer } from '../domain/drift.ts'
import { isEntryKnown } from '../domain/payment-differences.ts'
import { isLive } from '../domain/subscription.ts'
import { isSubscriptionKnown } from '../domain/subscription-differences.ts'
import { knowledgeNow, type Mender } from './examine-customer.ts'
import { examineMeters } from './examine-meters.ts'
import {
  eachLink,
  eachPage,
  judged,
  newSurvey,
  type Reconciling,
  reportOf,
  type Survey,
  shown,
  suspect,
} from './survey.ts'

export interface Reconciliation {
  readonly mender: Mender
  /** Meters are compared by far more calls than the rest. */
  readonly withMeters: boolean
}

const MOST_NAMED = 20

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
  await surveyOurEntries(survey)
  if (withMeters) await surveyMeters(survey)
  const report = reportOf(survey, startedAt, ports.clock.now())
  await ports.mirror.noteDriftReport(report)
  return report
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
      if (known !== null) shown(survey, known)
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
    for (const { id, customerId } of reversals) {
      const known = step === 'refunds' ? await ports.mirror.payment(id) : null
      if (known !== null) shown(survey, known)
      const owner = customerId === null ? null : await ports.records.userOfCustomer(customerId)
      if (owner === null || customerId === null) continue
      compared[step] += 1
      suspect(survey, owner, customerId)
    }
  })
}

/** Who has more entries here than the lists have shown has one that Stripe may not have. */
async function surveyOurEntries(survey: Survey): Promise<void> {
  const { ports, shownEntries } = survey
  await eachLink(survey, 'payments', async ({ user, customerId }) => {
    if ((await ports.mirror.entryCount(user, customerId)) > (shownEntries.get(customerId) ?? 0))
      suspect(survey, user, customerId)
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
