/** Whether Stripe works tax out on what is sold. */
export interface TaxSettings {
  readonly automaticTax: boolean
}

/** What a subscription, a page or a preview is asked for with it. */
export function automaticTax(settings: TaxSettings) {
  return settings.automaticTax ? { automatic_tax: { enabled: true } } : {}
}
