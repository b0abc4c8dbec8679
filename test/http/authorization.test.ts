import { describe, expect, test } from 'bun:test'
import type { Permission } from '../../src/adapters/http/caller.ts'
import { complaints, outcome, problemCode, startHttp, tokenOf } from './support/http.ts'
import { naming, OPEN_ROUTES, ROUTES } from './support/routes.ts'

const SCOPES = [
  '',
  'usage:write',
  'metering',
  'service',
  'operator',
  'openid profile',
  'Service',
  'service:read',
] as const
const ACTS_FOR_USERS = ['metering', 'service', 'operator']
/** Those whose requests mean no user, or name him with each of their parts. */
const NAME_NOBODY: readonly Permission[] = ['see-plans', 'record-usage-batch', 'operate']
const PERMITTED: Readonly<Record<Permission, readonly string[]>> = {
  'see-plans': ['', 'usage:write', 'service', 'operator', 'openid profile', 'Service', 'service:read'],
  'manage-account': ['', 'usage:write', 'service', 'operator', 'openid profile', 'Service', 'service:read'],
  'see-entitlements': ['', ...ACTS_FOR_USERS, 'usage:write', 'openid profile', 'Service', 'service:read'],
  'record-usage': ['usage:write', ...ACTS_FOR_USERS],
  'record-usage-batch': ['usage:write', ...ACTS_FOR_USERS],
  operate: ['operator'],
}

test('every route is open on purpose or among those that are tested here', () => {
  const unknown = startHttp()
    .app.routes.map(({ path }) => path)
    .filter(
      (path) => !OPEN_ROUTES.some((open) => path.startsWith(open)) && !ROUTES.some((route) => route.path === path),
    )
  expect(unknown).toEqual([])
})

for (const route of ROUTES)
  describe(`${route.method} ${route.path}`, () => {
    test('needs a token', async () => {
      expect(problemCode(await startHttp().send(route.method, route.path, route))).toBe('401 unauthenticated')
    })

    for (const scope of SCOPES) {
      const isPermitted = PERMITTED[route.permission].includes(scope)
      test(`${isPermitted ? 'allows' : 'forbids'} a token with the scope "${scope}"`, async () => {
        const { path, body } = naming(route, 'ann')
        const answer = await startHttp().send(route.method, path, { token: await tokenOf({ scope }), body })
        if (isPermitted)
          expect(outcome(answer)).toBeOneOf(['200', '201', '202', '404 no_subscription', '404 not_found'])
        else expect(problemCode(answer)).toBe('403 forbidden')
      })
    }

    if (route.permission !== 'operate')
      test('does not let a user name another one, whatever else is wrong', async () => {
        const { path, body } = naming(route, 'bob')
        const token = await tokenOf({ scope: 'usage:write' })
        const surprise = body && { ...body, surprise: 1 }
        expect(problemCode(await startHttp().send(route.method, path, { token, body: surprise }))).toBe('403 forbidden')
      })

    const namesUser = route.permission !== 'operate' || route.path.includes('users/:id')
    if (namesUser)
      test('does not take a user that cannot be one', async () => {
        const inPath = route.permission === 'operate'
        for (const user of [...(inPath ? [] : ['']), 'a b', 'ä', '../x', 'a'.repeat(129)]) {
          const { path, body } = naming(route, encodeURIComponent(user))
          const token = await tokenOf({ scope: inPath ? 'operator' : 'service' })
          const named = body && (inPath ? body : { ...body, user_id: user })
          const answer = await startHttp().send(route.method, path, { token, body: named })
          const place = inPath ? '/id' : '/user_id'
          expect([problemCode(answer), complaints(answer)]).toEqual(['422 validation_failed', [place]])
        }
      })

    if (!NAME_NOBODY.includes(route.permission))
      for (const scope of ACTS_FOR_USERS.filter((each) => PERMITTED[route.permission].includes(each)))
        test(`wants to know whom a token with the scope ${scope} acts for`, async () => {
          const token = await tokenOf({ scope })
          const answer = await startHttp().send(route.method, route.path, { token, body: route.body })
          expect([problemCode(answer), complaints(answer)]).toEqual(['422 validation_failed', ['/user_id']])
        })
  })

