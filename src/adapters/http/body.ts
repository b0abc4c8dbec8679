import { BillingError } from '../../domain/errors.ts'

/** Far more than any request of this interface needs, and than any event that Stripe sends. */
export const MOST_BODY_BYTES = 256 * 1024

/** The bytes of a body as they were sent. Refuses `payload_too_large` without taking in more than the limit. */
export async function readBody(request: Request): Promise<Uint8Array> {
  const announced = request.headers.get('content-length')
  if (announced !== null && Number(announced) > MOST_BODY_BYTES) throw tooLarge()
  const bytes = announced === null ? await readCounted(request.body) : await whole(request)
  if (bytes.byteLength > MOST_BODY_BYTES) throw tooLarge()
  return bytes
}

/** A JSON object, and nothing but it: no other media type, no byte order mark, no broken UTF-8. */
export async function readJsonObject(request: Request): Promise<object> {
  mustBeJson(request.headers)
  const value = parseJson(await readBody(request))
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new BillingError('validation_failed', 'The body must be a JSON object.', {
    fields: [{ path: '', message: 'must be an object' }],
  })
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

const STRICT_UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(STRICT_UTF8.decode(bytes))
  } catch {
    throw new BillingError('invalid_json', 'The body is empty or is not well-formed JSON in UTF-8.')
  }
}

/** The server holds a sender to the length that he announced. */
async function whole(request: Request): Promise<Uint8Array> {
  return request.bytes().catch(cutOff)
}

/** Without an announced length the bytes are counted as they come, and the rest is not waited for. */
async function readCounted(body: ReadableStream<Uint8Array> | null): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  const reader = body?.getReader()
  for (;;) {
    const next = await reader?.read().catch(cutOff)
    if (next === undefined || next.value === undefined) return Buffer.concat(chunks, length)
    length += next.value.byteLength
    if (length > MOST_BODY_BYTES) {
      await reader?.cancel().catch(() => undefined)
      throw tooLarge()
    }
    chunks.push(next.value)
  }
}

function cutOff(): never {
  throw new BillingError('invalid_json', 'The body ended before it was complete.')
}

function tooLarge(): BillingError {
  return new BillingError('payload_too_large', `A body may have at most ${MOST_BODY_BYTES} bytes.`)
}
