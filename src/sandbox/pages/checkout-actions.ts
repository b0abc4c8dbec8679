import { adjust, applyCode } from '../checkout/choices.ts'
import { asksForBuyer, paySession } from '../checkout/pay.ts'
import { asFailure } from '../http/answer.ts'
import { Failure } from '../http/failure.ts'
import { type FormFields, parseForm } from '../http/form.ts'
import { openLink } from '../resources/payment-links.ts'
import type { StoredCheckout } from '../surface-kinds.ts'
import { retrieve, type Turn } from '../turn.ts'
import { enteredCard } from './card-form.ts'
import { bankPage, checkoutPage, namedAmount, withSession } from './checkout.ts'
import { html, page } from './layout.ts'

export interface PagePorts {
  readonly turn: () => Turn
  readonly change: <T>(work: (turn: Turn) => T) => Promise<T>
}

/** What a buyer did on the page: typed a code, paid, or came back from the bank. */
export async function actOnCheckout(ports: PagePorts, id: string, body: string): Promise<Response> {
  const sent = parseForm(body)
  try {
    return await ports.change((turn) => act(turn, retrieve(turn, 'checkout.session', id, 'session'), sent))
  } catch (reason) {
    const session = ports.turn().store.objects.find('checkout.session', id)
    return checkoutPage(ports.turn(), session, { alert: asFailure(reason).message, email: textOf(sent.email) })
  }
}

const textOf = (value: FormFields[string] | undefined) => (typeof value === 'string' ? value.trim() : '')

function act(turn: Turn, session: StoredCheckout, sent: FormFields): Response {
  try {
    return perform(turn, session, sent)
  } catch (reason) {
    // What a declined attempt did stays, as after a declined call.
    if (!(reason instanceof Failure) || !reason.keepsEffects) throw reason
    return checkoutPage(turn, session, { alert: reason.message, email: textOf(sent.email) })
  }
}

function perform(turn: Turn, session: StoredCheckout, sent: FormFields): Response {
  const email = textOf(sent.email) || null
  const country = textOf(sent.country) || undefined
  switch (sent.do) {
    case 'code':
      return checkoutPage(turn, applyCode(turn, session, textOf(sent.code)))
    case 'quantity':
      return checkoutPage(
        turn,
        adjust(turn, session, (item) => textOf(sent[item])),
      )
    case 'free':
      return leave(paySession(turn, session, { email, country, method: null, authenticated: false }))
    case 'authenticate':
      return fromBank(turn, session, sent, email)
    default:
      return pay(turn, session, sent, email)
  }
}

function pay(turn: Turn, session: StoredCheckout, sent: FormFields, email: string | null): Response {
  const method = enteredCard(turn, sent)
  if (session.status === 'open' && asksForBuyer(turn, method))
    return bankPage(namedAmount(session), method, email ?? '')
  return leave(
    paySession(turn, session, {
      email,
      country: textOf(sent.country) || undefined,
      method: method.id,
      authenticated: false,
    }),
  )
}

function fromBank(turn: Turn, session: StoredCheckout, sent: FormFields, email: string | null): Response {
  if (sent.outcome !== 'succeed') {
    throw new Failure(402, {
      type: 'card_error',
      code: 'authentication_required',
      message: 'We are unable to authenticate your payment method. Please choose a different one and try again.',
    })
  }
  return leave(paySession(turn, session, { email, method: textOf(sent.method), authenticated: true }))
}

function leave(session: StoredCheckout): Response {
  const address = withSession(session.success_url ?? session.return_url ?? '', session.id)
  return URL.canParse(address) && /^https?:/.test(address) ? Response.redirect(address, 303) : thanksPage()
}

export const thanksPage = () => page('Thank you', html`<h1>Thank you</h1><p>You can close this page.</p>`)

/** A payment link opens a session of the visitor's own. */
export async function followLink(ports: PagePorts, id: string): Promise<Response> {
  const link = ports.turn().store.objects.find('payment_link', id)
  if (!link) return page('Not found', html`<h1>No such payment link</h1>`, 404)
  if (!link.active)
    return page('Closed', html`<h1>${link.inactive_message ?? 'This link is no longer active.'}</h1>`, 410)
  const session = await ports.change((turn) => openLink(turn, link))
  return Response.redirect(`${ports.turn().baseUrl}/c/pay/${session.id}`, 303)
}
