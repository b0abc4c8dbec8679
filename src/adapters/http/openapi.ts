import { swagger } from '@elysiajs/swagger'
import { type AnyElysia, Elysia } from 'elysia'
import { type Json, recordOf } from './openapi-json.ts'
import { operationOf } from './openapi-operation.ts'
import { PROBLEMS } from './problem.ts'

interface Facts {
  readonly publicUrl: () => string
  readonly version: string
}

/**
 * The OpenAPI document of the routes. The plugin collects paths and schemas; it is asked on the side and never served,
 * since its own page comes from a CDN and its document is not valid. What is missing is added here.
 */
export async function openApiDocument(resources: AnyElysia, { publicUrl, version }: Facts): Promise<Json> {
  return {
    openapi: '3.1.0',
    info: { title: 'speech-billing', version, description: OVERVIEW, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: publicUrl() }],
    tags: TAGS,
    paths: Object.fromEntries(
      Object.entries(await collectedPaths(resources)).map(([path, methods]) => [path, pathOf(path, methods)]),
    ),
    components: { securitySchemes: { bearer: BEARER }, schemas: { Problem: PROBLEM_SCHEMA } },
  }
}

async function collectedPaths(resources: AnyElysia): Promise<Json> {
  const collector = new Elysia().use(swagger({ path: '/collected' })).use(resources)
  const answer = await collector.handle(new Request('http://localhost/collected/json'))
  return recordOf(recordOf(await answer.json()).paths)
}

function pathOf(path: string, methods: unknown): Json {
  return Object.fromEntries(
    Object.entries(recordOf(methods)).map(([method, collected]) => [
      method,
      operationOf(method, path, recordOf(collected)),
    ]),
  )
}

const OVERVIEW = `The billing backend of a speech-assistant app.

**Tokens.** Send \`Authorization: Bearer <JWT>\`. Without a scope a token is its user's own. \`usage:write\` also records
usage for that user, \`metering\` records for any user named by \`user_id\`, \`service\` does everything under \`/payments\`
for any such user. In development \`speech-billing token --user ann --scope usage:write\` prints one.

**Money** is in whole minor units with a currency, **times** are ISO 8601 in UTC.

**Writing twice is safe.** With an \`Idempotency-Key\` the first answer to a request is stored for good and given again,
marked \`Idempotent-Replayed: true\`. Server errors are never stored.

**Errors** are problems in the form of RFC 9457 with a stable \`code\` and, for invalid fields, \`errors\` with their paths.`

const TAGS = [
  { name: 'Plans', description: 'What is on sale' },
  { name: 'Subscriptions', description: 'Subscribing, cancelling, and how a user stands' },
  { name: 'Payments', description: 'One-time payments and the billing history' },
  { name: 'Usage', description: 'Recording what was used, and looking at it' },
  { name: 'Admin', description: 'For the operator' },
  { name: 'Webhook', description: 'For Stripe' },
  { name: 'Health', description: 'For supervisors and load balancers' },
]

const BEARER = {
  type: 'http',
  scheme: 'bearer',
  bearerFormat: 'JWT',
  description: 'Claims: `sub` and `exp`; `email`, `name` and `scope` when there are any.',
}

const PROBLEM_SCHEMA = {
  type: 'object',
  description: 'A refused request, as in RFC 9457',
  required: ['type', 'title', 'status', 'code', 'detail', 'request_id'],
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string', description: 'The same for every problem with this code' },
    status: { type: 'integer' },
    code: { type: 'string', enum: Object.keys(PROBLEMS), description: 'For programs; never changes' },
    detail: { type: 'string', description: 'What is wrong here, why, and what to do' },
    request_id: { type: 'string', description: 'Also in the header X-Request-Id' },
    errors: {
      type: 'array',
      description: 'The fields that do not fit',
      items: {
        type: 'object',
        required: ['path', 'message'],
        properties: { path: { type: 'string', description: 'A JSON pointer' }, message: { type: 'string' } },
      },
    },
  },
}
