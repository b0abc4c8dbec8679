/** Crockford's base32: no letter that looks like another, and in the order of its characters. */
const ALPHABET = Buffer.from('0123456789abcdefghjkmnpqrstvwxyz', 'latin1')
/** Of sixteen bytes; written over and over. */
const letters = Buffer.alloc(26)

/** A new id such as `usage_01k…`: 26 letters of a UUIDv7, which sort by the time they were made, within one process strictly. */
export function newId(prefix: string): string {
  return `${prefix}_${base32(Bun.randomUUIDv7('buffer'))}`
}

/**
 * Sixteen bytes as letters that sort as the bytes do. Every recorded use needs ids, hence the plain loop and letters that
 * are bytes: texts that are put together from pieces cost more than twice as much by the time they are stored.
 */
export function base32(bytes: Uint8Array): string {
  let length = 0
  let bits = 0
  // The first letter holds three bits of the bytes behind two that are always zero.
  let held = 2
  for (let index = 0; index < bytes.length; index++) {
    bits = (bits << 8) | (bytes[index] ?? 0)
    held += 8
    if (held < 10) continue
    held -= 10
    letters[length++] = ALPHABET[bits >> (held + 5)] ?? 0
    letters[length++] = ALPHABET[(bits >> held) & 31] ?? 0
    bits &= (1 << held) - 1
  }
  return letters.toString('latin1')
}
