import { clearable, clearedOnly, fields, flag, ignored, integer, oneOf, type Parameters, text } from '../http/decode.ts'
import { sentOnly } from '../resources/patches.ts'
import type { Schedule, Subscription } from '../wire.ts'
import type { Phase } from './phases.ts'

export const invoiceTerms = fields({
  account_tax_ids: ignored,
  days_until_due: integer,
  description: clearable(text),
  footer: clearable(text),
  issuer: ignored,
})
/** What holds in every phase that says nothing else. */
export const defaultSettings = fields({
  application_fee_percent: clearedOnly,
  automatic_tax: fields({ enabled: flag, liability: ignored }),
  billing_cycle_anchor: oneOf('automatic', 'phase_start'),
  billing_thresholds: clearedOnly,
  collection_method: oneOf('charge_automatically', 'send_invoice'),
  default_payment_method: clearable(text),
  description: clearable(text),
  invoice_settings: invoiceTerms,
  on_behalf_of: clearedOnly,
  transfer_data: clearedOnly,
})
type Sent = Parameters<{ settings: typeof defaultSettings }>['settings']

export function settingsAfter(before: Schedule['default_settings'], sent: Sent): Schedule['default_settings'] {
  if (!sent) return before
  const { billing_cycle_anchor, collection_method, default_payment_method, description } = sent
  const enabled = sent.automatic_tax?.enabled
  const { days_until_due, description: text, footer } = sent.invoice_settings ?? {}
  return {
    ...before,
    ...sentOnly({ billing_cycle_anchor, collection_method, default_payment_method, description }),
    ...(enabled === undefined ? {} : { automatic_tax: taxTerms(enabled) }),
    invoice_settings: { ...before.invoice_settings, ...sentOnly({ days_until_due, description: text, footer }) },
  }
}

export const taxTerms = (enabled: boolean) => ({
  disabled_reason: null,
  enabled,
  liability: enabled ? { type: 'self' as const } : null,
})

/** How a subscription is billed in a phase: by what the phase says, else by the defaults; what neither says stays. */
export function termsIn(phase: Phase, { default_settings: defaults }: Schedule): Partial<Subscription> {
  const method = phase.default_payment_method ?? defaults.default_payment_method
  const tax = phase.automatic_tax ?? defaults.automatic_tax
  const collection = phase.collection_method ?? defaults.collection_method ?? 'charge_automatically'
  const due = phase.invoice_settings?.days_until_due ?? defaults.invoice_settings.days_until_due
  const description = phase.description ?? defaults.description
  return {
    ...(method === null ? {} : { default_payment_method: method }),
    ...(tax === undefined ? {} : { automatic_tax: { ...tax } }),
    ...(description === null ? {} : { description }),
    collection_method: collection,
    days_until_due: collection === 'send_invoice' ? (due ?? 30) : null,
    default_tax_rates: phase.default_tax_rates ?? [],
  }
}
