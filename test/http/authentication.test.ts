import { describe, expect, test } from 'bun:test'
import { createHmac, generateKeyPairSync } from 'node:crypto'
import { exportJWK, SignJWT } from 'jose'
import { forgedToken, problemCode, SECRET, seconds, startHttp, tokenOf } from './support/http.ts'

const STATUS = '/payments/subscription-status'
const OWN = { sub: 'ann', exp: seconds(3_600) }

describe('a token', () => {
  const http = startHttp()

  test('of a user opens what is the user’s own', async () => {
    expect((await http.get(STATUS, await tokenOf())).status).toBe(200)
  })

  test('may be announced in any case', async () => {
    const authorization = `bearer ${await tokenOf()}`
    expect((await http.send('GET', STATUS, { headers: { authorization } })).status).toBe(200)
  })

  const refused: Record<string, () => Promise<string> | string> = {
    'with another key': () => tokenOf({}, { alg: 'HS256' }, `${SECRET}?`),
    'with HS512': () => tokenOf({}, { alg: 'HS512' }),
    'with HS384': () => tokenOf({}, { alg: 'HS384' }),
    'without exp': () => tokenOf({ exp: undefined }),
    'that expired': () => tokenOf({ exp: seconds(-31) }),
    'with an exp in milliseconds': () => tokenOf({ exp: seconds(3_600) * 1_000 }),
    'with an exp beyond all times': () => tokenOf({ exp: 1e308 }),
    'with an exp that is a text': () => signed({ ...OWN, exp: '9999999999' }),
    'with an exp of null': () => signed({ ...OWN, exp: null }),
    'with a negative exp': () => tokenOf({ exp: -1 }),
    'that is not valid yet': () => tokenOf({ nbf: seconds(31) }),
    'issued in the future': () => tokenOf({ iat: seconds(31) }),
    'without sub': () => tokenOf({ sub: undefined }),
    'with a sub that is a number': () => signed({ ...OWN, sub: 5 }),
    'with an empty sub': () => tokenOf({ sub: '' }),
    'with a sub that is a list': () => signed({ ...OWN, sub: ['ann'] }),
    'with a sub of strange signs': () => tokenOf({ sub: 'ann\u0000' }),
    'with a sub that climbs': () => tokenOf({ sub: '../ann' }),
    'with a sub that is too long': () => tokenOf({ sub: 'a'.repeat(129) }),
    'with a scope that is a list': () => tokenOf({ scope: ['service'] }),
    'with alg none': () => forgedToken({ alg: 'none' }, OWN),
    'with alg none in another case': () => forgedToken({ alg: 'nOnE' }, OWN, 'x'),
    'without alg': () => forgedToken({}, OWN, 'x'),
    'with a critical header': () => signed(OWN, { alg: 'HS256', crit: ['exp'], exp: 1 }),
    'with an unencoded payload': () => signed(OWN, { alg: 'HS256', b64: false, crit: ['b64'] }),
    'whose claims are a list': () => signed([OWN]),
    'with a fourth part': async () => `${await tokenOf()}.x`,
    'that is encrypted': () => 'eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..x.x.x',
    'with padding': async () => `${await tokenOf()}=`,
    'that is garbage': () => 'x.y.z',
    'that is no token at all': () => 'x',
    'that is empty': () => '',
    'of 60 kB': () => `a.${'b'.repeat(60_000)}.c`,
    'altered by one character': async () => alteredToken(await tokenOf()),
  }

  for (const [what, make] of Object.entries(refused))
    test(`${what} is refused`, async () => {
      const answer = await http.get(STATUS, await make())
      expect(problemCode(answer)).toBe('401 unauthenticated')
      expect(answer.headers.get('www-authenticate')).toStartWith('Bearer')
    })

  test('that expired, or is not valid yet, within the clocks’ tolerance is taken', async () => {
    expect((await http.get(STATUS, await tokenOf({ exp: seconds(-29) }))).status).toBe(200)
    expect((await http.get(STATUS, await tokenOf({ nbf: seconds(29), iat: seconds(29) }))).status).toBe(200)
  })

  test('in another scheme, or none, is refused', async () => {
    const token = await tokenOf()
    for (const authorization of [`Basic ${token}`, token, `Bearer  ${token}`, `Bearer ${token} x`, 'Bearer'])
      expect(problemCode(await http.send('GET', STATUS, { headers: { authorization } }))).toBe('401 unauthenticated')
    expect(problemCode(await http.get(STATUS))).toBe('401 unauthenticated')
  })

  test('is not taken from the query', async () => {
    expect(problemCode(await http.get(`${STATUS}?access_token=${await tokenOf()}`))).toBe('401 unauthenticated')
  })
})

describe('a token that was checked before', () => {
  test('is refused once it has expired', async () => {
    const http = startHttp()
    const token = await tokenOf({ exp: seconds(60) })
    expect((await http.get(STATUS, token)).status).toBe(200)
    http.ports.advance(89_000)
    expect((await http.get(STATUS, token)).status).toBe(200)
    http.ports.advance(1_000)
    expect(problemCode(await http.get(STATUS, token))).toBe('401 unauthenticated')
  })
})

