/** Crockford's base32: no letter that looks like another, and in the order of its characters. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
/** 128 bits in letters of five. */
const LETTERS = 26

/** A new id such as `usage_01k…`: 26 letters of a UUIDv7, which sort by the time they were made, within one process strictly. */
export function newId(prefix: string): string {
  return `${prefix}_${base32(Bun.randomUUIDv7('buffer'))}`
}

/** Sixteen bytes as letters that sort as the bytes do. */
export function base32(bytes: Uint8Array): string {
  const number = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
  return Array.from({ length: LETTERS }, (_, index) => letterAt(number, LETTERS - 1 - index)).join('')
}

function letterAt(number: bigint, place: number): string {
  return ALPHABET.charAt(Number((number >> BigInt(place * 5)) & 31n))
}
