/** How a decline reads in the error and on the charge. */
export interface Decline {
  readonly code: 'authentication_required' | 'card_declined' | 'expired_card' | 'incorrect_cvc' | 'processing_error'
  readonly declineCode: string
  readonly networkCode?: string
  readonly message: string
}

/** When the card's bank asks the buyer: at every payment, unless prepared for off-session use, or only on-session. */
export type Authentication = 'never' | 'always' | 'unless_set_up' | 'on_session'

/** A dispute opened by the bank, its warning of fraud, or a refund that is slow or comes back. */
export type Aftermath =
  | 'dispute'
  | 'not_received'
  | 'inquiry'
  | 'compelling_evidence'
  | 'compliance'
  | 'several_disputes'
  | 'fraud_warning'
  | 'refund_pending'
  | 'refund_fails'

/** What the checks of a card's details and the rating of a payment's risk come to. */
export interface Screening {
  readonly line1?: 'fail' | 'unavailable'
  readonly postalCode?: 'fail' | 'unavailable'
  readonly cvc?: 'fail'
  readonly risk?: 'elevated' | 'highest'
}

export interface TestCard {
  readonly brand: string
  readonly funding: 'credit' | 'debit' | 'prepaid'
  /** Refused already when attached to a customer. */
  readonly refusedAtAttach: boolean
  /** What happens to a charge, after authentication if there is any. */
  readonly decline: Decline | null
  readonly authentication: Authentication
  /** What becomes of a payment that went well, later. */
  readonly aftermath: Aftermath | null
  readonly country: string
  readonly screening: Screening
}

const generic: Decline = {
  code: 'card_declined',
  declineCode: 'generic_decline',
  networkCode: '01',
  message: 'Your card was declined.',
}
export const declined = (declineCode: string, message = 'Your card was declined.'): Decline => ({
  ...generic,
  declineCode,
  message,
})
const insufficientFunds = declined('insufficient_funds', 'Your card has insufficient funds.')

export const good: TestCard = {
  brand: 'visa',
  funding: 'credit',
  refusedAtAttach: false,
  decline: null,
  authentication: 'never',
  aftermath: null,
  country: 'US',
  screening: {},
}
const refused = (decline: Decline): TestCard => ({ ...good, decline, refusedAtAttach: true })
const failing = (decline: Decline): TestCard => ({ ...good, decline })
const followedBy = (aftermath: Aftermath): TestCard => ({ ...good, aftermath })
const screened = (screening: Screening, decline: Decline | null = null): TestCard => ({ ...good, screening, decline })
const secured = (authentication: Authentication, decline: Decline | null = null): TestCard => ({
  ...good,
  authentication,
  decline,
})

/** Stripe's test numbers (docs.stripe.com/testing). Any other number that passes the Luhn check behaves as 4242. */
export const byNumber: Readonly<Record<string, TestCard>> = {
  '4242424242424242': good,
  '4000056655665556': { ...good, funding: 'debit' },
  '5555555555554444': { ...good, brand: 'mastercard' },
  '5200828282828210': { ...good, brand: 'mastercard', funding: 'debit' },
  '5105105105105100': { ...good, brand: 'mastercard', funding: 'prepaid' },
  '378282246310005': { ...good, brand: 'amex' },
  '6011111111111117': { ...good, brand: 'discover' },
  '3056930009020004': { ...good, brand: 'diners' },
  '3566002020360505': { ...good, brand: 'jcb' },
  '6200000000000005': { ...good, brand: 'unionpay' },
  '4000000000000002': refused(generic),
  '4000000000009995': refused(insufficientFunds),
  '4000000000009987': refused(declined('lost_card')),
  '4000000000009979': refused(declined('stolen_card')),
  '4000000000000019': refused(declined('fraudulent')),
  '4000000000006975': refused(
    declined('card_velocity_exceeded', 'Your card was declined for making repeated attempts too frequently.'),
  ),
  '4000000000000069': refused({ code: 'expired_card', declineCode: 'expired_card', message: 'Your card has expired.' }),
  '4000000000000127': refused({
    code: 'incorrect_cvc',
    declineCode: 'incorrect_cvc',
    message: "Your card's security code is incorrect.",
  }),
  '4000000000000119': refused({
    code: 'processing_error',
    declineCode: 'processing_error',
    message: 'An error occurred while processing your card. Try again in a little bit.',
  }),
  '4000000000000341': failing(generic),
  '4000002760003184': secured('always'),
  '4000002500003155': secured('unless_set_up'),
  '4000003800000446': secured('on_session'),
  '4000008260003178': secured('always', insufficientFunds),
  '4000000000003220': secured('always'),
  '4000000000003055': good,
  '4000000000003097': good,
  '4000008400001280': failing(generic),
  '4000008400001629': secured('always', generic),
  '4000000000000259': followedBy('dispute'),
  '4000000000002685': followedBy('not_received'),
  '4000000000001976': followedBy('inquiry'),
  '4000000404000038': followedBy('compelling_evidence'),
  '4000008400000779': followedBy('compliance'),
  '4000000404000079': followedBy('several_disputes'),
  '4000000000005423': followedBy('fraud_warning'),
  '4000000000007726': followedBy('refund_pending'),
  '4000000000005126': followedBy('refund_fails'),
  '4000000000000077': good,
  '4000003720000278': { ...good, country: 'IE' },
  '4100000000000019': screened({ risk: 'highest' }, { ...generic, declineCode: 'fraudulent' }),
  '4000000000004954': screened({ risk: 'highest' }, { ...generic, declineCode: 'fraudulent' }),
  '4000000000009235': screened({ risk: 'elevated' }),
  '4000000000000101': screened({ cvc: 'fail' }),
  '4000000000000010': screened({ line1: 'fail', postalCode: 'fail' }),
  '4000000000000028': screened({ line1: 'fail' }),
  '4000000000000036': screened({ postalCode: 'fail' }),
  '4000000000000044': screened({ line1: 'unavailable', postalCode: 'unavailable' }),
}

