import { invalid } from '../http/failure.ts'
import { methodOfData } from '../resources/payment-methods.ts'
import type { Turn } from '../turn.ts'
import type { PaymentMethod } from '../wire.ts'
import { type Html, html } from './layout.ts'

const testCards = [
  ['4242424242424242', 'Good card'],
  ['4000002760003184', 'Card that asks for authentication'],
  ['4000000000000002', 'Card that is declined'],
  ['4000000000009995', 'Card without funds'],
  ['4000000000000341', 'Card that fails later'],
] as const

/** The fields of a card, and buttons that fill in one of the test cards and send the form. */
export function cardFields(button: string): Html {
  const buttons = testCards.map(([number, what]) => html`<button name="test_card" value="${number}">${what}</button>`)
  return html`<fieldset><legend>Card</legend>
<label for="number">Card number</label>
<input id="number" name="number" inputmode="numeric" autocomplete="cc-number" placeholder="4242 4242 4242 4242">
<div class="row">
<div><label for="expiry">Expiry MM/YY</label><input id="expiry" name="expiry" autocomplete="cc-exp" placeholder="12 / 34"></div>
<div><label for="cvc">Security code</label><input id="cvc" name="cvc" inputmode="numeric" autocomplete="cc-csc" placeholder="123"></div>
</div>
<p><button class="main" name="do" value="pay">${button}</button></p>
</fieldset>
<fieldset><legend>Or one of the test cards</legend>${buttons}</fieldset>`
}

export interface CardEntry {
  readonly test_card?: unknown
  readonly number?: unknown
  readonly expiry?: unknown
  readonly cvc?: unknown
  readonly email?: unknown
}

const textOf = (value: unknown) => (typeof value === 'string' ? value.trim() : '')

/** The payment method that a sent form describes. */
export function enteredCard(turn: Turn, sent: CardEntry): PaymentMethod {
  const email = textOf(sent.email)
  const test = textOf(sent.test_card)
  const number = test === '' ? textOf(sent.number) : test
  if (number === '') throw invalid('Please enter a card number or choose a test card.', 'number')
  const [month, year] = expiryOf(test === '' ? textOf(sent.expiry) : '')
  return methodOfData(turn, {
    type: 'card',
    card: { number, exp_month: month, exp_year: year, ...(textOf(sent.cvc) === '' ? {} : { cvc: textOf(sent.cvc) }) },
    ...(email === '' ? {} : { billing_details: { email } }),
  })
}

function expiryOf(entered: string): [number, number] {
  if (entered === '') return [12, new Date().getUTCFullYear() + 4]
  const [, month, year] = /^(\d{1,2})\s*\/?\s*(\d{2,4})$/.exec(entered) ?? []
  if (month === undefined || year === undefined) throw invalid('Please enter the expiry as MM / YY.', 'expiry')
  return [Number(month), Number(year)]
}