describe('401 and 403 are decided before the body is read', () => {
  const http = startHttp()
  const path = '/payments/record-usage'
  const bodies: Record<string, () => string | Uint8Array | ReadableStream> = {
    'that is not JSON': () => '{',
    'that is empty': () => '',
    'with unknown fields': () => '{"surprise":1}',
    'that is too large': () => 'x'.repeat(300_000),
    'that never ends': () => new ReadableStream({ pull: () => Bun.sleep(60_000) }),
  }

  for (const [what, make] of Object.entries(bodies)) {
    test(`a body ${what} without a token is a 401`, async () => {
      expect(problemCode(await http.post(path, undefined, make()))).toBe('401 unauthenticated')
    })
    test(`a body ${what} with a token that may not is a 403`, async () => {
      expect(problemCode(await http.post(path, await tokenOf(), make()))).toBe('403 forbidden')
    })
  }

  test('also when it is no JSON by its type', async () => {
    const headers = { 'content-type': 'text/plain' }
    expect(problemCode(await http.post(path, undefined, 'x', headers))).toBe('401 unauthenticated')
    expect(problemCode(await http.post(path, await tokenOf(), 'x', headers))).toBe('403 forbidden')
  })

  test('also before the query is looked at', async () => {
    expect(problemCode(await http.get('/payments/billing-history?limit=x'))).toBe('401 unauthenticated')
    const metering = await tokenOf({ scope: 'metering' })
    expect(problemCode(await http.get('/payments/billing-history?limit=x', metering))).toBe('403 forbidden')
  })
})

describe('a token with several scopes', () => {
  test('has the greatest of them', async () => {
    const http = startHttp()
    const token = await tokenOf({ scope: 'openid usage:write service' })
    expect((await http.get('/payments/subscription-status?user_id=bob', token)).status).toBe(200)
  })
})

describe('the plans', () => {
  test('need no token when they are public', async () => {
    const http = startHttp({ publicPlans: true })
    expect((await http.get('/payments/subscription-plans')).status).toBe(200)
    expect((await http.get('/payments/subscription-plans', 'rubbish')).status).toBe(200)
  })
})

describe('who a user is to Stripe', () => {
  async function personSeen(claims: object, user?: string) {
    let seen: unknown
    const http = startHttp({
      billing: {
        createPaymentIntent: async (request) => {
          seen = request.person
          return {
            status: 201,
            replayed: false,
            result: { payment_intent_id: 'pi_1', client_secret: null, status: '', amount: 1, currency: 'usd' },
          }
        },
      },
    })
    await http.post('/payments/create-payment-intent', await tokenOf({ ...claims }), {
      amount: 500,
      ...(user ? { user_id: user } : {}),
    })
    return seen
  }
  const ann = { email: 'ann@example.com', name: 'Ann Example' }

  test('is what the user’s own token says', async () => {
    expect(await personSeen(ann)).toEqual(ann)
  })

  test('is not what a service’s token says of itself', async () => {
    expect(await personSeen({ ...ann, scope: 'service' }, 'bob')).toEqual({ email: null, name: null })
  })

  test('is left open by claims that are not what they should be', async () => {
    const nobody = { email: null, name: null }
    for (const email of [
      'ann',
      'ann@',
      '@example.com',
      'ann@exam ple.com',
      'a\r\n@example.com',
      5,
      null,
      `${'a'.repeat(65)}@example.com`,
    ])
      expect(await personSeen({ email })).toEqual(nobody)
    for (const name of ['', ' ', 5, null, 'x'.repeat(257), '\ud800']) expect(await personSeen({ name })).toEqual(nobody)
  })
})
