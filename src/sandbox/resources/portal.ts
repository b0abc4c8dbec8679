import { change, create } from '../events/record.ts'
import { clearable, fields, flag, ignored, need, type Parameters, text } from '../http/decode.ts'
import { invalid } from '../http/failure.ts'
import { listing, paging } from '../http/listing.ts'
import { route } from '../http/route.ts'
import { freshId } from '../identifiers.ts'
import { configurationParameters, featuresOf, type SentConfiguration } from '../portal/features.ts'
import { flowOf, flowParameters } from '../portal/flow.ts'
import type { PortalConfiguration, PortalSession } from '../surface-kinds.ts'
import { referenced, retrieve, type Turn } from '../turn.ts'
import { mergeMetadata, sentOnly } from './patches.ts'

const configurations = '/v1/billing_portal/configurations'
const session = {
  configuration: text,
  customer: text,
  flow_data: flowParameters,
  locale: ignored,
  on_behalf_of: text,
  return_url: text,
}

export const portalRoutes = [
  route('POST', configurations, fields(configurationParameters), createConfiguration),
  route('GET', configurations, fields({ ...paging, active: flag, is_default: flag }), (turn, sent) =>
    listing(turn, 'billing_portal.configuration', configurations, sent, {
      accept: (found) =>
        (sent.active === undefined || found.active === sent.active) &&
        (sent.is_default === undefined || found.is_default === sent.is_default),
    }),
  ),
  route('GET', `${configurations}/:id`, fields({}), (turn, _sent, id) =>
    retrieve(turn, 'billing_portal.configuration', id),
  ),
  route(
    'POST',
    `${configurations}/:id`,
    fields({ ...configurationParameters, active: flag, default_return_url: clearable(text) }),
    updateConfiguration,
  ),
  route('POST', '/v1/billing_portal/sessions', fields(session), createSession),
]

function createConfiguration(turn: Turn, sent: SentConfiguration): PortalConfiguration {
  need(sent.features, 'features')
  return addConfiguration(turn, sent, false)
}

function addConfiguration(turn: Turn, sent: SentConfiguration, isDefault: boolean): PortalConfiguration {
  const now = turn.now()
  const { headline, privacy_policy_url, terms_of_service_url } = sent.business_profile ?? {}
  const made: PortalConfiguration = {
    id: freshId('bpc'),
    object: 'billing_portal.configuration',
    active: true,
    application: null,
    business_profile: {
      headline: headline ?? null,
      privacy_policy_url: privacy_policy_url ?? null,
      terms_of_service_url: terms_of_service_url ?? null,
    },
    created: now,
    default_return_url: sent.default_return_url ?? null,
    features: featuresOf(turn, sent.features),
    is_default: isDefault,
    livemode: false,
    login_page: { enabled: false, url: null },
    metadata: mergeMetadata({}, sent.metadata),
    name: sent.name ?? null,
    updated: now,
  }
  if (isDefault) {
    turn.store.objects.save('billing_portal.configuration', made)
    return made
  }
  return create(turn, 'billing_portal.configuration', made, 'billing_portal.configuration.created')
}

function updateConfiguration(
  turn: Turn,
  sent: SentConfiguration & { readonly active?: boolean | undefined },
  id: string,
): PortalConfiguration {
  const before = retrieve(turn, 'billing_portal.configuration', id)
  const patch: Partial<PortalConfiguration> = {
    ...sentOnly({ active: sent.active, default_return_url: sent.default_return_url, name: sent.name }),
    business_profile: { ...before.business_profile, ...sentOnly(sent.business_profile ?? {}) },
    features: featuresOf(turn, sent.features, before.features),
    metadata: mergeMetadata(before.metadata, sent.metadata),
  }
  const after = { ...before, ...patch }
  if (Bun.deepEquals(before, after, true)) return before
  const changed = { ...patch, updated: turn.now() }
  return change(turn, 'billing_portal.configuration', before, changed, 'billing_portal.configuration.updated')
}

/** The account's own configuration, with everything a customer may reasonably do; made when first needed. */
function defaultConfiguration(turn: Turn): PortalConfiguration {
  const [found] = turn.store.objects.first('billing_portal.configuration', {}, 1, ({ is_default }) => is_default)
  const features = {
    customer_update: { enabled: true, allowed_updates: ['email' as const, 'name' as const] },
    invoice_history: { enabled: true },
    payment_method_update: { enabled: true },
    subscription_cancel: { enabled: true },
  }
  return found ?? addConfiguration(turn, { features }, true)
}

function createSession(turn: Turn, sent: Parameters<typeof session>): PortalSession {
  const customer = referenced(turn, 'customer', need(sent.customer, 'customer'), 'customer')
  const configuration =
    sent.configuration === undefined
      ? defaultConfiguration(turn)
      : referenced(turn, 'billing_portal.configuration', sent.configuration, 'configuration')
  if (!configuration.active) throw invalid('This configuration is not active.', 'configuration')
  const made: PortalSession = {
    id: freshId('bps'),
    object: 'billing_portal.session',
    configuration: configuration.id,
    created: turn.now(customer.id),
    customer: customer.id,
    customer_account: null,
    flow: sent.flow_data ? flowOf(turn, customer.id, configuration, sent.flow_data) : null,
    livemode: false,
    locale: null,
    on_behalf_of: null,
    return_url: sent.return_url ?? configuration.default_return_url,
    url: '',
  }
  return create(turn, 'billing_portal.session', made, 'billing_portal.session.created')
}
