import { closeDispute, isOpen } from '../engine/disputes.ts'
import { change } from '../events/record.ts'
import { fields, flag, metadata, type Parameters, scalars, text } from '../http/decode.ts'
import { invalid } from '../http/failure.ts'
import { listing, paging } from '../http/listing.ts'
import { route } from '../http/route.ts'
import { requireKnown } from '../http/unknown-parameter.ts'
import type { Dispute } from '../surface-kinds.ts'
import { retrieve, type Turn } from '../turn.ts'
import { mergeMetadata } from './patches.ts'

const path = '/v1/disputes'
const warnings = '/v1/radar/early_fraud_warnings'
const updating = { evidence: scalars, metadata, submit: flag }

export const disputeRoutes = [
  route('GET', path, fields({ ...paging, charge: text, payment_intent: text }), (turn, sent) =>
    listing(turn, 'dispute', path, sent, { where: { parent: sent.charge, lookup: sent.payment_intent } }),
  ),
  route('GET', `${path}/:id`, fields({}), (turn, _sent, id) => retrieve(turn, 'dispute', id, 'dispute')),
  route('POST', `${path}/:id`, fields(updating), updateDispute),
  route('POST', `${path}/:id/close`, fields({}), (turn, _sent, id) => {
    const dispute = retrieve(turn, 'dispute', id, 'dispute')
    requireOpen(dispute)
    return closeDispute(turn, dispute, false)
  }),
  route('GET', warnings, fields({ ...paging, charge: text, payment_intent: text }), (turn, sent) =>
    listing(turn, 'radar.early_fraud_warning', warnings, sent, {
      where: { parent: sent.charge, lookup: sent.payment_intent },
    }),
  ),
  route('GET', `${warnings}/:id`, fields({}), (turn, _sent, id) => retrieve(turn, 'radar.early_fraud_warning', id)),
]

/** Evidence decides when its text is one of the two that Stripe gives for tests; any other is under review for good. */
function updateDispute(turn: Turn, sent: Parameters<typeof updating>, id: string): Dispute {
  const before = retrieve(turn, 'dispute', id, 'dispute')
  if (sent.evidence) requireOpen(before)
  const submits = sent.evidence !== undefined && sent.submit !== false
  const patch: Partial<Dispute> = {
    ...(sent.evidence ? { evidence: evidenceOf(before, sent.evidence) } : {}),
    ...(submits ? submitted(before) : {}),
    metadata: mergeMetadata(before.metadata, sent.metadata),
  }
  const after = change(turn, 'dispute', before, patch, 'charge.dispute.updated')
  const verdict = submits ? after.evidence.uncategorized_text : null
  if (verdict === 'winning_evidence') return closeDispute(turn, after, true)
  return verdict === 'losing_evidence' ? closeDispute(turn, after, false) : after
}

function requireOpen(dispute: Dispute): void {
  if (!isOpen(dispute)) throw invalid('This dispute is already closed', undefined, 'dispute_closed')
}

function evidenceOf(dispute: Dispute, sent: Readonly<Record<string, string>>): Dispute['evidence'] {
  const known = Object.keys(dispute.evidence).filter((name) => name !== 'enhanced_evidence')
  requireKnown(Object.keys(sent), known, (name) => `evidence[${name}]`)
  return { ...dispute.evidence, ...sent }
}

function submitted(before: Dispute): Partial<Dispute> {
  const { evidence_details: details } = before
  return {
    evidence_details: {
      ...details,
      has_evidence: true,
      submission_count: details.submission_count + 1,
      submission_method: 'manual',
    },
    status: before.status.startsWith('warning_') ? 'warning_under_review' : 'under_review',
  }
}