/** Good Visa cards of other countries. */
export const byCountry: Readonly<Record<string, string>> = {
  at: '4000000400000008',
  au: '4000000360000006',
  be: '4000000560000004',
  br: '4000000760000002',
  ca: '4000001240000000',
  ch: '4000007560000009',
  de: '4000002760000016',
  dk: '4000002080000001',
  es: '4000007240000007',
  fi: '4000002460000001',
  fr: '4000002500000003',
  gb: '4000008260000000',
  hk: '4000003440000004',
  ie: '4000003720000005',
  in: '4000003560000008',
  it: '4000003800000008',
  jp: '4000003920000003',
  mx: '4000004840008001',
  nl: '4000005280000002',
  no: '4000005780000007',
  nz: '4000005540000008',
  pl: '4000006160000005',
  pt: '4000006200000007',
  se: '4000007520000008',
  sg: '4000007020000003',
}

export const byToken: Readonly<Record<string, string>> = {
  visa: '4242424242424242',
  visa_debit: '4000056655665556',
  mastercard: '5555555555554444',
  mastercard_debit: '5200828282828210',
  mastercard_prepaid: '5105105105105100',
  amex: '378282246310005',
  discover: '6011111111111117',
  diners: '3056930009020004',
  jcb: '3566002020360505',
  unionpay: '6200000000000005',
  chargeDeclined: '4000000000000002',
  chargeDeclinedInsufficientFunds: '4000000000009995',
  chargeDeclinedLostCard: '4000000000009987',
  chargeDeclinedStolenCard: '4000000000009979',
  chargeDeclinedFraudulent: '4000000000000019',
  chargeDeclinedVelocityLimitExceeded: '4000000000006975',
  chargeDeclinedExpiredCard: '4000000000000069',
  chargeDeclinedIncorrectCvc: '4000000000000127',
  chargeDeclinedProcessingError: '4000000000000119',
  chargeCustomerFail: '4000000000000341',
  authenticationRequired: '4000002760003184',
  authenticationRequiredOnSetup: '4000002500003155',
  authenticationRequiredSetupForOffSession: '4000003800000446',
  authenticationRequiredChargeDeclinedInsufficientFunds: '4000008260003178',
  threeDSecure2Required: '4000000000003220',
  threeDSecureRequired: '4000000000003220',
  threeDSecureOptional: '4000000000003055',
  threeDSecureOptionalProcessingError: '4000000000003097',
  threeDSecureRequiredChargeDeclined: '4000008400001629',
  threeDSecureRequiredProcessingError: '4000008400001280',
  createDispute: '4000000000000259',
  createDisputeProductNotReceived: '4000000000002685',
  createDisputeInquiry: '4000000000001976',
  createCe3EligibleDispute: '4000000404000038',
  createComplianceDispute: '4000008400000779',
  createMultipleDisputes: '4000000404000079',
  createIssuerFraudRecord: '4000000000005423',
  pendingRefund: '4000000000007726',
  refundFail: '4000000000005126',
  bypassPending: '4000000000000077',
  bypassPendingInternational: '4000003720000278',
  radarBlock: '4100000000000019',
  riskLevelHighest: '4000000000004954',
  riskLevelElevated: '4000000000009235',
  cvcCheckFail: '4000000000000101',
  avsFail: '4000000000000010',
  avsLine1Fail: '4000000000000028',
  avsZipFail: '4000000000000036',
  avsUnchecked: '4000000000000044',
  us: '4242424242424242',
  ...byCountry,
}
