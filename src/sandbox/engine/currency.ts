import { invalid } from '../http/failure.ts'

const zeroDecimal = new Set('bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' '))
const threeDecimal = new Set('bhd jod kwd omr tnd'.split(' '))
// They have no minor unit any more, and Stripe still writes them with two digits, which must be 00.
const wholeOnly = new Set(['isk', 'ugx'])
const symbols: Readonly<Record<string, string>> = { usd: '$', eur: '€', gbp: '£', jpy: '¥' }

// Stripe's minimum charge in minor units (docs.stripe.com/currencies); a currency not listed has none here.
const minimums: Readonly<Record<string, number>> = {
  aed: 200,
  aud: 50,
  bgn: 100,
  brl: 50,
  cad: 50,
  chf: 50,
  czk: 1500,
  dkk: 250,
  eur: 50,
  gbp: 30,
  hkd: 400,
  huf: 17_500,
  inr: 50,
  jpy: 50,
  mxn: 1000,
  myr: 200,
  nok: 300,
  nzd: 50,
  pln: 200,
  ron: 200,
  sek: 300,
  sgd: 50,
  thb: 1000,
  usd: 50,
}

// docs.stripe.com/currencies
const supported = (
  'usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bif bmd bnd bob brl bsd bwp byn bzd cad cdf chf clp cny ' +
  'cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl htg huf idr ils inr isk jmd ' +
  'jpy kes kgs khr kmf krw kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio ' +
  'nok npr nzd pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp sle sos srd std szl thb tjs top ' +
  'try ttd twd tzs uah ugx uyu uzs vnd vuv wst xaf xcd xof xpf yer zar zmw bhd jod kwd omr tnd'
).split(' ')

const greatest = 99_999_999
// Currencies of small units, in which Stripe takes up to twelve digits.
const longAmounts = new Set('cop huf idr inr jpy krw lbp vnd'.split(' '))
const greatestLong = 999_999_999_999

// Those that Stripe charges in, in the order in which it lists them.
const currencies =
  'usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd cad cdf chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl htg huf idr ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp sle sos srd std szl thb tjs tnd top try ttd twd tzs uah ugx uyu uzs vnd vuv wst xaf xcd xof xpf yer zar zmw'.split(
    ' ',
  )

/** A currency in lower case, refused when Stripe has it not. */
export function requireCurrency(sent: string, param = 'currency'): string {
  const currency = sent.toLowerCase()
  if (currencies.includes(currency)) return currency
  throw invalid(
    `Invalid currency: ${currency}. Stripe currently supports these currencies: ${currencies.join(', ')}`,
    param,
  )
}

/** How many digits of an amount are behind the point. */
const decimalsOf = (currency: string) => (zeroDecimal.has(currency) ? 0 : threeDecimal.has(currency) ? 3 : 2)

/** The smallest amount that can be charged in a currency. */
export const minimumCharge = (currency: string): number => minimums[currency] ?? 1

function requireSupported(currency: string): void {
  if (supported.includes(currency)) return
  const known = supported.join(', ')
  throw invalid(`Invalid currency: ${currency}. Stripe currently supports these currencies: ${known}`, 'currency')
}

/** Refuses an amount that cannot be charged, in Stripe's words where they are known. */
export function requireChargeable(amount: number, currency: string, param = 'amount'): void {
  requireSupported(currency)
  if (amount < 1) throw invalid('This value must be greater than or equal to 1.', param, 'parameter_invalid_integer')
  if (amount < minimumCharge(currency)) {
    const least = moneyText(minimumCharge(currency), currency)
    throw invalid(`Amount must be at least ${least} ${currency}`, param, 'amount_too_small')
  }
  const most = longAmounts.has(currency) ? greatestLong : greatest
  if (amount > most)
    throw invalid(`Amount must be no more than ${moneyText(most, currency)}`, param, 'amount_too_large')
  requireRounded(amount, currency, param)
}

function requireRounded(amount: number, currency: string, param: string): void {
  if (threeDecimal.has(currency) && amount % 10 !== 0) {
    const name = currency.toUpperCase()
    throw invalid(
      `Invalid amount: ${name} amounts must be rounded to the nearest ten minor units, not ${amount}.`,
      param,
    )
  }
  if (wholeOnly.has(currency) && amount % 100 !== 0) {
    throw invalid(
      `Invalid amount: ${currency.toUpperCase()} has no decimals, so the last two digits must be 00, as in ${Math.round(amount / 100)}00.`,
      param,
      'invalid_charge_amount_no_decimal_compatible',
    )
  }
}

/** `$1,039.00`, `-¥500`, `KWD 1.250`: minor units, which may have a fraction of their own ("0.5" cents is $0.005). */
export function moneyText(minorUnits: number | string, currency: string): string {
  const symbol = symbols[currency] ?? `${currency.toUpperCase()} `
  const [whole = '0', fraction = ''] = String(minorUnits).replace('-', '').split('.')
  const sign = String(minorUnits).startsWith('-') ? '-' : ''
  const decimals = decimalsOf(currency)
  const digits = whole.padStart(decimals + 1, '0')
  const behind = `${digits.slice(digits.length - decimals)}${fraction}`
  const before = digits.slice(0, digits.length - decimals).replace(/\B(?=(\d{3})+$)/g, ',')
  return `${sign}${symbol}${before}${behind === '' ? '' : `.${behind}`}`
}
