import { authenticateIntent, authenticateSetup } from '../engine/confirmation.ts'
import { moneyText } from '../engine/currency.ts'
import { Failure } from '../http/failure.ts'
import { retrieve, type Turn } from '../turn.ts'
import type { PaymentIntent, SetupIntent } from '../wire.ts'
import { html, page } from './layout.ts'

/** The bank's page of a 3-D Secure card: two buttons instead of a bank. */
export function authenticationPage(turn: Turn, id: string): Response {
  const intent = intentCalled(turn, id)
  if (!intent) return page('Not found', html`<h1>Nothing to authenticate</h1>`, 404)
  if (intent.status !== 'requires_action') return donePage(intent)
  const what = intent.object === 'payment_intent' ? moneyText(intent.amount, intent.currency) : 'saving your card'
  return page(
    'Card authentication',
    html`<h1>Card authentication</h1>
<p>Your bank asks you to confirm ${what}. This is the Stripe simulator: choose what the bank will say.</p>
<form method="post">
<button class="main" name="outcome" value="succeed">Authorize</button>
<button name="outcome" value="fail">Fail</button>
</form>`,
  )
}

export function authenticate(turn: Turn, id: string, outcome: unknown): PaymentIntent | SetupIntent {
  if (outcome !== 'succeed' && outcome !== 'fail') {
    throw new Failure(400, {
      type: 'invalid_request_error',
      message: 'outcome must be succeed or fail',
      param: 'outcome',
    })
  }
  const succeeds = outcome === 'succeed'
  if (id.startsWith('seti_')) return authenticateSetup(turn, retrieve(turn, 'setup_intent', id, 'intent'), succeeds)
  return authenticateIntent(turn, retrieve(turn, 'payment_intent', id, 'intent'), succeeds)
}

export function intentCalled(turn: Turn, id: string): PaymentIntent | SetupIntent | undefined {
  const { objects } = turn.store
  return id.startsWith('seti_') ? objects.find('setup_intent', id) : objects.find('payment_intent', id)
}

/** Back to where the buyer came from, with the parameters Stripe adds; without a return_url a page that says so. */
export function afterwards(intent: PaymentIntent | SetupIntent, returnUrl: string | undefined): Response {
  if (returnUrl === undefined || !URL.canParse(returnUrl)) return donePage(intent)
  const url = new URL(returnUrl)
  url.searchParams.set(intent.object, intent.id)
  url.searchParams.set(`${intent.object}_client_secret`, intent.client_secret ?? '')
  url.searchParams.set(
    'redirect_status',
    ['succeeded', 'requires_capture'].includes(intent.status) ? 'succeeded' : 'failed',
  )
  return Response.redirect(url.href, 303)
}

function donePage(intent: PaymentIntent | SetupIntent): Response {
  const text = intent.status === 'succeeded' ? 'The card was authorized.' : 'The card was not authorized.'
  return page('Card authentication', html`<h1>${text}</h1><p>You can close this page.</p>`)
}
