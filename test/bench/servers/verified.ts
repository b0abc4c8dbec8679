import { jwt } from '@elysiajs/jwt'
import { Elysia, t } from 'elysia'

/** The body that all compared servers take, in Elysia's own words. */
export const usageBody = t.Object({
  service_type: t.String(),
  usage_amount: t.Number(),
  usage_unit: t.String(),
  event_id: t.String(),
  user_id: t.String(),
})

export type UsageBody = typeof usageBody.static

type Claims = Readonly<Record<string, unknown>>

/**
 * Elysia with `@elysiajs/jwt`, as its documentation shows it: `verified` gives the claims of a request's token or null.
 * With `cached` a token that was good once is believed until it expires.
 */
export function withTokens(secret: string, cached: boolean) {
  const known = new Map<string, Claims>()
  const plugin = jwt({ name: 'jwt', secret, alg: 'HS256' })
  return new Elysia().use(plugin).derive(({ jwt: { verify }, headers }) => ({
    async verified(): Promise<Claims | null> {
      const header = headers.authorization ?? ''
      const found = cached ? known.get(header) : undefined
      if (found !== undefined && Number(found.exp) * 1_000 > Date.now()) return found
      const claims = await verify(header.slice('Bearer '.length))
      if (claims === false) return null
      if (cached) known.set(header, claims)
      return claims
    },
  }))
}

export function announce(app: { readonly server: { readonly port?: number | undefined } | null }): void {
  console.log(`API http://127.0.0.1:${app.server?.port}`)
}
