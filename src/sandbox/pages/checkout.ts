import { linesOf, productName, sumsOf } from '../checkout/lines.ts'
import { moneyText } from '../engine/currency.ts'
import type { StoredCheckout } from '../surface-kinds.ts'
import type { Turn } from '../turn.ts'
import type { PaymentMethod, Price } from '../wire.ts'
import { cardFields } from './card-form.ts'
import { type Html, html, page } from './layout.ts'

interface Shown {
  readonly alert?: string | undefined
  readonly email?: string | undefined
}

/** The page a session's address leads to. It works without a script, by keyboard, and in the dark. */
export function checkoutPage(turn: Turn, session: StoredCheckout | undefined, shown: Shown = {}): Response {
  if (!session) return page('Not found', html`<h1>No such checkout session</h1>`, 404)
  if (session.status !== 'open') return donePage(session)
  const title = titles[session.mode]
  const body = html`<h1>${title}</h1>
${alertOf(shown.alert)}
${session.mode === 'setup' ? [] : [orderOf(turn, session)]}
${session.allow_promotion_codes ? [codeForm(session)] : []}
<form method="post">
${emailField(turn, session, shown.email)}
${countryField(turn, session)}
${payFields(session)}
</form>
${cancelLink(session)}
<p><small>From the Stripe simulator. No money moves here.</small></p>`
  return page(title, body, shown.alert === undefined ? 200 : 402)
}

const titles = { payment: 'Pay', setup: 'Save your card', subscription: 'Subscribe' } as const

const alertOf = (alert: string | undefined) =>
  alert === undefined ? [] : [html`<p class="alert" role="alert">${alert}</p>`]

function donePage(session: StoredCheckout): Response {
  const done = session.status === 'complete'
  const heading = done ? 'Thank you. This checkout is complete.' : 'This checkout has expired.'
  const back = done ? session.success_url : session.cancel_url
  const target =
    back && /^https?:/.test(back) ? [html`<p><a href="${withSession(back, session.id)}">Go on</a></p>`] : []
  return page('Checkout', html`<h1>${heading}</h1>${target}`)
}

export const withSession = (address: string, id: string) => address.replaceAll('{CHECKOUT_SESSION_ID}', id)

function orderOf(turn: Turn, session: StoredCheckout): Html {
  const currency = session.currency ?? 'usd'
  const { discount, tax, total } = sumsOf(turn, session)
  const rows = linesOf(turn, session).map(
    ({ item, price, amount }) =>
      html`<tr><td>${productName(turn, price)}<br><small>${termsOf(price, item.quantity)}</small></td><td>${moneyText(amount, currency)}</td></tr>`,
  )
  const less = discount === 0 ? [] : [html`<tr><td>Discount</td><td>−${moneyText(discount, currency)}</td></tr>`]
  const owed = tax === 0 ? [] : [html`<tr><td>Tax</td><td>${moneyText(tax, currency)}</td></tr>`]
  const table = html`${trialOf(turn, session)}<table><thead><tr><th>Item</th><th>Amount</th></tr></thead><tbody>${rows}${less}${owed}</tbody>
<tfoot><tr><th>Due today</th><th>${moneyText(total, currency)}</th></tr></tfoot></table>`
  return html`${table}${quantityForm(turn, session)}`
}

function quantityForm(turn: Turn, session: StoredCheckout): readonly Html[] {
  const fields = linesOf(turn, session).flatMap(({ item, price }) =>
    item.adjustable
      ? [
          html`<label for="${item.id}">Quantity of ${productName(turn, price)}</label><div class="row">
<input id="${item.id}" name="${item.id}" type="number" min="${item.adjustable.minimum}" max="${item.adjustable.maximum}" value="${item.quantity ?? 1}">
<button name="do" value="quantity">Update</button></div>`,
        ]
      : [],
  )
  return fields.length === 0 ? [] : [html`<form method="post">${fields}</form>`]
}

