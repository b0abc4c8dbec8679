import { createApp } from '../adapters/http/app.ts'
import type { Readiness } from '../adapters/http/health.ts'
import type { JwtSettings } from '../adapters/http/token-verifier.ts'
import { newId } from '../adapters/process/ids.ts'
import { keptSecret } from '../adapters/process/kept-secret.ts'
import type { Log } from '../adapters/process/log.ts'
import { webhookVerifier } from '../adapters/stripe/webhook.ts'
import { createBilling } from '../billing.ts'
import type { Config } from '../config/config.ts'
import { operatorReason } from '../domain/errors.ts'
import type { Ports } from '../ports.ts'
import { VERSION } from '../version.ts'
import type { StripeAccess } from './stripe-access.ts'

/** What is served, not listening yet. */
export function createHttp(
  config: Config,
  ports: Ports,
  access: StripeAccess,
  publicUrl: () => string,
  readiness: () => Promise<Readiness>,
  onEventStored: () => void,
  log: Log,
) {
  return createApp({
    billing: createBilling(ports),
    verifyWebhook: webhookVerifier(access.stripe, access.webhookSecrets, ports.clock.wall),
    onEventStored,
    jwt: jwtSettings(config),
    publishableKey: access.publishableKey,
    publicPlans: config.publicPlans,
    corsOrigins: config.corsOrigins,
    publicUrl,
    readiness,
    newRequestId: () => newId('request'),
    wall: ports.clock.wall,
    version: VERSION,
    isProduction: config.environment === 'production',
    log: {
      request: (entry) => log.info('request', { ...entry }),
      failure: (requestId, error) =>
        log.error('A request failed unexpectedly.', {
          request_id: requestId,
          reason: operatorReason(error),
          error,
        }),
      refusal: (requestId, reason) => log.warning('A request was refused.', { request_id: requestId, reason }),
    },
  })
}

/** The port that it listens on: with port 0 a free one. */
export function listen(app: ReturnType<typeof createApp>, { host, port }: Config): number {
  try {
    app.listen({ hostname: host, port })
  } catch (error) {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
    throw isTaken ? new Error(`Port ${port} is taken. Set PORT to another, or to 0 for any free one.`) : error
  }
  return app.server?.port ?? port
}

/** The secret is the app's, or in development one that this program keeps. */
function jwtSettings({ jwt, dataFolder, jwtIssuer, jwtAudience }: Config): JwtSettings {
  const key = jwt.kind === 'kept' ? { kind: 'secret' as const, secret: keptSecret(dataFolder) } : jwt
  return { ...key, issuer: jwtIssuer, audience: jwtAudience }
}
