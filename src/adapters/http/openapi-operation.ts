import { compact, type Json, listOf, recordOf } from './openapi-json.ts'
import { readableSchema } from './openapi-schema.ts'
import { PROBLEMS, type ProblemCode, problemBody } from './problem.ts'
import { DOCUMENT, type Examples, type RouteDocument } from './route-document.ts'

/** One operation of the document, out of what the plugin collected and what the route says of itself. */
export function operationOf(method: string, path: string, collected: Json): Json {
  // Put there by `describe`, and carried along unread.
  const document = collected[DOCUMENT] as RouteDocument
  const requestSchema = contentSchema(recordOf(collected.requestBody))
  const parameters = [...listOf(collected.parameters).map(parameterOf), ...headersOf(document)]
  return compact({
    operationId: operationId(method, path),
    tags: [document.tag],
    summary: document.summary,
    description: document.description,
    security: document.open ? [] : [{ bearer: [] }],
    parameters: parameters.length > 0 ? parameters : undefined,
    requestBody: document.requests && {
      // Without a required field it may be left out altogether; the webhook's is read as bytes.
      required: document.open === true || listOf(requestSchema.required).length > 0,
      content: { 'application/json': { schema: requestSchema, examples: document.requests } },
    },
    responses: {
      ...problemsOf(codesOf(document, parameters.length > 0)),
      ...answersOf(document, recordOf(collected.responses)),
    },
  })
}

/** `POST /payments/record-usage` is `recordUsage`, `GET /payments/usage-summary` is `getUsageSummary`. */
function operationId(method: string, path: string): string {
  const words = path.split(/[/{}-]+/).filter((word) => word !== '' && word !== 'payments')
  const all = method === 'get' ? ['get', ...words] : words
  return all.map((word, index) => (index === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1))).join('')
}

function contentSchema(bearer: Json): Json {
  const schema = recordOf(recordOf(bearer.content)['application/json']).schema
  return schema === undefined ? { type: 'object' } : readableSchema(schema)
}

function parameterOf(collected: unknown): Json {
  const { name, in: place, required, description, schema } = recordOf(collected)
  return compact({ name, in: place, required, description, schema: readableSchema(schema) })
}

function headersOf({ idempotent, headers = {} }: RouteDocument): readonly Json[] {
  const own = idempotent ? { 'Idempotency-Key': 'The same key and request answer the first answer again' } : {}
  return Object.entries({ ...own, ...headers }).map(([name, description]) => ({
    name,
    in: 'header',
    required: name in headers,
    description,
    schema: { type: 'string', minLength: 1, ...(name in own ? { maxLength: 255 } : {}) },
  }))
}

function answersOf(document: RouteDocument, collected: Json): Json {
  return Object.fromEntries(
    Object.entries(document.answers).map(([status, { description, examples }]) => [
      status,
      { description, headers: REQUEST_ID, content: jsonContent(recordOf(collected[status]), examples) },
    ]),
  )
}

function jsonContent(collected: Json, examples: Examples): Json {
  return { 'application/json': { schema: contentSchema(collected), examples } }
}

const REQUEST_ID = {
  'X-Request-Id': { description: 'By which the operator finds the request', schema: { type: 'string' } },
}

/** What follows from having a token, a body or fields, and what the route adds. */
function codesOf(document: RouteDocument, hasParameters: boolean): readonly ProblemCode[] {
  const hasBody = document.requests !== undefined && !document.open
  return [
    ...(document.open ? [] : (['unauthenticated', 'forbidden', 'storage_unavailable'] as const)),
    ...(hasBody ? (['invalid_json', 'payload_too_large', 'unsupported_media_type'] as const) : []),
    ...(hasBody || hasParameters ? (['validation_failed'] as const) : []),
    ...(document.refusals ?? []),
    'internal_error',
  ]
}

/** One response for each status, with an example for each of its codes. */
function problemsOf(codes: readonly ProblemCode[]): Json {
  const byStatus = Map.groupBy(new Set(codes), (code) => PROBLEMS[code].status)
  return Object.fromEntries([...byStatus].map(([status, same]) => [status, problemResponse(same)]))
}

function problemResponse(codes: readonly ProblemCode[]): Json {
  const examples = codes.map((code) => {
    const { title } = PROBLEMS[code]
    return [code, { summary: title, value: problemBody({ code, detail: `${title}.` }, 'request_01jd9k3v7x8y') }]
  })
  return {
    description: codes.map((code) => `\`${code}\``).join(', '),
    content: {
      'application/problem+json': {
        schema: { $ref: '#/components/schemas/Problem' },
        examples: Object.fromEntries(examples),
      },
    },
  }
}
