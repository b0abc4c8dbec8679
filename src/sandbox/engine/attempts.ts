import { change } from '../events/record.ts'
import type { Turn } from '../turn.ts'
import type { Invoice } from '../wire.ts'
import { failAttempt } from './dunning.ts'
import type { Attempt } from './payments.ts'
import { firstAttempt, invoiceOf, settlePaid } from './settlement.ts'

/** What an attempt on an intent means for the invoice behind it and for that invoice's subscription. */
export function followAttempt(turn: Turn, attempt: Attempt, automatic: boolean): void {
  const invoice = invoiceOf(turn, attempt.intent)
  if (invoice?.status !== 'open' && invoice?.status !== 'uncollectible') return
  if (attempt.outcome === 'paid') settlePaid(turn, automatic ? counted(invoice) : invoice, attempt.intent)
  else if (automatic) failAttempt(turn, invoice, failureType(attempt))
  else if (attempt.outcome === 'declined') noteDecline(turn, invoice)
  else change(turn, 'invoice', invoice, { attempted: true }, 'invoice.payment_action_required')
}

const counted = (invoice: Invoice): Invoice => ({ ...invoice, attempt_count: invoice.attempt_count + 1 })

const failureType = ({ outcome }: Attempt) =>
  outcome === 'requires_action' ? 'invoice.payment_action_required' : 'invoice.payment_failed'

function noteDecline(turn: Turn, invoice: Invoice): void {
  const patch = { attempt_count: firstAttempt(invoice), attempted: true }
  change(turn, 'invoice', invoice, patch, 'invoice.payment_failed', 'invoice.updated')
}
