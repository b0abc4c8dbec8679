import { fields, ignored, integer, list, need, oneOf, type Parameters, text } from '../http/decode.ts'
import { invalid } from '../http/failure.ts'
import type { PortalConfiguration, PortalSession } from '../surface-kinds.ts'
import { referenced, type Turn } from '../turn.ts'
import { isUpdatable } from './account.ts'

const spec = {
  after_completion: fields({
    hosted_confirmation: fields({ custom_message: text }),
    redirect: fields({ return_url: text }),
    type: oneOf('hosted_confirmation', 'portal_homepage', 'redirect'),
  }),
  subscription_cancel: fields({ retention: ignored, subscription: text }),
  subscription_pause: fields({ subscription: text }),
  subscription_update: fields({ subscription: text }),
  subscription_update_confirm: fields({
    discounts: list(fields({ coupon: text, promotion_code: text })),
    items: list(fields({ id: text, price: text, quantity: integer })),
    subscription: text,
  }),
  type: oneOf(
    'customer_update',
    'payment_method_update',
    'subscription_cancel',
    'subscription_update',
    'subscription_update_confirm',
  ),
}
export const flowParameters = fields(spec)
type Sent = Parameters<typeof spec>
type Flow = NonNullable<PortalSession['flow']>

/** A deep link to one task of the portal, if the configuration allows it. */
export function flowOf(turn: Turn, customer: string, configuration: PortalConfiguration, sent: Sent): Flow {
  const type = need(sent.type, 'flow_data[type]')
  const feature = type === 'subscription_update_confirm' ? 'subscription_update' : type
  if (!configuration.features[feature].enabled) {
    throw invalid(
      `You can't create a portal session for this flow because the feature ${feature} is disabled in the portal configuration.`,
      'flow_data[type]',
    )
  }
  const { after_completion: after } = sent
  const [item] = sent.subscription_update_confirm?.items ?? []
  return {
    after_completion: {
      hosted_confirmation: after?.hosted_confirmation
        ? { custom_message: after.hosted_confirmation.custom_message ?? null }
        : null,
      redirect: after?.redirect ? { return_url: need(after.redirect.return_url, 'flow_data[after_completion]') } : null,
      type: after?.type ?? 'portal_homepage',
    },
    customer_update: null,
    subscription_cancel:
      type === 'subscription_cancel'
        ? { retention: null, ...named(turn, customer, sent, 'subscription_cancel') }
        : null,
    subscription_pause: null,
    subscription_update: type === 'subscription_update' ? named(turn, customer, sent, 'subscription_update') : null,
    subscription_update_confirm:
      type === 'subscription_update_confirm'
        ? {
            discounts: null,
            items: item ? [itemOf(turn, item)] : [],
            ...named(turn, customer, sent, 'subscription_update_confirm'),
          }
        : null,
    type,
  }
}

function itemOf(
  turn: Turn,
  sent: {
    readonly id?: string | undefined
    readonly price?: string | undefined
    readonly quantity?: number | undefined
  },
) {
  const where = 'flow_data[subscription_update_confirm][items][0]'
  const price = sent.price === undefined ? undefined : referenced(turn, 'price', sent.price, `${where}[price]`).id
  return {
    id: need(sent.id, `${where}[id]`),
    price: price ?? null,
    ...(sent.quantity === undefined ? {} : { quantity: sent.quantity }),
  }
}

type About = 'subscription_cancel' | 'subscription_update' | 'subscription_update_confirm'

function named(turn: Turn, customer: string, sent: Sent, about: About): { subscription: string } {
  const where = `flow_data[${about}][subscription]`
  const subscription = referenced(turn, 'subscription', need(sent[about]?.subscription, where), where)
  if (subscription.customer !== customer) {
    throw invalid('The subscription does not belong to the customer of the session.', where)
  }
  if (about !== 'subscription_cancel' && !isUpdatable(subscription)) {
    throw invalid(
      'This subscription cannot be updated in the portal, because it has several items or is billed by use.',
      where,
    )
  }
  return { subscription: subscription.id }
}
