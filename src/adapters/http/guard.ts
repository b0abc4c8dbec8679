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
 * not call a route learns nothing about his body. A route without a body is checked in the step after that. A token that
 * is known already is nothing to wait for.
 */
export function createGuard(identify: Identify) {
  const admit = (headers: Headers, permission: Permission): Caller | Promise<Caller> => {
    const caller = identify(headers)
    return caller instanceof Promise
      ? caller.then((known) => permitted(known, permission))
      : permitted(caller, permission)
  }
  return (
    new Elysia({ name: 'guard' })
      // Every request's context starts with a copy of these, to be overwritten below.
      .decorate('caller', NOBODY)
      .decorate('user', '')
      .macro({
        may: (permission: Permission) => ({
          parse: async (context) => {
            const admitted = admit(context.request.headers, permission)
            context.caller = admitted instanceof Promise ? await admitted : admitted
            return readJsonObject(
              context.request,
              permission === 'record-usage-batch' ? MOST_BATCH_BYTES : MOST_BODY_BYTES,
            )
          },
          // Elysia waits for it only because it says async.
          transform: async (context) => {
            if (context.caller === NOBODY) {
              const admitted = admit(context.request.headers, permission)
              context.caller = admitted instanceof Promise ? await admitted : admitted
            }
            context.user = userOf(context.caller, permission, userNamedIn(context.body ?? context.query))
          },
        }),
      })
  )
}

function permitted(caller: Caller, permission: Permission): Caller {
  mustBePermitted(caller, permission)
  return caller
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
