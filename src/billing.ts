import type { UserId } from './domain/account.ts'
import type { Features } from './domain/plan.ts'
import type { StripeEvent } from './domain/webhook-event.ts'
import type { Ports } from './ports.ts'
import { auditLog } from './usecases/audit-log.ts'
import { type BillingDetailsRequest, billingDetails, setBillingDetails } from './usecases/billing-details.ts'
import { billingHistory, type HistoryRequest } from './usecases/billing-history.ts'
import { type CancelRequest, cancelSubscription } from './usecases/cancel-subscription.ts'
import { type ChangeRequest, changePlan } from './usecases/change-plan.ts'
import { type CheckoutRequest, createCheckoutSession } from './usecases/checkout.ts'
import { type CorrectionRequest, correctUsage } from './usecases/correct-usage.ts'
import { createPaymentIntent, type PaymentRequest } from './usecases/create-payment-intent.ts'
import { checkDrift, driftState } from './usecases/drift.ts'
import { checkFeature, checkService, entitlements, type ServiceQuestion } from './usecases/entitlements.ts'
import { type GrantRequest, giveGrant, listGrants } from './usecases/grants.ts'
import { listPacks, listPlans } from './usecases/list-plans.ts'
import { type MoveRequest, movePlans } from './usecases/move-plans.ts'
import { paymentDetail } from './usecases/payment-detail.ts'
import { createPortalSession, type PortalRequest } from './usecases/portal.ts'
import { type PreviewRequest, previewPlanChange } from './usecases/preview-plan-change.ts'
import {
  type ApplyCodeRequest,
  applyPromotionCode,
  type ValidationRequest,
  validatePromotionCode,
} from './usecases/promotion-codes.ts'
import { receiveEvent } from './usecases/receive-event.ts'
import { type RecordUsageRequest, recordUsage } from './usecases/record-usage.ts'
import { type BatchEntry, type BatchOutcome, recordUsageBatch } from './usecases/record-usage-batch.ts'
import { type RefundRequest, refundPayment } from './usecases/refund-payment.ts'
import { type ResumeRequest, resumeSubscription } from './usecases/resume-subscription.ts'
import { type PaymentMethodRequest, setPaymentMethod } from './usecases/set-payment-method.ts'
import { type OperatorLimit, setSpendingLimit, setUsersSpendingLimit } from './usecases/spending-limits.ts'
import { type SubscribeRequest, subscribe } from './usecases/subscribe.ts'
import { subscriptionStatus } from './usecases/subscription-status.ts'
import { allowTrial, extendTrial, type TrialAllowance, type TrialExtensionRequest } from './usecases/trials.ts'
import { unbilledUsage } from './usecases/unbilled-usage.ts'
import { upcomingInvoice } from './usecases/upcoming-invoice.ts'
import { type UsageRecordsRequest, usageRecords } from './usecases/usage-records.ts'
import { type SummaryRequest, usageSummary } from './usecases/usage-summary.ts'
import { type EventsRequest, listEvents, type Replayer, replayEvent, showEvent } from './usecases/webhook-events.ts'

export type { BatchEntry, BatchOutcome, RecordUsageRequest }

/** What people do with this program, bound to its ports: the one thing that HTTP, command line and tests call. */
export type Billing = ReturnType<typeof createBilling>

export function createBilling(ports: Ports) {
  return {
    listPlans: () => listPlans(ports),
    listPacks: () => listPacks(ports),
    subscribe: (request: SubscribeRequest) => subscribe(ports, request),
    validatePromotionCode: (request: ValidationRequest) => validatePromotionCode(ports, request),
    applyPromotionCode: (request: ApplyCodeRequest) => applyPromotionCode(ports, request),
    createCheckoutSession: (request: CheckoutRequest) => createCheckoutSession(ports, request),
    createPortalSession: (request: PortalRequest) => createPortalSession(ports, request),
    cancelSubscription: (request: CancelRequest) => cancelSubscription(ports, request),
    setPaymentMethod: (request: PaymentMethodRequest) => setPaymentMethod(ports, request),
    previewPlanChange: (request: PreviewRequest) => previewPlanChange(ports, request),
    changePlan: (request: ChangeRequest) => changePlan(ports, request),
    resumeSubscription: (request: ResumeRequest) => resumeSubscription(ports, request),
    refundPayment: (request: RefundRequest) => refundPayment(ports, request),
    createPaymentIntent: (request: PaymentRequest) => createPaymentIntent(ports, request),
    subscriptionStatus: (user: UserId) => subscriptionStatus(ports, user),
    recordUsage: (request: RecordUsageRequest) => recordUsage(ports, request),
    recordUsageBatch: (entries: readonly BatchEntry[]) => recordUsageBatch(ports, entries),
    billingDetails: (user: UserId) => billingDetails(ports, user),
    setBillingDetails: (request: BillingDetailsRequest) => setBillingDetails(ports, request),
    billingHistory: (request: HistoryRequest) => billingHistory(ports, request),
    paymentDetail: (user: UserId, id: string) => paymentDetail(ports, user, id),
    upcomingInvoice: (user: UserId) => upcomingInvoice(ports, user),
    setSpendingLimit: (user: UserId, amount: number | null) => setSpendingLimit(ports, user, amount),
    setUsersSpendingLimit: (request: OperatorLimit) => setUsersSpendingLimit(ports, request),
    usageSummary: (request: SummaryRequest) => usageSummary(ports, request),
    usageRecords: (request: UsageRecordsRequest) => usageRecords(ports, request),
    entitlements: (user: UserId) => entitlements(ports, user),
    checkService: (question: ServiceQuestion) => checkService(ports, question),
    checkFeature: (user: UserId, feature: keyof Features) => checkFeature(ports, user, feature),
    giveGrant: (request: GrantRequest) => giveGrant(ports, request),
    listGrants: (user: UserId) => listGrants(ports, user),
    allowTrial: (request: TrialAllowance) => allowTrial(ports, request),
    extendTrial: (request: TrialExtensionRequest) => extendTrial(ports, request),
    correctUsage: (request: CorrectionRequest) => correctUsage(ports, request),
    unbilledUsage: (limit: number, cursor: string | null) => unbilledUsage(ports, limit, cursor),
    movePlans: (request: MoveRequest) => movePlans(ports, request),
    driftState: () => driftState(ports),
    checkDrift: (operator: string, repair: boolean) => checkDrift(ports, operator, repair),
    auditLog: (limit: number, cursor: string | null) => auditLog(ports, limit, cursor),
    listEvents: (request: EventsRequest) => listEvents(ports, request),
    showEvent: (eventId: string) => showEvent(ports, eventId),
    replayEvent: (eventId: string, by: Replayer) => replayEvent(ports, eventId, by),
    receiveEvent: (event: StripeEvent, body: Uint8Array) => receiveEvent(ports, event, body),
  }
}
