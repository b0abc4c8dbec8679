import { Elysia, t } from 'elysia'
import type { Billing } from '../../billing.ts'
import * as examples from './admin-examples.ts'
import { exactly, nextCursor, nullable, page, pageOf, time } from './fields.ts'
import type { Guard } from './guard.ts'
import { describe } from './route-document.ts'

/** For the operator: who did what. */
export function adminAuditLog({ billing }: { readonly billing: Billing }, guard: Guard) {
  return new Elysia({ name: 'admin-audit-log' }).use(guard).get(
    '/admin/audit-log',
    ({ query }) => {
      const { limit, cursor } = pageOf(query)
      return billing.auditLog(limit, cursor)
    },
    {
      may: 'operate',
      query: exactly(page),
      response: t.NoValidate(auditLog),
      detail: describe({
        tag: 'Admin',
        summary: 'What operators did',
        description: 'Newest first: who gave, corrected or changed what, for whom, when and why.',
        answers: { 200: { description: 'One page', examples: examples.AUDIT_LOG } },
      }),
    },
  )
}

const auditLog = t.Object({
  entries: t.Array(
    t.Object({
      id: t.String(),
      at: time,
      actor: t.String({ description: 'The operator’s token: `operator:` and its `sub`' }),
      action: t.String(),
      user_id: nullable(t.String({ description: 'Whom it was about; null where that is nobody known' })),
      detail: t.String(),
    }),
  ),
  next_cursor: nextCursor,
})
