import { productName } from '../checkout/lines.ts'
import { moneyText } from '../engine/currency.ts'
import { choices, isEnding, type PortalAccount, portalAccount } from '../portal/account.ts'
import type { Turn } from '../turn.ts'
import type { Invoice, Subscription } from '../wire.ts'
import { cardFields } from './card-form.ts'
import { termsOf } from './checkout.ts'
import { type Html, html, page } from './layout.ts'

interface Shown {
  readonly view?: string | null | undefined
  readonly subscription?: string | null | undefined
  readonly alert?: string | undefined
  readonly note?: string | undefined
}

/** The customers' portal: what it offers is what its configuration allows. */
export function portalPage(turn: Turn, id: string, shown: Shown = {}): Response {
  const account = portalAccount(turn, id)
  if (!account) return page('Not found', html`<h1>No such portal session</h1>`, 404)
  const { flow } = account.session
  const view = shown.view ?? flow?.type ?? 'home'
  const about =
    shown.subscription ??
    flow?.subscription_cancel?.subscription ??
    flow?.subscription_update?.subscription ??
    flow?.subscription_update_confirm?.subscription
  const subscription = account.subscriptions.find((found) => found.id === about) ?? account.subscriptions[0]
  const alert = shown.alert === undefined ? [] : [html`<p class="alert" role="alert">${shown.alert}</p>`]
  const note = shown.note === undefined ? [] : [html`<p class="note" role="status">${shown.note}</p>`]
  const body = html`${alert}${note}${contentOf(turn, account, view, subscription)}${view === 'home' || flow ? [] : [homeLink]}${backLink(account)}`
  return page('Billing', body, shown.alert === undefined ? 200 : 402)
}

function contentOf(turn: Turn, account: PortalAccount, view: string, subscription: Subscription | undefined): Html {
  const { features } = account
  if (view === 'payment_method_update' && features.payment_method_update.enabled) return cardView()
  if (view === 'customer_update' && features.customer_update.enabled) return customerView(account)
  if (view === 'subscription_cancel' && features.subscription_cancel.enabled && subscription) {
    return cancelView(turn, account, subscription)
  }
  if (view.startsWith('subscription_update') && features.subscription_update.enabled && subscription) {
    return changeView(turn, account, subscription)
  }
  return homeView(turn, account)
}

function homeView(turn: Turn, account: PortalAccount): Html {
  const { customer, features, headline } = account
  const plans = account.subscriptions.map((subscription) => planCard(turn, account, subscription))
  const history = features.invoice_history.enabled ? [invoicesOf(turn, account.invoices)] : []
  const change = features.customer_update.enabled ? [html`<a href="?view=customer_update">Change</a>`] : []
  return html`<h1>${headline ?? 'Your billing'}</h1>
<h2>Plan</h2>${plans.length > 0 ? plans : html`<p>You have no subscription.</p>`}
<h2>Payment method</h2><p>${cardText(account)} ${features.payment_method_update.enabled ? html`<a href="?view=payment_method_update">Change</a>` : ''}</p>
<h2>Your details</h2><p>${customer.name ?? ''} ${customer.email ?? ''} ${change}</p>
${history}`
}

const cardText = ({ card }: PortalAccount) =>
  card?.card
    ? `${nameOfBrand(card.card.brand)} ending in ${card.card.last4}, ${card.card.exp_month}/${card.card.exp_year}`
    : 'None'

const nameOfBrand = (brand: string) => brand.charAt(0).toUpperCase() + brand.slice(1)

function planCard(turn: Turn, account: PortalAccount, subscription: Subscription): Html {
  const rows = subscription.items.data.map(
    ({ price, quantity }) => html`<strong>${productName(turn, price)}</strong> ${termsOf(price, quantity ?? null)}<br>`,
  )
  const end = endOfPeriod(subscription)
  const until = isEnding(subscription)
    ? `ends on ${dateText(subscription.cancel_at ?? end)}`
    : `renews on ${dateText(end)}`
  return html`<div class="card">${rows}<small>${subscription.status}, ${until}</small><div>${actions(turn, account, subscription)}</div></div>`
}

/** Use may be billed by the month within a paid year: renewed is what has a price of its own. */
function endOfPeriod({ items: { data } }: Subscription): number {
  const licensed = data.filter(({ price }) => price.recurring?.usage_type === 'licensed')
  return Math.min(...(licensed.length > 0 ? licensed : data).map((item) => item.current_period_end))
}

