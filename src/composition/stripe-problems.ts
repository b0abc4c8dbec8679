/** What Stripe's answers show to be wrong with the configuration, and how to mend it. */
export interface StripeProblem {
  readonly variable: string
  readonly problem: string
  readonly cure: string
}

export function missingPrice(price: string): StripeProblem {
  return {
    variable: 'PLANS_FILE',
    problem: `Stripe has no active price ${price}`,
    cure: 'Create it in Stripe under this lookup key, or pin another price with price_id in the catalogue.',
  }
}

export function foreignDatabase(known: string, account: string): StripeProblem {
  return {
    variable: 'DATABASE_URL',
    problem: `names a database of the Stripe account ${known}, and the keys are of ${account}`,
    cure: 'Give each Stripe account, the sandbox included, a database file of its own.',
  }
}
