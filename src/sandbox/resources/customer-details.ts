import {
  clearable,
  type Decoder,
  fields,
  ignored,
  integer,
  list,
  metadata,
  need,
  oneOf,
  type Parameters,
  scalars,
  text,
} from '../http/decode.ts'
import type { Customer } from '../wire.ts'
import { mergeMetadata, sentOnly } from './patches.ts'

const customField: Decoder<{ name: string; value: string }> = (form, place) => {
  const { name, value } = fields({ name: text, value: text })(form, place)
  return { name: need(name, `${place}[name]`), value: need(value, `${place}[value]`) }
}
/** Lines that an invoice shows beside its number. */
export const customFields = clearable(list(customField))

/** What is told of a customer and changes nothing else. */
export const customerDetails = {
  address: clearable(scalars),
  balance: integer,
  business_name: clearable(text),
  description: clearable(text),
  email: clearable(text),
  individual_name: clearable(text),
  invoice_prefix: text,
  invoice_settings: fields({
    custom_fields: customFields,
    default_payment_method: clearable(text),
    footer: clearable(text),
    rendering_options: clearable(
      fields({ amount_tax_display: clearable(oneOf('exclude_tax', 'include_inclusive_tax')), template: text }),
    ),
  }),
  metadata,
  name: clearable(text),
  next_invoice_sequence: integer,
  phone: clearable(text),
  preferred_locales: list(text),
  shipping: clearable(fields({ address: scalars, name: text, phone: text })),
  // Where somebody is, for automatic tax, is read from the address alone.
  tax: ignored,
  tax_exempt: clearable(oneOf('exempt', 'none', 'reverse')),
}
type Sent = Parameters<typeof customerDetails>

/** A customer with the details that were sent; what was not sent stays. */
export function withDetails(before: Customer, sent: Sent): Customer {
  const { balance, description, email, name, phone, preferred_locales, tax_exempt } = sent
  const { invoice_prefix, next_invoice_sequence } = sent
  return named(
    {
      ...before,
      ...sentOnly({ balance, description, email, name, phone, preferred_locales, tax_exempt }),
      ...sentOnly({ invoice_prefix, next_invoice_sequence }),
      ...(sent.address === undefined ? {} : { address: addressOf(before.address ?? null, sent.address) }),
      ...(sent.shipping === undefined ? {} : { shipping: shippingOf(before, sent.shipping) }),
      invoice_settings: invoiceSettings(before, sent.invoice_settings ?? {}),
      metadata: mergeMetadata(before.metadata, sent.metadata),
    },
    sent,
  )
}

// Left out, not null, where there is none.
function named(customer: Customer, sent: Sent): Customer {
  const { business_name, individual_name, ...rest } = customer
  const business = sent.business_name === undefined ? business_name : sent.business_name
  const individual = sent.individual_name === undefined ? individual_name : sent.individual_name
  return {
    ...rest,
    ...(business ? { business_name: business } : {}),
    ...(individual ? { individual_name: individual } : {}),
  }
}

const emptyAddress = { city: null, country: null, line1: null, line2: null, postal_code: null, state: null }

function addressOf(before: object | null, sent: Readonly<Record<string, string>> | null) {
  if (sent === null) return null
  // An empty text takes a part away.
  const parts = Object.entries(sent).map(([name, value]) => [name, value === '' ? null : value])
  return { ...emptyAddress, ...before, ...Object.fromEntries(parts) }
}

function shippingOf({ shipping: before }: Customer, sent: NonNullable<Sent['shipping']> | null): Customer['shipping'] {
  if (sent === null) return null
  return {
    address: addressOf(before?.address ?? null, need(sent.address, 'shipping[address]')),
    name: need(sent.name, 'shipping[name]'),
    phone: sent.phone ?? null,
  }
}

function invoiceSettings(
  { invoice_settings: before }: Customer,
  sent: NonNullable<Sent['invoice_settings']>,
): Customer['invoice_settings'] {
  const { rendering_options: options, custom_fields: lines } = sent
  const rendering = options && {
    amount_tax_display: options.amount_tax_display ?? null,
    template: options.template ?? null,
  }
  return {
    ...before,
    ...sentOnly({ footer: sent.footer, custom_fields: lines, rendering_options: rendering }),
  }
}
