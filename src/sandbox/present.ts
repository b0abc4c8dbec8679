import type { PortalSession, StoredAlert, StoredCheckout, StoredFeature, StoredPaymentLink } from './surface-kinds.ts'
import type { Turn } from './turn.ts'
import type { Invoice, StoredEvent, Subscription } from './wire.ts'

/** An object as the API shows it: with what is true only at the moment of looking filled in. */
export function present(turn: Turn, object: object): object {
  const shown = object as Shown
  switch (shown.object) {
    case 'invoice':
      return 'status' in shown ? withFirstLines(withLinks(turn, shown)) : shown
    case 'subscription':
      return 'items' in shown ? withCurrentPrices(turn, shown) : shown
    case 'checkout.session':
      return presentSession(turn, shown)
    case 'payment_link':
      return presentLink(turn, shown)
    case 'billing_portal.session':
      return { ...shown, url: `${turn.baseUrl}/p/session/${shown.id}` }
    case 'entitlements.feature':
      return presentFeature(shown)
    case 'billing.alert':
      return presentAlert(shown)
    case 'event':
      return withPending(turn, shown)
    default:
      return object
  }
}

type Shown =
  | StoredAlert
  | Invoice
  | Subscription
  | StoredEvent
  | StoredCheckout
  | StoredPaymentLink
  | StoredFeature
  | PortalSession

function presentSession(turn: Turn, { sim_wish: _wish, ...session }: StoredCheckout): object {
  const open = session.status === 'open' && session.ui_mode === 'hosted_page'
  return { ...session, url: open ? `${turn.baseUrl}/c/pay/${session.id}` : null }
}

function presentLink(
  turn: Turn,
  { created: _created, sim_parameters: _parameters, sim_session: _session, ...link }: StoredPaymentLink,
): object {
  return { ...link, url: `${turn.baseUrl}/b/${link.id}` }
}

const presentFeature = ({ created: _created, ...feature }: StoredFeature): object => feature

const presentAlert = ({ created: _created, ...alert }: StoredAlert): object => alert

// The simulator may listen on another port after a restart, so links are made when shown.
function withLinks(turn: Turn, invoice: Invoice): Invoice {
  if (invoice.status === 'draft') return invoice
  const page = `${turn.baseUrl}/invoices/${invoice.id}`
  return { ...invoice, hosted_invoice_url: page, invoice_pdf: `${page}/pdf` }
}

/** How many lines an invoice shows with it; the others are on the pages of their list. */
export const LINES_SHOWN = 10

function withFirstLines(invoice: Invoice): Invoice {
  const { data } = invoice.lines
  if (data.length <= LINES_SHOWN) return invoice
  return { ...invoice, lines: { ...invoice.lines, data: data.slice(0, LINES_SHOWN), has_more: true } }
}

// An item embeds its price; the price's lookup key, nickname or metadata may have changed since.
function withCurrentPrices(turn: Turn, subscription: Subscription): Subscription {
  const data = subscription.items.data.map((item) => ({
    ...item,
    price: turn.store.objects.find('price', item.price.id) ?? item.price,
  }))
  return { ...subscription, items: { ...subscription.items, data } }
}

function withPending(turn: Turn, event: StoredEvent): StoredEvent {
  return { ...event, pending_webhooks: turn.store.deliveries.pendingFor(event.id) }
}
