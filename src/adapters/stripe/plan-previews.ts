import type { Stripe } from 'stripe'
import type { WishOf } from '../../domain/intent.ts'
import {
  type ChangePreview,
  NOTHING_INVOICED,
  type PreviewedDiscount,
  type PreviewedInvoice,
  type PreviewLine,
} from '../../domain/plan-preview.ts'
import type { Gateway } from '../../ports/gateway.ts'
import { isProration, linesOf } from './bills.ts'
import { changeParameters, discountsWith } from './change-parameters.ts'
import { reached } from './refusals.ts'
import { automaticTax, type TaxSettings } from './tax.ts'
import { isLicensed } from './translate/subscription.ts'
import { idOf, milliseconds, sumOf } from './translate/values.ts'

type ChangeWish = WishOf<'change'>

export function planPreviewGateway(stripe: Stripe, tax: TaxSettings): Pick<Gateway, 'previewChange'> {
  return {
    async previewChange(customer, wish) {
      if (wish.subscriptionId === null) return previewBeginning(stripe, tax, customer, wish)
      const subscription = await reached(stripe.subscriptions.retrieve(wish.subscriptionId))
      const isNow = wish.when === 'now' && subscription.status !== 'trialing'
      const preview = isNow ? await previewNow(stripe, subscription, wish) : null
      const end = endOfPeriod(subscription)
      return {
        currency: subscription.currency,
        invoice: preview === null ? NOTHING_INVOICED : toPreviewedInvoice(preview),
        next: {
          amount: await recurringAmount(stripe, subscription, wish),
          at: (wish.restarts && preview && endOfNewPeriod(preview)) || end,
        },
        effectiveAt: wish.when === 'now' ? wish.prorationDate : end,
      }
    },
  }
}

interface Preview {
  readonly invoice: Stripe.Invoice
  readonly lines: readonly Stripe.InvoiceLineItem[]
}

async function previewOf(stripe: Stripe, asked: Stripe.InvoiceCreatePreviewParams): Promise<Preview> {
  const invoice = await reached(stripe.invoices.createPreview({ ...asked, expand: INVOICE_DISCOUNTS }))
  return { invoice, lines: await linesOf(stripe, invoice) }
}

/** Null when nothing is invoiced with the change: then Stripe shows the next renewal instead. */
async function previewNow(
  stripe: Stripe,
  subscription: Stripe.Subscription,
  wish: ChangeWish,
): Promise<Preview | null> {
  const preview = await previewOf(stripe, {
    subscription: subscription.id,
    subscription_details: { ...changeParameters(subscription, wish), ...goingOn(subscription) },
    ...discountsWith(wish.promotionCodeId),
  })
  return wish.restarts || preview.lines.some(isProration) ? preview : null
}

/** What a whole period of the new plan costs, without what it costs to get there. */
async function recurringAmount(stripe: Stripe, subscription: Stripe.Subscription, wish: ChangeWish): Promise<number> {
  const { items } = changeParameters(subscription, wish)
  const { total } = await reached(
    stripe.invoices.createPreview({
      subscription: subscription.id,
      subscription_details: { items, proration_behavior: 'none', ...goingOn(subscription) },
      preview_mode: 'recurring',
      ...discountsWith(wish.promotionCodeId),
    }),
  )
  return total
}

/** A planned end is withdrawn with the change. */
function goingOn({ cancel_at, cancel_at_period_end: isFlag }: Stripe.Subscription) {
  if (isFlag) return { cancel_at_period_end: false }
  return cancel_at === null ? {} : { cancel_at: '' as const }
}

/** One that still waits for its first payment is replaced: the whole first period of the other plan is due. */
async function previewBeginning(
  stripe: Stripe,
  tax: TaxSettings,
  customer: string,
  { priceId, meteredPriceIds, currency, prorationDate, promotionCodeId }: ChangeWish,
): Promise<ChangePreview> {
  const preview = await previewOf(stripe, {
    customer,
    ...(currency === undefined ? {} : { currency }),
    subscription_details: { items: [priceId, ...meteredPriceIds].map((price) => ({ price })) },
    ...automaticTax(tax),
    ...discountsWith(promotionCodeId),
  })
  const end = endOfNewPeriod(preview)
  return {
    currency: preview.invoice.currency,
    invoice: toPreviewedInvoice(preview),
    next: end === null ? null : { amount: preview.invoice.total, at: end },
    effectiveAt: prorationDate,
  }
}

function endOfPeriod(subscription: Stripe.Subscription): number {
  const item = subscription.items.data.find(isLicensed) ?? subscription.items.data[0]
  return milliseconds(item?.current_period_end ?? subscription.billing_cycle_anchor)
}

function endOfNewPeriod({ lines }: Preview): number | null {
  const ends = lines.filter((line) => !isProration(line)).map(({ period }) => period.end)
  return ends.length === 0 ? null : milliseconds(Math.max(...ends))
}

function toPreviewedInvoice({ invoice, lines }: Preview): PreviewedInvoice {
  return {
    subtotal: invoice.subtotal,
    discount: sumOf(invoice.total_discount_amounts),
    discounts: toDiscounts(invoice),
    tax: sumOf(invoice.total_taxes),
    total: invoice.total,
    amountDue: invoice.amount_due,
    // Stripe shows lines of the same second in any order: what is charged comes before what is given back.
    lines: lines.map(toPreviewLine).toSorted((one, other) => other.amount - one.amount),
  }
}

const INVOICE_DISCOUNTS = ['discounts.promotion_code', 'discounts.source.coupon']

/** Needs `INVOICE_DISCOUNTS` expanded. */
function toDiscounts({ discounts, total_discount_amounts: amounts }: Stripe.Invoice): readonly PreviewedDiscount[] {
  return (amounts ?? []).map(({ amount, discount }) => {
    const found = discounts.find((one) => idOf(one) === idOf(discount))
    if (typeof found !== 'object' || found.deleted) return { code: null, name: null, amount }
    const { promotion_code: code, source } = found
    return {
      code: typeof code === 'object' ? (code?.code ?? null) : null,
      name: typeof source.coupon === 'object' ? (source.coupon?.name ?? null) : null,
      amount,
    }
  })
}

function toPreviewLine(line: Stripe.InvoiceLineItem): PreviewLine {
  const { description, amount, period } = line
  return {
    description,
    amount,
    isProration: isProration(line),
    period: { start: milliseconds(period.start), end: milliseconds(period.end) },
  }
}
