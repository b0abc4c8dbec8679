import { describe, expect, test } from 'bun:test'
import { type Config, readConfig } from '../../src/config/config.ts'
import { readSandboxPort } from '../../src/config/stripe-keys.ts'
import type { Variables } from '../../src/config/variables.ts'

const SECRET = 'a-secret-of-more-than-thirty-two-bytes'
const TEST_KEYS: Variables = { STRIPE_SECRET_KEY: 'sk_test_51AbC', STRIPE_WEBHOOK_SECRET: 'whsec_abc123' }
const PRODUCTION: Variables = {
  APP_ENV: 'production',
  STRIPE_SECRET_KEY: 'sk_live_51AbC',
  STRIPE_PUBLISHABLE_KEY: 'pk_live_51AbC',
  STRIPE_WEBHOOK_SECRET: 'whsec_abc123',
  JWT_SECRET: SECRET,
}

function accepted(variables: Variables): Config {
  const reading = readConfig(variables)
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems))
  return reading.config
}

/** The problems as `VARIABLE problem`, so that a test can look for words in them. */
function problems(variables: Variables): readonly string[] {
  const reading = readConfig(variables)
  return reading.ok ? [] : reading.problems.map(({ variable, problem }) => `${variable} ${problem}`)
}

function cures(variables: Variables): string {
  const reading = readConfig(variables)
  return reading.ok ? '' : reading.problems.map(({ cure }) => cure).join('\n')
}

describe('without any variable', () => {
  test('it runs in development on loopback, in sandbox mode, with a kept secret and the built-in plans', () => {
    const { catalogue, ...config } = accepted({})
    expect(config).toEqual({
      environment: 'development',
      host: '127.0.0.1',
      port: 8000,
      publicUrl: null,
      databaseFile: 'data/billing.db',
      dataFolder: 'data',
      stripe: { kind: 'sandbox', port: 12111, webhookSecret: null },
      jwt: { kind: 'kept' },
      jwtIssuer: null,
      jwtAudience: null,
      appWebhook: null,
      corsOrigins: [],
      returnOrigins: [],
      publicPlans: false,
      automaticTax: false,
      logLevel: 'info',
    })
    expect(catalogue.plans).toHaveLength(4)
  })

  test('empty variables and the placeholders of the guide count as missing', () => {
    const placeholders = {
      STRIPE_PUBLISHABLE_KEY: 'pk_test_your_key_here',
      STRIPE_SECRET_KEY: 'sk_test_your_key_here',
      STRIPE_WEBHOOK_SECRET: 'whsec_your_webhook_secret_here',
      JWT_SECRET: 'your_jwt_secret_here',
      PORT: '',
      PUBLIC_URL: '  ',
    }
    expect(accepted(placeholders)).toEqual(accepted({}))
  })
})

describe('all problems are reported at once', () => {
  test('each with its variable and a cure', () => {
    const reading = readConfig({
      APP_ENV: 'production',
      PORT: 'http',
      PUBLIC_URL: 'billing.example.com',
      DATABASE_URL: 'mysql://x',
      LOG_LEVEL: 'loud',
      PLANS_FILE: '/nowhere/plans.json',
      PUBLIC_PLANS: 'perhaps',
    })
    if (reading.ok) throw new Error('it was accepted')
    expect(reading.problems.map(({ variable }) => variable).toSorted()).toEqual([
      'DATABASE_URL',
      'JWT_SECRET',
      'LOG_LEVEL',
      'PLANS_FILE',
      'PORT',
      'PUBLIC_PLANS',
      'PUBLIC_URL',
      'STRIPE_PUBLISHABLE_KEY',
      'STRIPE_SECRET_KEY',
      'STRIPE_WEBHOOK_SECRET',
    ])
    for (const { problem, cure } of reading.problems)
      expect([problem.length > 5, cure.length > 10]).toEqual([true, true])
  })

  test('and no secret is ever quoted', () => {
    const secret = 'sk_live_VERYSECRET'
    const reading = readConfig({
      STRIPE_SECRET_KEY: `x${secret}`,
      STRIPE_WEBHOOK_SECRET: secret,
      JWT_SECRET: secret,
      STRIPE_PUBLISHABLE_KEY: secret,
    })
    expect(reading.ok).toBe(false)
    expect(JSON.stringify(reading)).not.toContain('VERYSECRET')
  })
})

