import { draftSession } from '../checkout/draft.ts'
import { lineItemsOf } from '../checkout/lines.ts'
import { purchase } from '../checkout/parameters.ts'
import { change, create } from '../events/record.ts'
import { clearable, fields, flag, ignored, metadata, need, oneOf, type Parameters, text } from '../http/decode.ts'
import { listing, paging } from '../http/listing.ts'
import { route } from '../http/route.ts'
import { freshId } from '../identifiers.ts'
import type { StoredCheckout, StoredPaymentLink } from '../surface-kinds.ts'
import { retrieve, type Turn } from '../turn.ts'
import { createSession } from './checkout-sessions.ts'
import { mergeMetadata, sentOnly } from './patches.ts'

const path = '/v1/payment_links'
const { line_items, payment_method_types, ...rest } = purchase
const afterCompletion = fields({
  hosted_confirmation: fields({ custom_message: text }),
  redirect: fields({ url: text }),
  type: oneOf('hosted_confirmation', 'redirect'),
})
const creation = {
  ...rest,
  line_items,
  payment_method_types,
  after_completion: afterCompletion,
  inactive_message: clearable(text),
  optional_items: ignored,
  restrictions: ignored,
  shipping_address_collection: ignored,
}
const updating = {
  active: flag,
  after_completion: ignored,
  allow_promotion_codes: flag,
  custom_text: ignored,
  inactive_message: clearable(text),
  metadata,
  restrictions: ignored,
}
type Creation = Parameters<typeof creation>

export const paymentLinkRoutes = [
  route('POST', path, fields(creation), createLink),
  route('GET', path, fields({ ...paging, active: flag }), (turn, sent) =>
    listing(turn, 'payment_link', path, sent, {
      accept: (link) => sent.active === undefined || link.active === sent.active,
    }),
  ),
  route('GET', `${path}/:id`, fields({}), (turn, _sent, id) => retrieve(turn, 'payment_link', id)),
  route('POST', `${path}/:id`, fields(updating), updateLink),
  route('GET', `${path}/:id/line_items`, fields(paging), (turn, _sent, id) => {
    const link = retrieve(turn, 'payment_link', id)
    return { ...lineItemsOf(turn, link.sim_session), url: `${path}/${id}/line_items` }
  }),
]

function createLink(turn: Turn, sent: Creation): StoredPaymentLink {
  const parameters = sessionParameters(turn, sent)
  const draft = draftSession(turn, parameters)
  const link: StoredPaymentLink = {
    ...blankLink,
    id: freshId('plink'),
    after_completion: shownCompletion(sent),
    allow_promotion_codes: sent.allow_promotion_codes ?? false,
    billing_address_collection: sent.billing_address_collection ?? 'auto',
    created: turn.now(),
    currency: draft.currency ?? 'usd',
    customer_creation: sent.customer_creation ?? 'if_required',
    inactive_message: sent.inactive_message ?? null,
    metadata: mergeMetadata({}, sent.metadata),
    payment_method_collection: sent.payment_method_collection ?? 'always',
    sim_parameters: parameters,
    sim_session: draft,
    submit_type: sent.submit_type ?? 'auto',
  }
  return create(turn, 'payment_link', link, 'payment_link.created')
}

function shownCompletion({ after_completion: after }: Creation): StoredPaymentLink['after_completion'] {
  const url = after?.redirect?.url
  if (url !== undefined) return { redirect: { url }, type: 'redirect' }
  return {
    hosted_confirmation: { custom_message: after?.hosted_confirmation?.custom_message ?? null },
    type: 'hosted_confirmation',
  }
}

function sessionParameters(turn: Turn, sent: Creation) {
  const { after_completion: after, inactive_message: _message, ...given } = sent
  const {
    optional_items: _optional,
    restrictions: _restrictions,
    shipping_address_collection: _shipping,
    ...parameters
  } = given
  const lines = need(sent.line_items, 'line_items')
  const recurring = lines.some(
    (line) => line.price_data?.recurring || turn.store.objects.find('price', line.price ?? '')?.recurring,
  )
  const mode = recurring ? ('subscription' as const) : ('payment' as const)
  return { ...sentOnly(parameters), mode, success_url: after?.redirect?.url ?? `${turn.baseUrl}/c/thanks` }
}

function updateLink(turn: Turn, sent: Parameters<typeof updating>, id: string): StoredPaymentLink {
  const before = retrieve(turn, 'payment_link', id)
  const { active, allow_promotion_codes, inactive_message } = sent
  const patch: Partial<StoredPaymentLink> = {
    ...sentOnly({ active, allow_promotion_codes, inactive_message }),
    metadata: mergeMetadata(before.metadata, sent.metadata),
  }
  return change(turn, 'payment_link', before, patch, 'payment_link.updated')
}

/** Whoever opens a link gets a checkout session of his own. */
export function openLink(turn: Turn, link: StoredPaymentLink): StoredCheckout {
  const codes = { allow_promotion_codes: link.allow_promotion_codes, metadata: link.metadata }
  return createSession(turn, { ...link.sim_parameters, ...codes }, { payment_link: link.id })
}

const blankLink = {
  object: 'payment_link',
  active: true,
  application: null,
  application_fee_amount: null,
  application_fee_percent: null,
  automatic_tax: { enabled: false, liability: null },
  consent_collection: null,
  custom_fields: [],
  custom_text: { after_submit: null, shipping_address: null, submit: null, terms_of_service_acceptance: null },
  invoice_creation: null,
  livemode: false,
  managed_payments: null,
  on_behalf_of: null,
  payment_intent_data: null,
  payment_method_options: null,
  payment_method_types: null,
  phone_number_collection: { enabled: false },
  restrictions: null,
  shipping_address_collection: null,
  shipping_options: [],
  subscription_data: null,
  tax_id_collection: { enabled: false, required: 'never' },
  transfer_data: null,
  url: '',
} satisfies Partial<StoredPaymentLink>
