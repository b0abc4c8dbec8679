import { byCountry, byNumber, byToken, type Decline, declined, good, type TestCard } from './test-cards.ts'

const ownCodes = ['expired_card', 'incorrect_cvc', 'processing_error', 'authentication_required'] as const

/** The decline a code stands for, in the words of the test card that has it where there is one. */
export function declineCalled(code: string): Decline {
  const known = Object.values(byNumber).find(({ decline }) => decline?.declineCode === code)?.decline
  const own = ownCodes.find((candidate) => candidate === code)
  return known ?? (own ? { code: own, declineCode: code, message: 'Your card was declined.' } : declined(code))
}

/** The card number behind pm_card_… or tok_…, written with or without `visa_`; undefined when it is no test token. */
export function numberOfToken(token: string): string | undefined {
  const prefix = ['pm_card_', 'tok_'].find((candidate) => token.startsWith(candidate))
  if (prefix === undefined) return undefined
  const name = token.slice(prefix.length)
  const bare = name.replace(/^visa_/, '')
  return byToken[name] ?? byToken[bare]
}

/** How a number behaves; undefined when it is no card number at all. */
export function cardOfNumber(number: string): TestCard | undefined {
  const known = byNumber[number]
  if (known) return known
  if (!passesLuhn(number)) return undefined
  const country =
    Object.entries(byCountry)
      .find(([, own]) => own === number)?.[0]
      .toUpperCase() ?? good.country
  return { ...good, country, brand: brandOf(number) }
}

// By what its number begins with, as the networks share them out.
function brandOf(number: string): string {
  if (/^3[47]/.test(number)) return 'amex'
  if (/^(5[1-5]|2(2[2-9]|[3-6]|7[01]|720))/.test(number)) return 'mastercard'
  if (/^(6011|65|64[4-9])/.test(number)) return 'discover'
  if (/^3(0|6|8)/.test(number)) return 'diners'
  if (/^35/.test(number)) return 'jcb'
  return /^62/.test(number) ? 'unionpay' : 'visa'
}

function passesLuhn(number: string): boolean {
  if (!/^\d{12,19}$/.test(number)) return false
  const digits = [...number].reverse().map(Number)
  const sum = digits.reduce((total, digit, index) => total + (index % 2 === 0 ? digit : doubled(digit)), 0)
  return sum % 10 === 0
}
const doubled = (digit: number) => (digit > 4 ? digit * 2 - 9 : digit * 2)
