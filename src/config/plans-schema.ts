import Type from 'typebox'

/**
 * The plans file, in the words that the API uses. What an entry must look like stands in EXPECTED, by field name, so that
 * an error can be told in words instead of in JSON Schema.
 */
const Decimal = Type.String({ pattern: '^(0|[1-9]\\d{0,11})(\\.\\d{1,12})?$' })
const CurrencyOptions = Type.Record(
  Type.String({ pattern: '^[a-z]{3}$' }),
  Type.Object({ unit_amount_decimal: Decimal }, closed()),
  closed(),
)
const Rate = Type.Object({ unit_amount_decimal: Decimal, currency_options: Type.Optional(CurrencyOptions) }, closed())

const Price = Type.Object(
  {
    amount: Type.Integer({ minimum: 0, maximum: 99_999_999 }),
    currency: Type.String({ pattern: '^[a-z]{3}$' }),
    interval: Type.Enum(['month', 'year']),
    lookup_key: Type.Optional(Type.String({ pattern: '^\\S{1,200}$' })),
    price_id: Type.Optional(Type.String({ pattern: '^price_\\w+$' })),
  },
  closed(),
)

const Terms = Type.Object(
  {
    policy: Type.Enum(['block', 'bill', 'allow']),
    included: Type.Union([Type.Null(), Type.Literal(0), Type.Number({ minimum: 0.000001, maximum: 1_000_000_000 })]),
    unit_amount_decimal: Type.Optional(Decimal),
    currency_options: Type.Optional(CurrencyOptions),
    billing_increment_seconds: Type.Optional(Type.Union([Type.Literal(1), Type.Literal(6), Type.Literal(60)])),
    minimum: Type.Optional(Type.Number({ minimum: 0.000001, maximum: 1_000_000 })),
  },
  closed(),
)

const Plan = Type.Object(
  {
    plan_name: Type.String({ pattern: '^[a-z][a-z0-9_]{0,63}$' }),
    display_name: Type.String({ pattern: '^\\S(.{0,98}\\S)?$' }),
    description: Type.String({ maxLength: 500 }),
    prices: Type.Array(Price, { minItems: 1 }),
    trial_days: Type.Optional(Type.Integer({ minimum: 0, maximum: 730 })),
    trial_requires_card: Type.Optional(Type.Boolean()),
    trial_without_card: Type.Optional(Type.Enum(['cancel', 'pause'])),
    services: eachService(Terms),
    transcript_storage_days: Type.Integer({ minimum: 0, maximum: 36_500 }),
    advanced_analytics: Type.Boolean(),
    priority_support: Type.Boolean(),
    white_label: Type.Boolean(),
    grace_days: Type.Optional(Type.Integer({ minimum: 0, maximum: 90 })),
    spending_limit: Type.Optional(Type.Union([Type.Null(), Type.Integer({ minimum: 0, maximum: 99_999_999 })])),
  },
  closed(),
)

const Pack = Type.Object(
  {
    name: Plan.properties.plan_name,
    display_name: Plan.properties.display_name,
    service: Type.Enum(['voice_call', 'transcription', 'sms', 'custom_scenario', 'api_call']),
    amount: Type.Number({ minimum: 0.000001, maximum: 1_000_000 }),
    price: Type.Object(
      { amount: Type.Integer({ minimum: 1, maximum: 99_999_999 }), currency: Price.properties.currency },
      closed(),
    ),
    expires_after_days: Type.Optional(Type.Integer({ minimum: 1, maximum: 3_650 })),
  },
  closed(),
)

export const PlansFile = Type.Object(
  {
    currency: Price.properties.currency,
    rates: eachService(Rate),
    plans: Type.Array(Plan, { minItems: 1 }),
    disputes_suspend: Type.Optional(Type.Boolean()),
    refunds_take_back: Type.Optional(Type.Boolean()),
    packs: Type.Optional(Type.Array(Pack)),
  },
  closed(),
)

export type PlansFile = Type.Static<typeof PlansFile>
export type PlanEntry = PlansFile['plans'][number]
export type CurrencyOptionsEntry = Type.Static<typeof CurrencyOptions>
export type PackEntry = NonNullable<PlansFile['packs']>[number]

const DECIMAL = 'must be minor units as a decimal string of at most 12 decimals, such as "5" for five cents or "0.79"'
const YES_OR_NO = 'must be true or false'
const SERVICE = 'must be an object'
const NAME = 'must be small letters, digits and underscores, beginning with a letter, at most 64'

/**
 * What each field must be, in words. An entry of a list is looked up under the list's name with [], and a field that means
 * something else within another one under both names.
 */
export const EXPECTED: Readonly<Record<string, string>> = {
  currency: 'must be three small letters, such as "usd"',
  rates: 'must be an object with a rate for each of the five services',
  plans: 'must be a list of at least one plan',
  'plans[]': 'must be an object that describes a plan',
  packs: 'must be a list',
  'packs[]': 'must be an object that describes a pack',
  'packs[].amount': 'must be a number of units from 0.000001 to 1000000',
  name: NAME,
  service: 'must be "voice_call", "transcription", "sms", "custom_scenario" or "api_call"',
  price: 'must be an object with amount and currency',
  'price.amount': 'must be a whole number of minor units (cents) from 1 to 99999999',
  expires_after_days: 'must be a whole number of days from 1 to 3650',
  plan_name: NAME,
  display_name: 'must be a text of 1 to 100 characters',
  description: 'must be a text of at most 500 characters',
  prices: 'must be a list of at least one price',
  'prices[]': 'must be an object with amount, currency and interval',
  amount: 'must be a whole number of minor units (cents) from 0 to 99999999',
  interval: 'must be "month" or "year"',
  lookup_key: 'must be a text of 1 to 200 characters without blanks',
  price_id: 'must be the id of a Stripe price, such as "price_1234567890"',
  services: 'must be an object with terms for each of the five services',
  trial_days: 'must be a whole number of days from 0 to 730',
  trial_requires_card: YES_OR_NO,
  trial_without_card: 'must be "cancel" or "pause": what becomes of the subscription when a trial ends without a card',
  policy: 'must be "block", "bill" or "allow"',
  included: 'must be a number of units from 0 to 1000000000, none but 0 under 0.000001, or null for no limit',
  unit_amount_decimal: DECIMAL,
  currency_options:
    'must be an object of currencies in three small letters, such as {"eur": {"unit_amount_decimal": "4.6"}}',
  transcript_storage_days: 'must be a whole number of days from 0 to 36500',
  advanced_analytics: YES_OR_NO,
  priority_support: YES_OR_NO,
  white_label: YES_OR_NO,
  grace_days: 'must be a whole number of days from 0 to 90',
  spending_limit: 'must be a whole number of minor units (cents) from 0 to 99999999, or null for no limit',
  disputes_suspend: YES_OR_NO,
  refunds_take_back: YES_OR_NO,
  voice_call: SERVICE,
  transcription: SERVICE,
  sms: SERVICE,
  custom_scenario: SERVICE,
  api_call: SERVICE,
}

function eachService<S extends Type.TSchema>(schema: S) {
  return Type.Object(
    { voice_call: schema, transcription: schema, sms: schema, custom_scenario: schema, api_call: schema },
    closed(),
  )
}

/** A field that is not known is a misspelling whose meaning would be lost in silence. */
function closed(): { additionalProperties: false } {
  return { additionalProperties: false }
}
