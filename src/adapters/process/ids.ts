/** Crockford's base32: no letter that looks like another, and in the order of its characters. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/** A new id such as `usage_01k…`: 26 letters of a UUIDv7, which sort by the time they were made, within one process strictly. */
export function newId(prefix: string): string {
  return `${prefix}_${base32(Bun.randomUUIDv7('buffer'))}`
}

/** Every pair of letters, by the ten bits that they stand for. */
const PAIRS = Array.from({ length: 1_024 }, (_, bits) => ALPHABET.charAt(bits >> 5) + ALPHABET.charAt(bits & 31))

/** Sixteen bytes as letters that sort as the bytes do. Every recorded use needs ids, hence the plain loop. */
export function base32(bytes: Uint8Array): string {
  let letters = ''
  let bits = 0
  // The first letter holds three bits of the bytes behind two that are always zero.
  let held = 2
  for (const byte of bytes) {
    bits = (bits << 8) | byte
    held += 8
    if (held < 10) continue
    held -= 10
    letters += PAIRS[bits >> held]
    bits &= (1 << held) - 1
  }
  return letters
}
