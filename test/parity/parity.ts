// Plays the same scenarios at Stripe and at the simulator, and prints the first difference of each.
//   SIM_PARITY_KEY=sk_test_… bun test/parity/parity.ts [words]   only the scenarios whose name has the words
//   bun test/parity/parity.ts --self                  a simulator against a simulator: that the harness itself works
//   bun test/parity/parity.ts --twin                  a control that must fail: one side is a cent dearer
import Stripe from 'stripe'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { firstDifference } from './difference.ts'
import { plainer } from './plain.ts'
import { scenarios } from './scenarios.ts'
import { endsEarly, notRefused, played, type Scenario, type Step } from './script.ts'

const sent = process.argv.slice(2)
const isTwin = sent.includes('--twin')
const words = sent.filter((word) => !word.startsWith('--')).join(' ')
const key = process.env.SIM_PARITY_KEY ?? ''

process.exitCode = await main()

async function main(): Promise<number> {
  if (isTwin || sent.includes('--self')) return withSimulator((other) => compared(clientOf(other, isTwin)))
  if (key === '') {
    process.stdout.write('skipped: SIM_PARITY_KEY is not set; it takes the test key of a Stripe account (sk_test_…)\n')
    return 0
  }
  if (!/^(sk|rk)_test_\w+$/.test(key)) {
    process.stdout.write('SIM_PARITY_KEY must be a test key (sk_test_…): nothing was called\n')
    return 2
  }
  return compared(new Stripe(key, { maxNetworkRetries: 3, telemetry: false }))
}

async function compared(real: Stripe): Promise<number> {
  return withSimulator(async (sandbox) => {
    const chosen = Object.entries(scenarios).filter(([name]) => name.includes(words))
    let differing = 0
    let steps = 0
    for (const [name, scenario] of chosen) {
      const { difference, count } = await compare(scenario, real, clientOf(sandbox, false))
      steps += count
      if (difference) differing += 1
      process.stdout.write(difference ? `differs  ${name}\n${difference}\n` : `same     ${name}\n`)
    }
    process.stdout.write(`${chosen.length} scenarios, ${steps} steps, ${differing} differ\n`)
    return differing > 0 || steps === 0 ? 1 : 0
  })
}

async function compare(scenario: Scenario, real: Stripe, simulated: Stripe) {
  const [left, right] = await Promise.all([sideOf(scenario, real), sideOf(scenario, simulated)])
  return { difference: firstDifference(left, right) ?? stumble(left), count: left.length }
}

/** Two sides that fail alike say nothing about each other. */
function stumble(steps: readonly Step[]): string | undefined {
  const step = steps.find(({ name, outcome }) => name === endsEarly || outcome === notRefused)
  return step && `  both alike: ${step.name}: ${JSON.stringify(step.outcome)}`
}

async function sideOf(scenario: Scenario, stripe: Stripe): Promise<readonly Step[]> {
  const token = `parity-${crypto.randomUUID()}`
  const began = Date.now() / 1000
  const steps = await played(scenario, stripe, token)
  const plain = plainer(token, began)
  return steps.map(({ name, outcome }) => ({ name, outcome: plain(outcome) }))
}

async function withSimulator(work: (sandbox: Sandbox) => Promise<number>): Promise<number> {
  const sandbox = await startSandbox({ port: 0, databaseFile: ':memory:' })
  try {
    return await work(sandbox)
  } finally {
    await sandbox.stop()
  }
}

function clientOf(sandbox: Sandbox, dearer: boolean): Stripe {
  const port = Number(new URL(sandbox.url).port)
  const httpClient = dearer ? Stripe.createFetchHttpClient(Object.assign(oneCentMore, fetch)) : undefined
  const place = { host: '127.0.0.1', port, protocol: 'http', telemetry: false } as const
  return new Stripe('sk_test_parity', httpClient ? { ...place, httpClient } : place)
}

/** The twin: previews of invoices are a cent off. */
async function oneCentMore(...call: Parameters<typeof fetch>): Promise<Response> {
  const response = await fetch(...call)
  if (!String(call[0]).includes('create_preview')) return response
  const body = (await response.text()).replace(/"total": (-?\d+)/g, (_, total) => `"total": ${Number(total) + 1}`)
  return new Response(body, { status: response.status, headers: response.headers })
}
