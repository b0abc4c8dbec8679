import type { ErrorCode } from '../../domain/errors.ts'

type Tag = 'Plans' | 'Subscriptions' | 'Payments' | 'Usage' | 'Admin' | 'Webhook' | 'Health'

export interface Example {
  readonly summary: string
  readonly value: unknown
}

export type Examples = Readonly<Record<string, Example>>

/** What the schemas of a route cannot say. */
export interface RouteDocument {
  readonly tag: Tag
  readonly summary: string
  readonly description: string
  /** Open to everybody, without a token. */
  readonly open?: boolean
  /** Takes an Idempotency-Key. */
  readonly idempotent?: boolean
  /** Headers that it needs, by name, with what they hold. */
  readonly headers?: Readonly<Record<string, string>>
  /** Codes beyond those that follow from the route having a token, a body or fields. */
  readonly refusals?: readonly ErrorCode[]
  readonly requests?: Examples
  /** By status. */
  readonly answers: Readonly<Record<string, { readonly description: string; readonly examples: Examples }>>
}

/** Under this name a route carries its document to the place where the whole document is put together. */
export const DOCUMENT = 'x-document'

/** The `detail` of a route for Elysia. */
export function describe(document: RouteDocument) {
  return {
    summary: document.summary,
    description: document.description,
    tags: [document.tag],
    ...(document.open ? { security: [] } : { security: [{ bearer: [] }] }),
    [DOCUMENT]: document,
  }
}

export function example(summary: string, value: unknown): Example {
  return { summary, value }
}
