import { Elysia, NotFoundError } from 'elysia'
import { BillingError } from '../../domain/errors.ts'
import { adminAuditLog } from './admin-audit-log.ts'
import { adminCorrections } from './admin-corrections.ts'
import { adminDrift } from './admin-drift.ts'
import { adminGrants } from './admin-grants.ts'
import { adminPlanMoves } from './admin-plan-moves.ts'
import { adminRefunds } from './admin-refunds.ts'
import { adminTrials } from './admin-trials.ts'
import { adminUnbilledUsage } from './admin-unbilled-usage.ts'
import { adminWebhooks } from './admin-webhooks.ts'
import { createIdentify } from './auth.ts'
import { billingDetails } from './billing-details.ts'
import { billingHistory } from './billing-history.ts'
import { checkout } from './checkout.ts'
import { cors } from './cors.ts'
import { docs } from './docs.ts'
import { entitlements } from './entitlements.ts'
import { createGuard } from './guard.ts'
import { health, type Readiness } from './health.ts'
import { allowedMethods } from './methods.ts'
import { paymentMethod } from './payment-method.ts'
import { payments } from './payments.ts'
import { planChanges } from './plan-changes.ts'
import { plans } from './plans.ts'
import { type Problem, problemResponse } from './problem.ts'
import { promotionCodes } from './promotion-codes.ts'
import { problemOf } from './refusals.ts'
import { type HttpLog, requestLog } from './request-log.ts'
import { spendingLimits } from './spending.ts'
import { subscriptions } from './subscriptions.ts'
import { createTokenVerifier, type JwtSettings } from './token-verifier.ts'
import { upcomingInvoice } from './upcoming-invoice.ts'
import { usage } from './usage.ts'
import { usageBatch } from './usage-batch.ts'
import { usageRecords } from './usage-records.ts'
import { type Receiving, webhook } from './webhook.ts'

export interface HttpOptions extends Receiving {
  readonly jwt: JwtSettings
  /** For Stripe.js in the app; shown with the plans. */
  readonly publishableKey: string | null
  /** Whether the plans can be seen without a token. */
  readonly publicPlans: boolean
  /** The origins whose pages may call; none by default. */
  readonly corsOrigins: readonly string[]
  /** The base of every URL that is handed out. Asked for late: the port may not be known before. */
  readonly publicUrl: () => string
  readonly readiness: () => Promise<Readiness>
  readonly newRequestId: () => string
  /** Wall time in milliseconds. */
  readonly wall: () => number
  readonly version: string
  readonly isProduction: boolean
  readonly log: HttpLog
}

/** On every answer. The pages loosen what they must. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}
const ONLY_TLS = { 'strict-transport-security': 'max-age=31536000' }

/** How the server listens. Bodies are counted by us, so that a refusal is a problem and not an empty answer. */
const SERVER = { development: false, reusePort: false, idleTimeout: 30, maxRequestBodySize: Number.MAX_SAFE_INTEGER }

/** The whole HTTP interface: `handle` answers a request, `listen` serves. A new resource is one file and one `use`. */
export function createApp(options: HttpOptions) {
  const guard = createGuard(createIdentify(createTokenVerifier(options.jwt, options.wall), options.wall))
  const resources = new Elysia({ name: 'resources' })
    .use(plans(options, guard))
    .use(subscriptions(options, guard))
    .use(planChanges(options, guard))
    .use(checkout(options, guard))
    .use(promotionCodes(options, guard))
    .use(payments(options, guard))
    .use(paymentMethod(options, guard))
    .use(billingHistory(options, guard))
    .use(upcomingInvoice(options, guard))
    .use(billingDetails(options, guard))
    .use(usage(options, guard))
    .use(usageBatch(options, guard))
    .use(entitlements(options, guard))
    .use(adminGrants(options, guard))
    .use(adminCorrections(options, guard))
    .use(adminUnbilledUsage(options, guard))
    .use(adminAuditLog(options, guard))
    .use(adminWebhooks(options, guard))
    .use(adminPlanMoves(options, guard))
    .use(adminTrials(options, guard))
    .use(adminRefunds(options, guard))
    .use(spendingLimits(options, guard))
    .use(adminDrift(options, guard))
    .use(usageRecords(options, guard))
    .use(webhook(options))
    .use(health(options))
  // Normalizing would drop unknown fields in silence; here they are refused.
  const app = new Elysia({ normalize: false, serve: SERVER })
    .headers({ ...HEADERS, ...(options.isProduction ? ONLY_TLS : {}) })
    .use(requestLog(options, guard))
    .use(cors(options.corsOrigins))
    .onError(({ error, path, requestId, set }) => {
      const problem = wrongMethodOf(error, path) ?? problemOf(error) ?? unexpected(error, requestId)
      const response = problemResponse(problem, requestId)
      // What the caller is told in general words, the operator must find with its cause.
      if (response.status > 500) options.log.failure(requestId, error)
      else if (error instanceof BillingError && error.operatorDetail !== error.message)
        options.log.refusal(requestId, error.operatorDetail)
      set.status = response.status
      return response
    })
    .use(resources)
    .use(docs(options, resources))
  return app

  /** Elysia takes a known path with another method for an unknown one. */
  function wrongMethodOf(error: unknown, path: string): Problem | null {
    const allow = error instanceof NotFoundError ? allowedMethods(app.routes, path) : null
    if (allow === null) return null
    return { code: 'method_not_allowed', detail: `This path takes ${allow}.`, headers: { allow } }
  }

  /** Told to the log in full, and to the caller only by the number under which it stands there. */
  function unexpected(error: unknown, requestId: string): Problem {
    options.log.failure(requestId, error)
    const detail = 'Something unexpected happened. Try again; if it stays so, tell the operator the request_id.'
    return { code: 'internal_error', detail }
  }
}