function trialOf(turn: Turn, { sim_wish: { subscription }, customer }: StoredCheckout): readonly Html[] {
  const { trial_period_days: days, trial_end: end } = subscription
  if (days === undefined && end === undefined) return []
  const left = days ?? Math.max(1, Math.round((Number(end) - turn.now(customer)) / 86_400))
  return [
    html`<p class="note">${String(left)} days free. You pay nothing until the trial ends, and can cancel before.</p>`,
  ]
}

export function termsOf(price: Price, quantity: number | null): string {
  const unit = moneyText(price.unit_amount_decimal ?? '0', price.currency)
  if (!price.recurring) return `${quantity ?? 1} × ${unit}`
  const { interval, interval_count: count, usage_type: usage } = price.recurring
  const every = count === 1 ? interval : `${count} ${interval}s`
  return usage === 'metered' ? `by usage, ${unit} each, billed every ${every}` : `${quantity ?? 1} × ${unit} / ${every}`
}

function codeForm({ sim_wish: wish }: StoredCheckout): Html {
  if (wish.promotionCode !== null) {
    return html`<form method="post"><input type="hidden" name="code" value=""><p>A promotion code is applied.
<button name="do" value="code">Remove it</button></p></form>`
  }
  return html`<form method="post"><label for="code">Promotion code</label>
<div class="row"><input id="code" name="code" autocomplete="off"><button name="do" value="code">Apply</button></div></form>`
}

function emailField(turn: Turn, session: StoredCheckout, entered: string | undefined): Html {
  const customer = turn.store.objects.find('customer', session.customer ?? '')
  const known = customer?.email ?? session.customer_email
  if (known) return html`<p>Email: <strong>${known}</strong></p>`
  return html`<label for="email">Email</label>
<input id="email" name="email" type="email" autocomplete="email" placeholder="you@example.com" value="${entered ?? ''}">`
}

function countryField(turn: Turn, session: StoredCheckout): readonly Html[] {
  if (!session.automatic_tax.enabled) return []
  const known = turn.store.objects.find('customer', session.customer ?? '')?.address?.country ?? ''
  return [
    html`<label for="country">Country (two letters; tax is added for it)</label>
<input id="country" name="country" autocomplete="country" maxlength="2" value="${known}">`,
  ]
}

function payFields(session: StoredCheckout): Html {
  const nothing = session.amount_total === 0 && session.payment_method_collection !== 'always'
  if (nothing && session.mode !== 'setup')
    return html`<p><button class="main" name="do" value="free">Confirm</button></p>`
  const amount = session.amount_total ?? 0
  const money = moneyText(amount, session.currency ?? 'usd')
  if (session.mode === 'setup') return cardFields('Save card')
  if (session.mode === 'payment') return cardFields(`Pay ${money}`)
  return cardFields(amount === 0 ? 'Start trial' : `Subscribe for ${money}`)
}

function cancelLink({ cancel_url: address, id }: StoredCheckout): readonly Html[] {
  return address && /^https?:/.test(address)
    ? [html`<p><a href="${withSession(address, id)}">Cancel and go back</a></p>`]
    : []
}

/** What a payment of this session is called where the buyer confirms it. */
export const namedAmount = ({ amount_total: amount, currency }: StoredCheckout) =>
  amount ? moneyText(amount, currency ?? 'usd') : 'saving your card'

/** The bank's question on the way; the card is kept so that the answer can be given by a plain form. */
export function bankPage(what: string, method: PaymentMethod, email: string): Response {
  return page(
    'Card authentication',
    html`<h1>Card authentication</h1>
<p>Your bank asks you to confirm ${what} with the card ending in ${method.card?.last4 ?? ''}. Choose what it will say.</p>
<form method="post">
<input type="hidden" name="do" value="authenticate">
<input type="hidden" name="method" value="${method.id}"><input type="hidden" name="email" value="${email}">
<button class="main" name="outcome" value="succeed">Authorize</button>
<button name="outcome" value="fail">Fail</button>
</form>`,
  )
}
