import { Stripe } from 'stripe'
import type { Catalogue } from '../../domain/catalogue.ts'
import { endpointFindings } from '../../domain/endpoint-findings.ts'
import type { Finding } from '../../domain/finding.ts'
import type { Found, SetupPlan, SetupStep, Wanted } from '../../domain/setup.ts'
import { catalogueMisfits } from '../../domain/setup-differences.ts'
import { planSetup, replacedPrices } from '../../domain/setup-plan.ts'
import { wantedEndpoints, wantedForCatalogue } from '../../domain/setup-wishes.ts'
import { carryOutStep, type MadeEndpoint, openWorkshop } from './setup-carry-out.ts'
import { findSetup, pricesInUse } from './setup-find.ts'

export interface Setup {
  readonly plan: SetupPlan
  /** Does what the plan says, in its order; `tell` hears of each step that is done. The secrets of endpoints it made. */
  carryOut(tell: (step: SetupStep) => void): Promise<readonly MadeEndpoint[]>
}

/**
 * Compares what the catalogue needs at Stripe with what is there. `webhookUrl` is where events shall be sent; null leaves
 * endpoints alone. Running what it plans and planning again finds nothing to do.
 */
export async function openSetup(stripe: Stripe, catalogue: Catalogue, webhookUrl: string | null): Promise<Setup> {
  const wanted: readonly Wanted[] = [
    ...wantedForCatalogue(catalogue),
    ...(webhookUrl === null ? [] : wantedEndpoints(catalogue, webhookUrl, Stripe.API_VERSION)),
  ]
  const found = await findSetup(stripe, wanted)
  const plan = planSetup(wanted, found, await pricesInUse(stripe, replacedPrices(wanted, found)))
  return { plan, carryOut: (tell) => carryOut(stripe, plan, found, tell) }
}

/** Makes what the catalogue needs at Stripe, without asking anybody. */
export async function setUpCatalogue(stripe: Stripe, catalogue: Catalogue): Promise<void> {
  const { carryOut } = await openSetup(stripe, catalogue, null)
  await carryOut(() => {})
}

/** What of the catalogue cannot be sold as it stands at Stripe, a sentence each. Nothing is changed. */
export async function misfitsAtStripe(stripe: Stripe, catalogue: Catalogue): Promise<readonly string[]> {
  const wanted = wantedForCatalogue(catalogue).filter(({ kind }) => kind === 'meter' || kind === 'price')
  return catalogueMisfits(wanted, await findSetup(stripe, wanted))
}

/** Whether Stripe's events come to an address as they should. */
export async function examineEndpoints(stripe: Stripe, catalogue: Catalogue, url: string): Promise<readonly Finding[]> {
  const wanted = wantedEndpoints(catalogue, url, Stripe.API_VERSION)
  return endpointFindings(wanted, await findSetup(stripe, wanted))
}

async function carryOut(
  stripe: Stripe,
  { steps }: SetupPlan,
  found: Found,
  tell: (step: SetupStep) => void,
): Promise<readonly MadeEndpoint[]> {
  const workshop = openWorkshop(stripe, found, steps)
  for (const step of steps) {
    if (step.action === 'same') continue
    await carryOutStep(workshop, step)
    tell(step)
  }
  return workshop.made
}