describe('Stripe in development', () => {
  test('test keys with a webhook secret are taken', () => {
    const { stripe } = accepted({ ...TEST_KEYS, STRIPE_PUBLISHABLE_KEY: 'pk_test_51AbC' })
    expect(stripe).toEqual({
      kind: 'stripe',
      secretKey: 'sk_test_51AbC',
      publishableKey: 'pk_test_51AbC',
      webhookSecrets: ['whsec_abc123'],
      apiBase: null,
      livemode: false,
    })
  })

  test('a restricted key is as good', () => {
    expect(accepted({ ...TEST_KEYS, STRIPE_SECRET_KEY: 'rk_test_51AbC' }).stripe).toMatchObject({
      secretKey: 'rk_test_51AbC',
    })
  })

  test('several webhook secrets are separated by commas, and a placeholder among them is left out', () => {
    const variables = { ...TEST_KEYS, STRIPE_WEBHOOK_SECRET: 'whsec_old, whsec_new,whsec_your_webhook_secret_here,' }
    expect(accepted(variables).stripe).toMatchObject({ webhookSecrets: ['whsec_old', 'whsec_new'] })
  })

  test('a key without a webhook secret is refused, with the command that makes one', () => {
    const variables = { STRIPE_SECRET_KEY: 'sk_test_51AbC' }
    expect(problems(variables)).toEqual([
      expect.stringContaining('STRIPE_WEBHOOK_SECRET is missing beside STRIPE_SECRET_KEY'),
    ])
    expect(cures(variables)).toContain('stripe listen --forward-to localhost:8000/payments/stripe-webhook')
    expect(cures({ ...variables, PORT: '9000' })).toContain('--forward-to localhost:9000/')
    expect(cures(variables)).toContain('Dashboard')
  })

  test('a webhook secret without a key is the secret of the sandbox', () => {
    const { stripe } = accepted({ STRIPE_WEBHOOK_SECRET: 'whsec_abc123', SANDBOX_PORT: '0' })
    expect(stripe).toEqual({ kind: 'sandbox', port: 0, webhookSecret: 'whsec_abc123' })
  })

  test('live keys are refused', () => {
    expect(problems({ ...TEST_KEYS, STRIPE_SECRET_KEY: 'sk_live_51AbC' })).toEqual([
      expect.stringContaining('is a live key'),
    ])
    expect(problems({ ...TEST_KEYS, STRIPE_SECRET_KEY: 'rk_live_51AbC' })).toEqual([
      expect.stringContaining('is a live key'),
    ])
  })

  test('keys of two modes are refused', () => {
    expect(problems({ ...TEST_KEYS, STRIPE_PUBLISHABLE_KEY: 'pk_live_51AbC' })).toEqual([
      'STRIPE_PUBLISHABLE_KEY is a live key beside a test secret key',
    ])
  })

  test.each([
    [{ STRIPE_SECRET_KEY: 'pk_test_51AbC' }, 'holds a publishable key'],
    [{ STRIPE_SECRET_KEY: 'sk_51AbC' }, 'does not look like a secret key'],
    [{ STRIPE_SECRET_KEY: 'sk_test_' }, 'does not look like a secret key'],
    [{ STRIPE_PUBLISHABLE_KEY: 'sk_test_51AbC' }, 'holds a secret key'],
    [{ STRIPE_PUBLISHABLE_KEY: 'hello' }, 'does not look like a publishable key'],
    [{ STRIPE_WEBHOOK_SECRET: 'we_123' }, 'is not of the form whsec_'],
    [{ STRIPE_WEBHOOK_SECRET: 'whsec_good,bad' }, 'is not of the form whsec_'],
  ])('%j is refused: %s', (variables, words) => {
    expect(problems({ ...TEST_KEYS, ...variables })).toEqual([expect.stringContaining(words)])
  })

  test('half a pair of keys is refused', () => {
    expect(problems({ STRIPE_PUBLISHABLE_KEY: 'pk_test_51AbC' })).toEqual([
      'STRIPE_PUBLISHABLE_KEY stands without STRIPE_SECRET_KEY',
    ])
  })

  test('the sandbox has one webhook secret, a port of its own, and no other host', () => {
    expect(problems({ STRIPE_WEBHOOK_SECRET: 'whsec_a,whsec_b' })).toEqual([expect.stringContaining('several secrets')])
    expect(problems({ PORT: '12111' })).toEqual(['SANDBOX_PORT is the same as PORT'])
    expect(problems({ STRIPE_API_BASE: 'http://127.0.0.1:12111' })).toEqual([
      expect.stringContaining('no key to call it with'),
    ])
    expect(problems({ PORT: '0', SANDBOX_PORT: '0' })).toEqual([])
  })

  test.each(['http://127.0.0.1:12111', 'http://localhost:12111', 'http://[::1]:12111', 'https://stripe.example.com'])(
    'the API may be at %s',
    (base) => expect(accepted({ ...TEST_KEYS, STRIPE_API_BASE: `${base}/` }).stripe).toMatchObject({ apiBase: base }),
  )

  test.each([
    'http://stripe.example.com',
    'http://127.0.0.1.example.com',
    'localhost:12111',
    'https://x.example/v1',
    'https://user:password@x.example',
    'ftp://x',
  ])('the API may not be at %s', (base) => expect(problems({ ...TEST_KEYS, STRIPE_API_BASE: base })).toHaveLength(1))
})

