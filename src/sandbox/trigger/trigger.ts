import { callerOf, send } from './caller.ts'
import { catalogueRecipes } from './catalogue.ts'
import { customerRecipes } from './customers.ts'
import { invoiceRecipes } from './invoices.ts'
import { meteringRecipes } from './metering.ts'
import { paymentRecipes } from './payments.ts'
import type { Recipes } from './recipe.ts'
import { scheduleRecipes } from './schedules.ts'
import { subscriptionRecipes } from './subscriptions.ts'
import { surfaceRecipes } from './surfaces.ts'

const recipes: Recipes = {
  ...catalogueRecipes,
  ...customerRecipes,
  ...invoiceRecipes,
  ...meteringRecipes,
  ...paymentRecipes,
  ...scheduleRecipes,
  ...subscriptionRecipes,
  ...surfaceRecipes,
}

export interface TriggeredEvent {
  readonly id: string
  readonly type: string
}

/** Every type of event that can be triggered. */
export const triggers: readonly string[] = Object.keys(recipes).sort()

const patienceMs = 10_000
const pollMs = 20

/**
 * Makes at a running simulator what leads to an event of a type, as a client of it would, and returns the events that came
 * about, oldest first. Those of the wanted type are among them; when they are not there in time, this throws.
 */
export async function trigger(base: string, type: string): Promise<readonly TriggeredEvent[]> {
  const recipe = recipes[type]
  if (recipe === undefined) throw new Error(`There is no recipe for ${type}.`)
  const before = (await eventsAfter(base, undefined)).at(-1)?.id
  await recipe(callerOf(base))
  const wanted = announcedBy(type)
  const end = Date.now() + patienceMs
  for (;;) {
    const found = await eventsAfter(base, before)
    if (found.some((event) => event.type === wanted)) return found
    if (Date.now() > end) throw new Error(`All was made, and no event ${wanted} came of it.`)
    await Bun.sleep(pollMs)
  }
}

/** Two names that Stripe's command line has for the events of a subscription's invoice. */
export const announcedBy = (type: string) => type.replace(/^subscription\.payment_/, 'invoice.payment_')

/** Oldest first: those after an event, or the last ones. */
async function eventsAfter(base: string, id: string | undefined): Promise<readonly TriggeredEvent[]> {
  const response = await send(base, 'GET', `/_sim/events${id === undefined ? '' : `?after=${id}`}`)
  if (!response.ok) throw new Error(`What answers at ${base} is no simulator of this program.`)
  return ((await response.json()) as { data: TriggeredEvent[] }).data
}
