import { BillingError } from '../../domain/errors.ts'

/** Far more than any request of this interface needs, and than any event that Stripe sends. */
export const MOST_BODY_BYTES = 256 * 1024
/** A thousand records. */
export const MOST_BATCH_BYTES = 1024 * 1024

/** The bytes of a body as they were sent. Refuses `payload_too_large` without taking in more than the limit. */
export async function readBody(request: Request, most: number = MOST_BODY_BYTES): Promise<Uint8Array> {
  const announced = request.headers.get('content-length')
  if (announced !== null && Number(announced) > most) throw tooLarge(most)
  const bytes = announced === null ? await readCounted(request.body, most) : await whole(request)
  if (bytes.byteLength > most) throw tooLarge(most)
  return bytes
}

/**
 * A JSON object, and nothing but it: no other media type, no byte order mark, no broken UTF-8. Whoever sends nothing at all,
 * and says of no type that it is, says nothing in particular: for a route without a required field that is enough.
 */
export async function readJsonObject(request: Request, most: number = MOST_BODY_BYTES): Promise<object> {
  const bytes = await readBody(request, most)
  if (bytes.byteLength === 0 && request.headers.get('content-type') === null) return {}
  mustBeJson(request.headers)
  const value = parseJson(bytes)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw unfit('The body must be a JSON object.', 'must be an object')
  if (isDeeper(value, MOST_LEVELS))
    throw unfit(`The body is nested more than ${MOST_LEVELS} levels deep.`, 'is nested too deeply')
  return value
}

function unfit(detail: string, message: string): BillingError {
  return new BillingError('validation_failed', detail, { fields: [{ path: '', message }] })
}

/** Twice what any request needs. Elysia writes out what fits no schema, with indents that grow with the square of the depth. */
const MOST_LEVELS = 8

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1))
}

const JSON_TYPE = /^application\/json\s*(?:;(?!.*charset).*|;\s*charset="?utf-8"?\s*)?$/i

function mustBeJson(headers: Headers): void {
  const type = headers.get('content-type')
  const isJson = type === 'application/json' || (type !== null && JSON_TYPE.test(type))
  if (isJson && (headers.get('content-encoding') ?? 'identity') === 'identity') return
  throw new BillingError(
    'unsupported_media_type',
    'Send the body as plain JSON in UTF-8, with the header Content-Type: application/json.',
  )
}

const EMPTY = 'The body is empty. Send a JSON object, at least {}.'

const STRICT_UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(STRICT_UTF8.decode(bytes))
  } catch {
    throw new BillingError(
      'invalid_json',
      bytes.byteLength === 0 ? EMPTY : 'The body is not well-formed JSON in UTF-8.',
    )
  }
}

/** The server holds a sender to the length that he announced. */
async function whole(request: Request): Promise<Uint8Array> {
  return request.bytes().catch(cutOff)
}

/** Without an announced length the bytes are counted as they come, and the rest is not waited for. */
async function readCounted(body: ReadableStream<Uint8Array> | null, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  const reader = body?.getReader()
  for (;;) {
    const next = await reader?.read().catch(cutOff)
    if (next === undefined || next.value === undefined) return Buffer.concat(chunks, length)
    length += next.value.byteLength
    if (length > most) {
      await reader?.cancel().catch(() => undefined)
      throw tooLarge(most)
    }
    chunks.push(next.value)
  }
}

function cutOff(): never {
  throw new BillingError('invalid_json', 'The body ended before it was complete.')
}

function tooLarge(most: number): BillingError {
  return new BillingError('payload_too_large', `A body may have at most ${most} bytes.`)
}