describe('Stripe in production', () => {
  test('live keys are taken', () => {
    expect(accepted(PRODUCTION).stripe).toMatchObject({ kind: 'stripe', livemode: true })
    expect(accepted(PRODUCTION).host).toBe('0.0.0.0')
  })

  test.each([
    { STRIPE_SECRET_KEY: undefined },
    { STRIPE_SECRET_KEY: '' },
    { STRIPE_SECRET_KEY: 'sk_live_your_key_here' },
  ])('there is no sandbox: %j is refused', (variables) =>
    expect(problems({ ...PRODUCTION, ...variables })).toContainEqual(
      expect.stringContaining('STRIPE_SECRET_KEY is missing'),
    ),
  )

  test('a missing or misshapen webhook secret is refused', () => {
    expect(problems({ ...PRODUCTION, STRIPE_WEBHOOK_SECRET: '' })).toEqual([expect.stringContaining('is missing')])
    expect(problems({ ...PRODUCTION, STRIPE_WEBHOOK_SECRET: 'secret' })).toEqual([expect.stringContaining('whsec_')])
  })

  test('test keys are refused unless they are meant', () => {
    const variables = { ...PRODUCTION, ...TEST_KEYS, STRIPE_PUBLISHABLE_KEY: 'pk_test_51AbC' }
    expect(problems(variables)).toEqual([expect.stringContaining('is a test key')])
    expect(accepted({ ...variables, ALLOW_TEST_KEYS: 'true' }).stripe).toMatchObject({ livemode: false })
    expect(problems({ ...variables, ALLOW_TEST_KEYS: 'yes' })).toContainEqual(
      expect.stringContaining('neither true nor false'),
    )
  })
})

