import Stripe from 'stripe'

/** What a step ended with, as it came over the wire. */
export interface Step {
  readonly name: string
  readonly outcome: unknown
}

/** A scenario plays against one Stripe; each step's outcome is written down and compared with that of the other. */
export interface Play {
  readonly stripe: Stripe
  /** Of this run and side: for what must be unique in an account, such as lookup keys. */
  readonly token: string
  /** A step that is expected to go well; a refusal is written down and ends the scenario. */
  readonly step: <T>(name: string, call: () => Promise<T>) => Promise<T>
  /** A step that is expected to be refused; what the refusal says is compared. */
  readonly refused: (name: string, call: () => Promise<unknown>) => Promise<void>
  /** A new test clock, which takes its customers with it in the end. */
  readonly clock: (frozenTime: number) => Promise<string>
  readonly advance: (clock: string, to: number) => Promise<void>
  /** Done at the end, whatever happened. */
  readonly afterwards: (task: () => Promise<unknown>) => void
}

export type Scenario = (play: Play) => Promise<void>

export const endsEarly = 'the scenario ends early'
export const notRefused = 'it was not refused'

/** The steps of one scenario at one Stripe. */
export async function played(scenario: Scenario, stripe: Stripe, token: string): Promise<readonly Step[]> {
  const steps: Step[] = []
  const tasks: (() => Promise<unknown>)[] = []
  try {
    await scenario(playOf(stripe, token, steps, tasks))
  } catch (reason) {
    if (!(reason instanceof Stripe.errors.StripeError)) throw reason
    steps.push({ name: endsEarly, outcome: told(reason) })
  }
  for (const task of tasks.reverse()) await task().catch(() => {})
  return steps
}

function playOf(stripe: Stripe, token: string, steps: Step[], tasks: (() => Promise<unknown>)[]): Play {
  return {
    stripe,
    token,
    step: async (name, call) => {
      const outcome = await call()
      steps.push({ name, outcome: JSON.parse(JSON.stringify(outcome)) })
      return outcome
    },
    refused: async (name, call) => {
      const outcome = await call().then(() => notRefused, refusalOf)
      steps.push({ name, outcome })
    },
    clock: async (frozen_time) => {
      const { id } = await stripe.testHelpers.testClocks.create({ frozen_time })
      tasks.push(() => stripe.testHelpers.testClocks.del(id))
      return id
    },
    advance: (clock, to) => advance(stripe, clock, to),
    afterwards: (task) => tasks.push(task),
  }
}

function refusalOf(reason: unknown): unknown {
  if (reason instanceof Stripe.errors.StripeError) return told(reason)
  throw reason
}

const told = ({ statusCode, rawType, code, decline_code, param, message }: Stripe.errors.StripeError) => ({
  status: statusCode,
  type: rawType,
  code,
  decline_code,
  param,
  message,
})

const patienceMs = 300_000

async function advance(stripe: Stripe, clock: string, to: number): Promise<void> {
  await stripe.testHelpers.testClocks.advance(clock, { frozen_time: to })
  const end = Date.now() + patienceMs
  for (let pause = 10; Date.now() < end; pause = Math.min(pause * 2, 2_000)) {
    const { status } = await stripe.testHelpers.testClocks.retrieve(clock)
    if (status === 'ready') return
    if (status !== 'advancing') throw new Error(`the test clock is in ${status}`)
    await Bun.sleep(pause)
  }
  throw new Error('the test clock did not get there')
}