function actions(turn: Turn, account: PortalAccount, subscription: Subscription): readonly Html[] {
  const { features } = account
  const changes = choices(turn, account, subscription).length > 0 && !isEnding(subscription)
  const link = (view: string, text: string) =>
    html`<a href="?view=${view}&amp;subscription=${subscription.id}">${text}</a> `
  if (isEnding(subscription)) {
    if (!features.subscription_cancel.enabled) return []
    return [
      html`<form method="post"><input type="hidden" name="subscription" value="${subscription.id}">
<button class="main" name="do" value="resume">Don't cancel</button></form>`,
    ]
  }
  return [
    ...(changes ? [link('subscription_update', 'Change plan')] : []),
    ...(features.subscription_cancel.enabled ? [link('subscription_cancel', 'Cancel')] : []),
  ]
}

function invoicesOf(turn: Turn, invoices: readonly Invoice[]): Html {
  const rows = invoices.map(
    (invoice) => html`<tr><td><a href="${turn.baseUrl}/invoices/${invoice.id}">${invoice.number ?? invoice.id}</a></td>
<td>${dateText(invoice.created)}</td><td>${invoice.status ?? ''}</td><td>${moneyText(invoice.total, invoice.currency)}</td></tr>`,
  )
  return html`<h2>Invoices</h2><table><thead><tr><th>Number</th><th>Date</th><th>Status</th><th>Total</th></tr></thead><tbody>${rows}</tbody></table>`
}

const cardView = () => html`<h1>Change your card</h1><form method="post">
<input type="hidden" name="view" value="payment_method_update">${cardFields('Save card')}</form>`

function customerView(account: PortalAccount): Html {
  const { customer, features } = account
  const allowed = features.customer_update.allowed_updates
  const field = (name: 'email' | 'name' | 'phone', label: string) =>
    allowed.includes(name)
      ? [html`<label for="${name}">${label}</label><input id="${name}" name="${name}" value="${customer[name] ?? ''}">`]
      : []
  return html`<h1>Your details</h1><form method="post"><input type="hidden" name="view" value="customer_update">
${field('name', 'Name')}${field('email', 'Email')}${field('phone', 'Phone')}${addressFields(account)}
<p><button class="main" name="do" value="details">Save</button></p></form>`
}

const addressParts = [
  ['line1', 'Address'],
  ['line2', 'Address, second line'],
  ['postal_code', 'Postal code'],
  ['city', 'City'],
  ['state', 'State'],
  ['country', 'Country (two letters)'],
] as const

function addressFields({ customer, features }: PortalAccount): readonly Html[] {
  if (!features.customer_update.allowed_updates.includes('address')) return []
  return addressParts.map(
    ([part, label]) => html`<label for="${part}">${label}</label>
<input id="${part}" name="address[${part}]" value="${customer.address?.[part] ?? ''}">`,
  )
}

function cancelView(turn: Turn, { features }: PortalAccount, subscription: Subscription): Html {
  const { cancellation_reason: reason, mode } = features.subscription_cancel
  const end = Math.max(...subscription.items.data.map((item) => item.current_period_end))
  const what = mode === 'immediately' ? 'It ends at once.' : `You can use it until ${dateText(end)}.`
  const options = reason.options.map(
    (option) => html`<option value="${option}">${option.replaceAll('_', ' ')}</option>`,
  )
  const ask = reason.enabled
    ? [
        html`<label for="feedback">Why do you cancel?</label><select id="feedback" name="feedback"><option value="">No answer</option>${options}</select>`,
      ]
    : []
  const [item] = subscription.items.data
  return html`<h1>Cancel ${item ? productName(turn, item.price) : 'your subscription'}</h1><p>${what}</p>
<form method="post"><input type="hidden" name="view" value="subscription_cancel">
<input type="hidden" name="subscription" value="${subscription.id}">${ask}
<p><button class="main" name="do" value="cancel">Cancel subscription</button></p></form>`
}

function changeView(turn: Turn, account: PortalAccount, subscription: Subscription): Html {
  const wanted = account.session.flow?.subscription_update_confirm?.items[0]
  const offered = choices(turn, account, subscription).filter(({ id }) => !wanted?.price || wanted.price === id)
  const rows = offered.map(
    (
      price,
    ) => html`<div class="card"><strong>${productName(turn, price)}</strong> ${termsOf(price, wanted?.quantity ?? 1)}<br>
<button class="main" name="price" value="${price.id}">Choose</button></div>`,
  )
  return html`<h1>Change your plan</h1><form method="post"><input type="hidden" name="do" value="change">
<input type="hidden" name="view" value="subscription_update">
<input type="hidden" name="subscription" value="${subscription.id}">${rows}</form>`
}

const homeLink = html`<p><a href="?">Back to your billing</a></p>`

function backLink({ session: { return_url: back } }: PortalAccount): readonly Html[] {
  return back && /^https?:/.test(back) ? [html`<p><a href="${back}">Go back</a></p>`] : []
}

const dateText = (at: number) => new Date(at * 1000).toISOString().slice(0, 10)
