import { requireChargeable } from '../engine/currency.ts'
import { createSetup } from '../engine/intents.ts'
import { need } from '../http/decode.ts'
import { invalid } from '../http/failure.ts'
import { freshId, randomLetters } from '../identifiers.ts'
import { mergeMetadata, sentOnly } from '../resources/patches.ts'
import { createPrice } from '../resources/prices.ts'
import { namedRates } from '../resources/tax-rates.ts'
import type { CheckoutItem, CheckoutWish, StoredCheckout } from '../surface-kinds.ts'
import { referenced, type Turn } from '../turn.ts'
import type { Price } from '../wire.ts'
import { linesOf, sumsOf } from './lines.ts'
import type { SentLine, SessionCreation } from './parameters.ts'

const halfHour = 1_800
const dayLong = 86_400

/** A checkout session as it would be, checked and not yet stored. */
export function draftSession(turn: Turn, sent: SessionCreation): StoredCheckout {
  const mode = need(sent.mode, 'mode')
  const customer = sent.customer === undefined ? null : referenced(turn, 'customer', sent.customer, 'customer')
  const now = turn.now(customer?.id)
  checkAddresses(sent)
  const wish = wishOf(turn, sent, mode, sent.currency?.toLowerCase() ?? customer?.currency ?? null)
  const { subtotal, discount, tax, total } = sumsOf(turn, { sim_wish: wish })
  const currency = currencyOf(turn, wish, sent.currency)
  if (mode === 'payment' && total > 0) requireChargeable(total, currency ?? 'usd', 'line_items')
  const setup = mode === 'setup' ? createSetup(turn, customer?.id ?? null, setupOf(sent)) : null
  return {
    ...blankSession,
    ...sentOnly({ client_reference_id: sent.client_reference_id, customer_email: sent.customer_email }),
    ...sentOnly({ cancel_url: sent.cancel_url, success_url: sent.success_url, return_url: sent.return_url }),
    id: sessionId(mode),
    allow_promotion_codes: sent.allow_promotion_codes ?? null,
    amount_subtotal: mode === 'setup' ? null : subtotal,
    amount_total: mode === 'setup' ? null : total,
    automatic_tax: taxSettings(sent),
    billing_address_collection: sent.billing_address_collection ?? null,
    client_secret: isHosted(sent) ? null : `cs_test_secret_${randomLetters(40)}`,
    created: now,
    currency,
    customer: customer?.id ?? null,
    customer_creation: sent.customer_creation ?? (mode === 'payment' && !customer ? 'if_required' : null),
    customer_details:
      customer || sent.customer_email ? detailsOf(customer?.email ?? sent.customer_email ?? null) : null,
    discounts: shownDiscounts(wish),
    expires_at: expiryOf(sent.expires_at, now),
    metadata: mergeMetadata({}, sent.metadata),
    mode,
    payment_method_collection: mode === 'subscription' ? (sent.payment_method_collection ?? 'always') : null,
    payment_method_types: sent.allowed_payment_method_types ?? sent.payment_method_types ?? ['card'],
    payment_status: mode === 'setup' || total === 0 ? 'no_payment_required' : 'unpaid',
    setup_intent: setup?.id ?? null,
    sim_wish: wish,
    submit_type: sent.submit_type ?? null,
    total_details: mode === 'setup' ? null : { amount_discount: discount, amount_shipping: 0, amount_tax: tax },
    ui_mode: uiModes[sent.ui_mode ?? 'hosted_page'],
  }
}

function taxSettings({ automatic_tax, mode }: SessionCreation): StoredCheckout['automatic_tax'] {
  if (automatic_tax?.enabled !== true) return { enabled: false, liability: null, provider: null, status: null }
  if (mode !== 'subscription') throw invalid('The simulator works out tax for subscriptions only.', 'automatic_tax')
  return { enabled: true, liability: { type: 'self' }, provider: 'stripe', status: 'requires_location_inputs' }
}

const uiModes = {
  hosted_page: 'hosted_page',
  hosted: 'hosted_page',
  embedded_page: 'embedded_page',
  embedded: 'embedded_page',
  elements: 'elements',
  custom: 'elements',
  form: 'form',
} as const

const isHosted = (sent: SessionCreation) => uiModes[sent.ui_mode ?? 'hosted_page'] === 'hosted_page'

function checkAddresses(sent: SessionCreation): void {
  if (isHosted(sent)) need(sent.success_url, 'success_url')
  else if (sent.redirect_on_completion !== 'never') need(sent.return_url, 'return_url')
  if (sent.customer !== undefined && sent.customer_email !== undefined) {
    throw invalid('You may only specify one of these parameters: customer, customer_email.', 'customer_email')
  }
  if (sent.allow_promotion_codes !== undefined && sent.discounts !== undefined) {
    throw invalid('You may only specify one of these parameters: allow_promotion_codes, discounts.', 'discounts')
  }
  if ((sent.discounts?.length ?? 0) > 1) throw invalid('You may only specify one discount.', 'discounts')
}

function sessionId(mode: StoredCheckout['mode']): string {
  return freshId(`cs_test_${mode === 'setup' ? 'c1' : 'a1'}`).replace(/1_1/, '1')
}

