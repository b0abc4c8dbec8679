import { USER_ID } from '../../domain/account.ts'
import { type Command, complain, DONE, FOUND_WRONG, JSON_OPTION, valueOfOption } from './command.ts'
import { counted, importFile, type LineImport, reportImport } from './file-import.ts'
import type { AdoptedCustomer, AdoptionOutcome, CustomerAdopter } from './program.ts'

export const stripeAdoptCommand: Command = {
  name: 'stripe adopt',
  summary: 'Link customers that are at Stripe already to users',
  description:
    'The way in for a team that billed by another program. Reads CSV with a header row, or a JSON object in each line\n' +
    '(NDJSON): user_id, customer_id. Each customer is linked to its user, and its subscriptions, invoices, payments, refunds\n' +
    'and disputes are taken over as Stripe shows them; metadata.user_id at Stripe names the user from then on. No customer\n' +
    'is made and none changes hands: a line that would is refused alone, with its number. A file can be adopted again, and\n' +
    'goes on where it stopped. A running server does the work; when none runs, this command does.',
  argument: { name: 'FILE', summary: 'The file; its form is known by its first line' },
  options: [
    { name: 'dry-run', value: null, summary: 'Check everything at Stripe and say what would be adopted' },
    JSON_OPTION,
  ],
  examples: [
    'speech-billing stripe adopt customers.csv --dry-run',
    'speech-billing stripe adopt customers.ndjson --json',
  ],
  async run(given, program, terminal) {
    const file = valueOfOption(given, 'FILE') ?? ''
    if (!(await Bun.file(file).exists())) return complain(terminal, 'stripe adopt', `there is no file "${file}".`)
    const adopter = await program.openAdoption()
    const taken: Taken = { subscriptions: 0, payments: 0, unknownPrices: new Map() }
    try {
      const tally = await importFile(file, given, customersOf(adopter, taken), terminal)
      const { subscriptions, payments, unknownPrices } = taken
      const beside = { subscriptions, payments, unknown_prices: Object.fromEntries(unknownPrices) }
      reportImport(file, tally, 'adopted', given, terminal, beside)
      if (!given.json) terminal.out(takenText(taken))
      return tally.refused > 0 ? FOUND_WRONG : DONE
    } finally {
      await adopter.close()
    }
  },
}

interface Taken {
  subscriptions: number
  payments: number
  readonly unknownPrices: Map<string, number>
}

/** Each takes half a dozen calls of Stripe, and a batch has to be answered within a minute. */
const BATCH_CUSTOMERS = 20
const PROGRESS_EVERY_LINES = 100

function customersOf(adopter: CustomerAdopter, taken: Taken): LineImport<AdoptedCustomer, 'adopted', AdoptionOutcome> {
  const earlier: Earlier = { users: new Map(), customers: new Map() }
  return {
    columns: { required: FIELDS, optional: [] },
    done: 'adopted',
    read: ({ fields }) => customerOf(fields),
    async send(adoptions, dryRun) {
      const answers = await adopter.adopt({ adoptions, dryRun })
      const outcomes = dryRun ? answers.map((answer, line) => afterEarlier(earlier, adoptions[line], answer)) : answers
      for (const outcome of outcomes) if (outcome.kind === 'adopted') count(taken, outcome)
      return outcomes
    },
    atOnce: BATCH_CUSTOMERS,
    progressEveryLines: PROGRESS_EVERY_LINES,
  }
}

/** What the lines of a dry run would have linked by now. */
interface Earlier {
  readonly users: Map<string, string>
  readonly customers: Map<string, string>
}

/** A dry run links nothing, so that what an earlier line stands in the way of is found here. */
function afterEarlier(
  { users, customers }: Earlier,
  adoption: AdoptedCustomer | undefined,
  outcome: AdoptionOutcome,
): AdoptionOutcome {
  if (outcome.kind !== 'adopted' || adoption === undefined) return outcome
  const { user, customerId } = adoption
  const [owner, current] = [users.get(customerId), customers.get(user)]
  if (owner === user) return { kind: 'known' }
  if (owner !== undefined) {
    const detail = `An earlier line links the customer to ${owner}; a customer never changes hands.`
    return { kind: 'refused', code: 'customer_of_another_user', detail }
  }
  if (current !== undefined) {
    const detail = `An earlier line gives the user ${current}; a second one would be charged unseen.`
    return { kind: 'refused', code: 'user_has_customer', detail }
  }
  users.set(customerId, user)
  customers.set(user, customerId)
  return outcome
}

function count(taken: Taken, outcome: Extract<AdoptionOutcome, { readonly kind: 'adopted' }>): void {
  taken.subscriptions += outcome.subscriptions
  taken.payments += outcome.payments
  for (const price of outcome.unknownPrices) taken.unknownPrices.set(price, (taken.unknownPrices.get(price) ?? 0) + 1)
}

function takenText({ subscriptions, payments, unknownPrices }: Taken): string {
  const strangers = [...unknownPrices].map(
    ([price, users]) =>
      `${price} is the price of no plan. Live subscriptions on it, kept without a plan and granting nothing: ${counted(users)}. ` +
      'Pin it with price_id in the catalogue.\n',
  )
  return `With them ${counted(subscriptions)} subscriptions and ${counted(payments)} entries of the billing history.\n${strangers.join('')}`
}

const FIELDS = ['user_id', 'customer_id']
const CUSTOMER_ID = /^cus_[A-Za-z0-9_]{1,250}$/

function customerOf(fields: Readonly<Record<string, unknown>>): AdoptedCustomer | string {
  const { user_id: user, customer_id: customerId } = fields
  const stranger = Object.keys(fields).find((name) => !FIELDS.includes(name))
  if (stranger !== undefined) return `${stranger.slice(0, 128)}: is not a field; there are ${FIELDS.join(', ')}`
  if (typeof user !== 'string' || !USER_ID.test(user))
    return 'user_id: must be 1 to 128 letters, digits or any of _ . : @ -'
  if (typeof customerId !== 'string' || !CUSTOMER_ID.test(customerId))
    return 'customer_id: must be the id of a Stripe customer, such as cus_QpXkLKxYt3mVd0'
  return { user, customerId }
}
