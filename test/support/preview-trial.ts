import fc from 'fast-check'
import { BillingError } from '../../src/domain/errors.ts'
import type { ChangeMoment } from '../../src/domain/intent.ts'
import { openSandboxStage, type SandboxStage } from './sandbox-ports.ts'
import { SEVERAL_PRICES } from './several-prices.ts'

/** A change of plan somewhere in a subscription's life: so long after the last one, and so long after it was previewed. */
interface Step {
  readonly hours: number
  readonly price: string
  readonly when: ChangeMoment | null
  readonly thinksForSeconds: number
  readonly code: string | null
}

interface Story {
  readonly first: string
  readonly steps: readonly Step[]
}

const PRICES = [
  'basic_monthly',
  'basic_monthly.usd.year',
  'pro_monthly',
  'pro_monthly.usd.year',
  'enterprise_monthly',
  'usage_based',
]
const CODES = ['THIRD', 'TENBUCKS']

const step = fc.record<Step>({
  hours: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 24 * 40 })),
  price: fc.constantFrom(...PRICES),
  when: fc.constantFrom('now' as const, 'now' as const, null, 'period_end' as const),
  thinksForSeconds: fc.integer({ min: 0, max: 14 * 60 }),
  code: fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.constantFrom(...CODES) }),
})
const story = fc.record<Story>({
  first: fc.constantFrom(...PRICES.filter((price) => price !== 'usage_based')),
  steps: fc.array(step, { minLength: 1, maxLength: 6 }),
})

export interface PreviewTrial {
  /** Changes at once that were previewed and made. */
  readonly changes: number
  /** Of them those whose invoice was not what was previewed. */
  readonly wrong: readonly string[]
}

const STORIES_A_SANDBOX = 40

/** Previews and makes random changes until so many were made at once. The twin forgets the preview's date. */
export async function tryPreviews(wanted: number, seed: number, isTwin: boolean): Promise<PreviewTrial> {
  const wrong: string[] = []
  let [changes, played] = [0, 0]
  while (changes < wanted) {
    const stage = await openSandboxStage(SEVERAL_PRICES)
    try {
      await makeCodes(stage)
      const stories = fc.sample(story, { numRuns: STORIES_A_SANDBOX, seed: seed + played })
      for (const [index, one] of stories.entries()) {
        if (changes >= wanted) break
        const told = await play(stage, `user_${played + index}`, one, isTwin)
        changes += told.length
        wrong.push(...told.filter((difference) => difference !== null))
      }
    } finally {
      await stage.close()
    }
    played += STORIES_A_SANDBOX
  }
  return { changes, wrong }
}

async function makeCodes({ stripe }: SandboxStage): Promise<void> {
  const make = async (code: string, coupon: { percent_off: number } | { amount_off: number; currency: string }) => {
    const { id } = await stripe.coupons.create({ ...coupon, duration: 'forever' })
    await stripe.promotionCodes.create({ promotion: { type: 'coupon', coupon: id }, code })
  }
  await make('THIRD', { percent_off: 33 })
  await make('TENBUCKS', { amount_off: 1_000, currency: 'usd' })
}

/** For each change at once: null when its invoice was what was previewed, else what was not. */
async function play(stage: SandboxStage, user: string, { first, steps }: Story, isTwin: boolean) {
  const { billing } = stage
  const made = await billing.subscribe({
    ...whoever(user),
    planName: planOf(first),
    priceId: stage.priceOf(first),
    paymentMethodId: 'pm_card_visa',
  })
  const told: (string | null)[] = []
  for (const one of steps) {
    if (one.hours > 0) await stage.advance(one.hours * 3_600)
    await stage.observe(user, made.result.subscription_id)
    const difference = await change(stage, user, one, isTwin)
    if (difference !== 'not at once') told.push(difference)
  }
  await billing.cancelSubscription({ ...whoever(user), atPeriodEnd: false, reason: null, feedback: null })
  return told
}

async function change(stage: SandboxStage, user: string, one: Step, isTwin: boolean): Promise<string | null> {
  const { billing, stripe } = stage
  const wanted = { planName: planOf(one.price), priceId: stage.priceOf(one.price), promotionCode: one.code }
  try {
    const preview = await billing.previewPlanChange({ user, ...wanted, when: one.when })
    if (one.thinksForSeconds > 0) await stage.advance(one.thinksForSeconds)
    const prorationDate = preview.proration_date === null || isTwin ? null : Date.parse(preview.proration_date)
    const { result } = await billing.changePlan({
      ...whoever(user),
      ...wanted,
      when: one.when,
      prorationDate,
      paymentMethodId: null,
    })
    if (preview.when !== 'now' || preview.lines.length === 0) return 'not at once'
    const [invoice] = (await stripe.invoices.list({ subscription: result.subscription_id, limit: 1 })).data
    const previewed = [preview.amount_due_now, preview.total, ...amountsOf(preview.lines)]
    const invoiced = [invoice?.amount_due, invoice?.total, ...amountsOf(invoice?.lines.data ?? [])]
    if (String(previewed) === String(invoiced)) return null
    return `${user} to ${one.price} with ${one.code ?? 'no code'}: previewed ${previewed}, invoiced ${invoiced}`
  } catch (error) {
    if (error instanceof BillingError && REFUSALS.has(error.code)) return 'not at once'
    throw error
  }
}

/** Lines of the same second come in any order. */
function amountsOf(lines: readonly { readonly amount: number }[]): readonly number[] {
  return lines.map(({ amount }) => amount).sort((one, other) => one - other)
}

/** What a random wish may run into: the plan that is in use, a year that is paid, a period that has turned meanwhile. */
const REFUSALS: ReadonlySet<string> = new Set([
  'plan_unchanged',
  'validation_failed',
  'payment_overdue',
  'promotion_code_invalid',
])

function whoever(user: string) {
  return { user, person: { email: null, name: null }, key: null }
}

function planOf(lookupKey: string): string {
  return lookupKey.split('.')[0] ?? lookupKey
}