describe('with an issuer and an audience', () => {
  const http = startHttp({
    jwt: { kind: 'secret', secret: SECRET, issuer: 'https://app.example', audience: 'billing' },
  })
  const good = { iss: 'https://app.example', aud: 'billing' }

  test('a token of that issuer for that audience is taken', async () => {
    expect((await http.get(STATUS, await tokenOf(good))).status).toBe(200)
    expect((await http.get(STATUS, await tokenOf({ ...good, aud: ['other', 'billing'] }))).status).toBe(200)
  })

  for (const [what, claims] of Object.entries({
    'without an issuer': { iss: undefined },
    'of another issuer': { iss: 'https://app.example/' },
    'of an issuer in another case': { iss: 'https://APP.example' },
    'without an audience': { aud: undefined },
    'for another audience': { aud: 'billing2' },
    'for several others': { aud: ['a', 'b'] },
  }))
    test(`a token ${what} is refused`, async () => {
      expect(problemCode(await http.get(STATUS, await tokenOf({ ...good, ...claims })))).toBe('401 unauthenticated')
    })
})

describe('with a public key', () => {
  const pairs = {
    RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
    ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    EdDSA: generateKeyPairSync('ed25519'),
  }
  const pemOf = (alg: keyof typeof pairs) => pairs[alg].publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const httpFor = (alg: keyof typeof pairs) =>
    startHttp({ jwt: { kind: 'public-key', pem: pemOf(alg), issuer: null, audience: null } })

  for (const alg of ['RS256', 'ES256', 'EdDSA'] as const)
    test(`a token signed with ${alg} is taken by the key of that kind alone`, async () => {
      const token = await new SignJWT(OWN).setProtectedHeader({ alg }).sign(pairs[alg].privateKey)
      expect((await httpFor(alg).get(STATUS, token)).status).toBe(200)
      const other = alg === 'RS256' ? 'ES256' : 'RS256'
      expect(problemCode(await httpFor(other).get(STATUS, token))).toBe('401 unauthenticated')
    })

  test('another algorithm of the same key is refused', async () => {
    const token = await new SignJWT(OWN).setProtectedHeader({ alg: 'RS512' }).sign(pairs.RS256.privateKey)
    expect(problemCode(await httpFor('RS256').get(STATUS, token))).toBe('401 unauthenticated')
  })

  test('the public key is no secret to sign with', async () => {
    const token = await tokenOf({}, { alg: 'HS256' }, pemOf('RS256'))
    expect(problemCode(await httpFor('RS256').get(STATUS, token))).toBe('401 unauthenticated')
  })

  test('a key of a kind that has no algorithm here stops the start', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
    expect(() => startHttp({ jwt: { kind: 'public-key', pem, issuer: null, audience: null } })).toThrow('ES256')
  })
})

describe('with a key set', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const settings = (url: string) => ({ jwt: { kind: 'jwks', url, issuer: null, audience: null } }) as const
  const token = (kid: string) => new SignJWT(OWN).setProtectedHeader({ alg: 'EdDSA', kid }).sign(privateKey)

  test('a token of one of its keys is taken, any other is refused', async () => {
    const keys = [{ ...(await exportJWK(publicKey)), kid: 'one' }]
    using server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => Response.json({ keys }) })
    const http = startHttp(settings(server.url.href))
    expect((await http.get(STATUS, await token('one'))).status).toBe(200)
    expect(problemCode(await http.get(STATUS, await token('two')))).toBe('401 unauthenticated')
    expect(problemCode(await http.get(STATUS, await tokenOf()))).toBe('401 unauthenticated')
    expect(problemCode(await http.get(STATUS, 'x.y.z'))).toBe('401 unauthenticated')
  })

  test('while it cannot be fetched nobody can say whether a token is good', async () => {
    using failing = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response('', { status: 500 }) })
    using rubbish = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => Response.json({ keys: 5 }) })
    for (const url of [failing.url.href, rubbish.url.href, 'http://127.0.0.1:1/keys']) {
      const http = startHttp(settings(url))
      const answer = await http.get(STATUS, await token('one'))
      expect(problemCode(answer)).toBe('503 token_keys_unavailable')
      expect(answer.headers.get('retry-after')).toBe('5')
      expect(http.failures).toHaveLength(1)
    }
  })

  test('a token is not asked where its keys are', async () => {
    let visits = 0
    using trap = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => Response.json({ visits: ++visits }) })
    const http = startHttp()
    for (const name of ['jku', 'x5u', 'kid'])
      await http.get(STATUS, signed(OWN, { alg: 'HS256', [name]: trap.url.href }))
    expect(visits).toBe(0)
  })
})

/** Signed with the right key, whatever it says. */
function signed(claims: object, header: object = { alg: 'HS256' }): string {
  const unsigned = forgedToken(header, claims).slice(0, -1)
  return `${unsigned}.${createHmac('sha256', SECRET).update(unsigned).digest('base64url')}`
}

function alteredToken(token: string): string {
  const at = token.length - 20
  return `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`
}
