import { Elysia } from 'elysia'
import type { Identify } from './auth.ts'
import { readJsonObject } from './body.ts'
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
            return readJsonObject(context.request)
          },
          transform: async (context) => {
            if (context.caller === NOBODY) context.caller = await admit(context.request.headers, permission)
            context.user = userOf(context.caller, permission, userNamedIn(context.body ?? context.query))
          },
        }),
      })
  )
}

function userOf(caller: Caller, permission: Permission, named: unknown): string {
  if (permission === 'operate') return caller.subject
  if (permission === 'see-plans' && named === undefined) return caller.subject
  return userMeant(caller, named)
}

/** Read before the schema is checked: naming somebody else is forbidden, whatever else is wrong with the request. */
function userNamedIn(input: unknown): unknown {
  return typeof input === 'object' && input !== null && 'user_id' in input ? input.user_id : undefined
}
