import type { SetupAction, SetupStep } from '../../domain/setup.ts'
import { type Command, complain, DONE, FOUND_WRONG, type Given, JSON_OPTION, printJson } from './command.ts'
import type { StripeSetup } from './program.ts'
import { type Paint, painter, type Style, type Terminal } from './terminal.ts'

export const stripeSetupCommand: Command = {
  name: 'stripe setup',
  summary: 'Make what the catalogue needs at Stripe',
  description:
    'Makes or mends products, prices, meters, the customer portal and, where PUBLIC_URL is an address that Stripe can reach,\n' +
    'the webhook endpoint and the event destination for meter errors. It shows the difference first and asks. Done twice, it\n' +
    'does nothing the second time. A price cannot be edited: a changed one is replaced, its lookup key moved, and the old one\n' +
    'archived if nobody is on it. The secret of an endpoint that it makes is printed once, as the line to paste.',
  options: [
    { name: 'dry-run', value: null, summary: 'Show the difference and change nothing' },
    { name: 'yes', value: null, summary: 'Do not ask' },
    JSON_OPTION,
  ],
  examples: [
    'speech-billing stripe setup --dry-run',
    'speech-billing stripe setup',
    'speech-billing stripe setup --yes --json',
  ],
  async run(given, program, terminal) {
    const setup = await program.openSetup()
    const todo = setup.plan.steps.filter(({ action }) => action !== 'same')
    if (!given.json) terminal.out(planText(setup, painter(terminal.outColours)))
    if (todo.length === 0 || given['dry-run']) return conclude(setup, null, given, terminal)
    if (!given.yes) {
      if (given.json || terminal.confirm === undefined)
        return complain(terminal, 'stripe setup', 'there is nobody to ask; give --yes, or --dry-run to look only.')
      if (!(await terminal.confirm('Do this?'))) return leave(terminal)
    }
    return conclude(setup, await carryOut(setup, todo.length, terminal), given, terminal)
  },
}

const SIGNS = {
  create: { sign: '+', style: 'green', done: 'made' },
  change: { sign: '~', style: 'yellow', done: 'changed' },
  archive: { sign: '-', style: 'red', done: 'archived' },
  same: { sign: '=', style: 'dim', done: 'left' },
} as const satisfies Record<SetupAction, { sign: string; style: Style; done: string }>

function planText({ account, mode, plan }: StripeSetup, paint: Paint): string {
  const { steps, problems, notes } = plan
  const where = `Stripe account ${account ?? '(the key may not ask which)'}, ${mode} mode`
  const blocks = [
    [paint('bold', where)],
    steps.map((step) => stepText(step, paint)),
    problems.map((problem) => `${paint('red', '!')} ${problem}`),
    notes.map((note) => `${paint('dim', 'i')} ${note}`),
    [countText(steps)],
  ]
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')}\n`
}

function stepText({ action, subject, foundId, why }: SetupStep, paint: Paint): string {
  const { sign, style } = SIGNS[action]
  const id = foundId === null || foundId === subject.name ? '' : ` (${foundId})`
  const reason = why.length === 0 ? '' : `: ${why.join('; ')}`
  return `${paint(style, `${sign} ${subject.kind.padEnd(18)}`)} ${subject.name}${id}${reason}`
}

function countText(steps: readonly SetupStep[]): string {
  const count = (wanted: SetupAction) => steps.filter(({ action }) => action === wanted).length
  if (steps.every(({ action }) => action === 'same')) return `Nothing to do: all ${steps.length} are as they should be.`
  const parts = [
    [count('create'), 'to make'],
    [count('change'), 'to change'],
    [count('archive'), 'to archive'],
    [count('same'), 'as they should be'],
  ] as const
  return `${parts
    .filter(([number]) => number > 0)
    .map(([number, what]) => `${number} ${what}`)
    .join(', ')}.`
}

async function carryOut(setup: StripeSetup, total: number, terminal: Terminal): Promise<readonly string[]> {
  let done = 0
  return setup.carryOut(({ action, subject }) => {
    done += 1
    terminal.complaints(`[${done}/${total}] ${SIGNS[action].done} ${subject.kind} ${subject.name}\n`)
  })
}

/** `secrets` of endpoints that were made; null when nothing was done. What only people can mend is found wrong. */
function conclude(setup: StripeSetup, secrets: readonly string[] | null, given: Given, terminal: Terminal): number {
  const { plan, account, mode } = setup
  if (given.json)
    printJson(terminal, { account, mode, done: secrets !== null, ...shownPlan(setup), webhook_secrets: secrets ?? [] })
  else if (secrets !== null) terminal.out(`\nDone.\n${secretText(setup, secrets)}`)
  return plan.problems.length > 0 ? FOUND_WRONG : DONE
}

function shownPlan({ plan: { steps, problems, notes } }: StripeSetup) {
  return {
    steps: steps.map(({ action, subject, foundId, why }) => ({
      action,
      kind: subject.kind.replace(' ', '_'),
      name: subject.name,
      id: foundId,
      why,
    })),
    problems,
    notes,
  }
}

/** Stripe tells a secret once. Those that are configured already stay: another endpoint may sign with them. */
function secretText({ webhookSecrets }: StripeSetup, made: readonly string[]): string {
  if (made.length === 0) return ''
  const line = `STRIPE_WEBHOOK_SECRET=${[...webhookSecrets, ...made].join(',')}`
  return `\nPut this into the environment of the server now, Stripe shows it only once:\n\n${line}\n`
}

function leave(terminal: Terminal): number {
  terminal.complaints('Nothing was changed.\n')
  return DONE
}