describe('the key of tokens', () => {
  test('production needs one', () => {
    expect(problems({ ...PRODUCTION, JWT_SECRET: '' })).toEqual([expect.stringContaining('JWT_SECRET is missing')])
  })

  test('a secret is at least 32 bytes long, counted in bytes', () => {
    expect(problems({ ...PRODUCTION, JWT_SECRET: 'x'.repeat(31) })).toEqual([expect.stringContaining('has 31 bytes')])
    expect(accepted({ ...PRODUCTION, JWT_SECRET: 'é'.repeat(16) }).jwt).toEqual({
      kind: 'secret',
      secret: 'é'.repeat(16),
    })
  })

  test('a line break at its end is reported instead of changing the key in silence', () => {
    expect(problems({ JWT_SECRET: `${SECRET}\n` })).toEqual([expect.stringContaining('a blank or a line break')])
  })

  test('several sources at once are refused', () => {
    expect(problems({ JWT_SECRET: SECRET, JWT_JWKS_URL: 'https://example.com/jwks.json' })).toEqual([
      expect.stringContaining('JWT_JWKS_URL stands beside JWT_SECRET'),
    ])
  })

  test('a key set is fetched over https, or from this machine', () => {
    const url = 'https://example.com/jwks.json'
    expect(accepted({ ...PRODUCTION, JWT_SECRET: '', JWT_JWKS_URL: url }).jwt).toEqual({ kind: 'jwks', url })
    expect(problems({ JWT_JWKS_URL: 'http://127.0.0.1:9/jwks' })).toEqual([])
    expect(problems({ JWT_JWKS_URL: 'http://example.com/jwks.json' })).toHaveLength(1)
  })

  test('issuer and audience are taken as they stand', () => {
    expect(accepted({ JWT_ISSUER: 'app', JWT_AUDIENCE: 'billing' })).toMatchObject({
      jwtIssuer: 'app',
      jwtAudience: 'billing',
    })
  })
})

describe('addresses', () => {
  test.each(['0', '8080', '65535'])('port %s is taken', (port) =>
    expect(accepted({ PORT: port }).port).toBe(Number(port)),
  )

  test.each(['-1', '65536', '80a', '8000.5', '1e3', '0x10'])('port %s is refused', (port) => {
    expect(problems({ PORT: port })).toEqual(['PORT is not a port number'])
    expect(problems({ SANDBOX_PORT: port })).toEqual(['SANDBOX_PORT is not a port number'])
  })

  test('the public address loses its trailing slash and gives the origin to come back to', () => {
    expect(accepted({ PUBLIC_URL: 'https://billing.example.com/' })).toMatchObject({
      publicUrl: 'https://billing.example.com',
      returnOrigins: ['https://billing.example.com'],
    })
    expect(accepted({ PUBLIC_URL: 'https://example.com/billing/' })).toMatchObject({
      publicUrl: 'https://example.com/billing',
      returnOrigins: ['https://example.com'],
    })
  })

  test.each([
    'example.com',
    'localhost:8000',
    'ftp://example.com',
    'https://a:b@example.com',
    'https://example.com?x=1',
    'https://example.com#x',
  ])('the public address is not %s', (url) =>
    expect(problems({ PUBLIC_URL: url })).toEqual(['PUBLIC_URL is not a plain http or https address']),
  )

  test('origins are separated by commas', () => {
    const origins = 'https://app.example.com, http://localhost:3000/'
    const expected = ['https://app.example.com', 'http://localhost:3000']
    expect(accepted({ CORS_ORIGINS: origins, RETURN_ORIGINS: origins })).toMatchObject({
      corsOrigins: expected,
      returnOrigins: expected,
    })
  })

  test.each(['*', 'null', 'app.example.com', 'https://app.example.com/path', 'https://*.example.com/'])(
    '%s is not an origin',
    (origin) => {
      expect(problems({ CORS_ORIGINS: `https://a.example,${origin}` })).toEqual([
        'CORS_ORIGINS holds something that is not an origin',
      ])
    },
  )

  test('a host is an address and no URL', () => {
    expect(accepted({ HOST: '::1' }).host).toBe('::1')
    expect(problems({ HOST: 'http://localhost' })).toEqual(['HOST is not an address to listen on'])
  })
})

describe('the database', () => {
  test.each([
    ['file:x.db', 'x.db', '.'],
    ['file:./data/../data/x.db', 'data/x.db', 'data'],
    ['file:/data/billing.db', '/data/billing.db', '/data'],
    ['file:///data/billing.db', '/data/billing.db', '/data'],
  ])('%s is the file %s', (url, databaseFile, dataFolder) => {
    expect(accepted({ DATABASE_URL: url })).toMatchObject({ databaseFile, dataFolder })
  })

  test.each([
    ['postgres://user:password@host/billing', 'PostgreSQL'],
    ['postgresql://host/billing', 'PostgreSQL'],
    ['data/billing.db', 'does not begin with file:'],
    ['file:', 'names no file'],
    ['file:data/', 'names no file'],
    ['file::memory:', 'in memory'],
    ['file:data/x.db?mode=ro', 'more than a path'],
    ['file://host/x.db', 'more than a path'],
  ])('%s is refused: %s', (url, words) => {
    expect(problems({ DATABASE_URL: url })).toEqual([expect.stringContaining(words)])
  })
})

