import { Elysia } from 'elysia'
import type { Identify } from './auth.ts'
import { MOST_BATCH_BYTES, MOST_BODY_BYTES, readJsonObject } from './body.ts'
import { type Caller, mustBePermitted, type Permission, userMeant } from './caller.ts'

/** Stands in a request's context until its token has been read, and for good on the routes that need none. */
const NOBODY: Caller = { role: 'user', subject: '', name: 'nobody', person: { email: null, name: null } }

export type Guard = ReturnType<typeof createGuard>

/**
 * Gives routes the option `may`: who is allowed to call them. The handler then finds the `caller`, and the `user` that
 * is meant. Elysia reads a body before anything else, so the token is looked at in the very step that reads it: who may
 * not call a route learns nothing about his body. A route without a body is checked in the step after that.
 */
export function createGuard(identify: Identify) {
  const admit = async (headers: Headers, permission: Permission): Promise<Caller> => {
    const caller = await identify(headers)
    mustBePermitted(caller, permission)
    return caller
  }
  return (
    new Elysia({ name: 'guard' })
      // Every request's context starts with a copy of these, to be overwritten below.
      .decorate('caller', NOBODY)
      .decorate('user', '')
      .macro({
        may: (permission: Permission) => ({
          parse: async (context) => {
            context.caller = await admit(context.request.headers, permission)
            return readJsonObject(
              context.request,
              permission === 'record-usage-batch' ? MOST_BATCH_BYTES : MOST_BODY_BYTES,
            )
          },
          transform: async (context) => {
            if (context.caller === NOBODY) context.caller = await admit(context.request.headers, permission)
            context.user = userOf(context.caller, permission, userNamedIn(context.body ?? context.query))
          },
        }),
      })
  )
}

/** The plans are the same for all, and a batch may name a user with each of its records. */
const MAY_NAME_NOBODY: ReadonlySet<Permission> = new Set(['see-plans', 'record-usage-batch'])

function userOf(caller: Caller, permission: Permission, named: unknown): string {
  if (permission === 'operate') return caller.subject
  if (MAY_NAME_NOBODY.has(permission) && named === undefined) return caller.subject
  return userMeant(caller, named)
}

/** Read before the schema is checked: naming somebody else is forbidden, whatever else is wrong with the request. */
function userNamedIn(input: unknown): unknown {
  return typeof input === 'object' && input !== null && 'user_id' in input ? input.user_id : undefined
}