function wishOf(
  turn: Turn,
  sent: SessionCreation,
  mode: StoredCheckout['mode'],
  currency: string | null,
): CheckoutWish {
  const lines = sent.line_items ?? []
  if (mode !== 'setup' && lines.length === 0) need(undefined, 'line_items')
  if (mode === 'setup' && lines.length > 0)
    throw invalid('You can not pass `line_items` in `setup` mode.', 'line_items')
  const items = lines.map((line, index) => itemOf(turn, line, `line_items[${index}]`, mode))
  const prices = items.map(({ price }) => turn.store.objects.find('price', price))
  if (mode === 'subscription' && !prices.some((price) => price?.recurring)) {
    throw invalid(
      'You must provide at least one recurring price in `subscription` mode when using prices.',
      'line_items',
    )
  }
  const [discount] = sent.discounts ?? []
  if (discount?.coupon !== undefined && discount.promotion_code !== undefined) {
    throw invalid('You may only specify one of these parameters: coupon, promotion_code.', 'discounts[0]')
  }
  if (discount?.coupon !== undefined) referenced(turn, 'coupon', discount.coupon, 'discounts[0][coupon]')
  if (discount?.promotion_code !== undefined) {
    referenced(turn, 'promotion_code', discount.promotion_code, 'discounts[0][promotion_code]')
  }
  const { default_tax_rates: rates, ...terms } = sent.subscription_data ?? {}
  const defaultTaxRates = namedRates(turn, rates ?? null, 'subscription_data[default_tax_rates]').map(({ id }) => id)
  return {
    items,
    defaultTaxRates,
    currency,
    subscription: terms,
    payment: { ...sent.payment_intent_data },
    setup: { ...sent.setup_intent_data },
    coupon: discount?.coupon ?? null,
    promotionCode: discount?.promotion_code ?? null,
    saveMethod: sent.payment_intent_data?.setup_future_usage !== undefined,
  }
}

export const shownDiscounts = ({ coupon, promotionCode }: CheckoutWish): StoredCheckout['discounts'] =>
  coupon === null && promotionCode === null ? null : [{ coupon, promotion_code: promotionCode }]

function itemOf(turn: Turn, line: SentLine, name: string, mode: string): CheckoutItem {
  const price = priceOf(turn, line, name)
  if (!price.active) throw invalid(`The price specified is inactive.`, `${name}[price]`)
  if (mode === 'payment' && price.recurring) {
    throw invalid(
      'You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use only one-time prices.',
      `${name}[price]`,
    )
  }
  const metered = price.recurring?.usage_type === 'metered'
  if (metered && line.quantity !== undefined) {
    throw invalid('Quantity should not be specified where usage_type is `metered`.', `${name}[quantity]`)
  }
  if (!metered) need(line.quantity, `${name}[quantity]`)
  const adjusts = line.adjustable_quantity?.enabled === true ? line.adjustable_quantity : undefined
  return {
    id: freshId('li'),
    price: price.id,
    quantity: metered ? null : (line.quantity ?? 1),
    taxRates: namedRates(turn, line.tax_rates ?? null, `${name}[tax_rates]`).map(({ id }) => id),
    adjustable: adjusts ? { minimum: adjusts.minimum ?? 0, maximum: adjusts.maximum ?? 99 } : null,
  }
}

function priceOf(turn: Turn, line: SentLine, name: string): Price {
  const { price_data: data } = line
  if (!data) return referenced(turn, 'price', need(line.price, `${name}[price]`), `${name}[price]`)
  const { product_data: product, tax_behavior: _behavior, ...rest } = data
  const named = product && {
    ...sentOnly({ name: product.name, metadata: product.metadata, unit_label: product.unit_label }),
  }
  return createPrice(turn, { ...sentOnly(rest), ...(named ? { product_data: named } : {}) })
}

function currencyOf(turn: Turn, wish: CheckoutWish, sent: string | undefined): string | null {
  const currencies = new Set(linesOf(turn, { sim_wish: wish }).map(({ price }) => price.currency))
  if (currencies.size > 1) throw invalid('All line items must be in the same currency.', 'line_items')
  return [...currencies][0] ?? sent?.toLowerCase() ?? null
}

function expiryOf(sent: number | undefined, now: number): number {
  if (sent === undefined) return now + dayLong
  if (sent < now + halfHour || sent > now + dayLong) {
    throw invalid(
      'The `expires_at` timestamp must be at least 30 minutes and less than 24 hours from Checkout Session creation.',
      'expires_at',
    )
  }
  return sent
}

function setupOf(sent: SessionCreation) {
  const { description, metadata } = sent.setup_intent_data ?? {}
  const given = typeof metadata === 'object' ? Object.entries(metadata) : []
  const texts = given.map(([key, value]) => [key, String(value)] as const)
  return { ...sentOnly({ description }), metadata: Object.fromEntries(texts) }
}

export const detailsOf = (email: string | null, name: string | null = null) => ({
  address: null,
  business_name: null,
  email,
  individual_name: null,
  name,
  phone: null,
  tax_exempt: 'none' as const,
  tax_ids: [],
})

const blankSession = {
  object: 'checkout.session',
  adaptive_pricing: { enabled: false },
  after_expiration: null,
  allowed_payment_method_types: null,
  automatic_tax: { enabled: false, liability: null, provider: null, status: null },
  cancel_url: null,
  client_reference_id: null,
  collected_information: null,
  consent: null,
  consent_collection: null,
  currency_conversion: null,
  custom_fields: [],
  custom_text: { after_submit: null, shipping_address: null, submit: null, terms_of_service_acceptance: null },
  customer_account: null,
  customer_email: null,
  discounts: null,
  integration_identifier: null,
  invoice: null,
  invoice_creation: null,
  livemode: false,
  locale: null,
  managed_payments: null,
  origin_context: null,
  payment_intent: null,
  payment_link: null,
  payment_method_configuration_details: null,
  payment_method_options: {},
  permissions: null,
  phone_number_collection: { enabled: false },
  recovered_from: null,
  saved_payment_method_options: null,
  shipping_address_collection: null,
  shipping_cost: null,
  shipping_options: [],
  status: 'open',
  subscription: null,
  success_url: null,
  url: null,
  wallet_options: null,
} satisfies Partial<StoredCheckout>