describe('the rest', () => {
  test('the environment is one of two words', () => {
    expect(problems({ APP_ENV: 'staging' })).toEqual(['APP_ENV is none of development, production'])
  })

  test('flags are true or false', () => {
    expect(accepted({ PUBLIC_PLANS: 'TRUE' }).publicPlans).toBe(true)
    expect(accepted({ PUBLIC_PLANS: 'false' }).publicPlans).toBe(false)
    expect(problems({ PUBLIC_PLANS: '1' })).toEqual(['PUBLIC_PLANS is neither true nor false'])
  })

  test('quotation marks that Docker has left in a value are one problem, not two', () => {
    expect(problems({ ...TEST_KEYS, STRIPE_SECRET_KEY: '"sk_test_51AbC"' })).toEqual([
      'STRIPE_SECRET_KEY begins and ends with quotation marks',
    ])
  })

  test.each([
    ['STRIPE_SECRETKEY', 'STRIPE_SECRET_KEY'],
    ['STRIPE_WEBHOOK_SECRETS', 'STRIPE_WEBHOOK_SECRET'],
    ['STRIPE_SECERT_KEY', 'STRIPE_SECRET_KEY'],
    ['jwt_secret', 'JWT_SECRET'],
    ['DATABASEURL', 'DATABASE_URL'],
    ['LOGLEVEL', 'LOG_LEVEL'],
  ])('%s is a misspelling of %s', (name, meant) => {
    expect(problems({ [name]: 'x' })).toEqual([`${name} is not a variable of this program and looks like ${meant}`])
  })

  test('other programs may have their variables, and ours may stand beside a similar one', () => {
    expect(
      problems({ STRIPE_ACCOUNT: 'x', HOSTNAME: 'x', PATH: 'x', JWT_ALGORITHM: 'HS256', APP_NAME: 'x', PORTS: 'x' }),
    ).toEqual([])
    expect(problems({ DATABASE_URL: 'file:x.db', DATABASE_URI: 'postgres://x' })).toEqual([])
  })
})

test('the port of a simulator that runs alone is read beside any keys', () => {
  const report = () => undefined
  expect(readSandboxPort({ ...PRODUCTION, SANDBOX_PORT: '12200' }, report)).toBe(12200)
  expect(readSandboxPort(PRODUCTION, report)).toBe(12111)
})

describe('the app’s webhook', () => {
  const url = 'https://app.example.com/billing-events'
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
  const of = (APP_WEBHOOK_URL: string, APP_WEBHOOK_SECRET: string) => problems({ APP_WEBHOOK_URL, APP_WEBHOOK_SECRET })

  test('needs both variables or neither', () => {
    expect(of(url, '')).toEqual([expect.stringContaining('APP_WEBHOOK_SECRET is missing')])
    expect(of('', secret)).toEqual([expect.stringContaining('APP_WEBHOOK_URL is missing')])
    expect(accepted({ APP_WEBHOOK_URL: url, APP_WEBHOOK_SECRET: secret }).appWebhook).toEqual({ url, secret })
  })

  test('is reached by https, or on this machine', () => {
    for (const wrong of [
      'http://app.example.com/',
      'app.example.com',
      'ftp://app.example.com/',
      'https://u:p@x.example/',
    ])
      expect(of(wrong, secret)).toEqual(['APP_WEBHOOK_URL is not an https address'])
    expect(of('http://localhost:3000/billing-events', secret)).toEqual([])
  })

  test('has a secret of the form of Standard Webhooks', () => {
    for (const wrong of ['secret', 'whsec_', 'whsec_ab-c', `whsec_${Buffer.alloc(23).toString('base64')}`])
      expect(of(url, wrong)).toEqual([expect.stringContaining('APP_WEBHOOK_SECRET is not whsec_')])
  })
})
