const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** A fresh Stripe-looking id. It begins with the time so that ids append to the index instead of scattering over it. */
export function freshId(prefix: string): string {
  return `${prefix}_1${base62(Date.now(), 8)}${randomLetters(15)}`
}

export function randomLetters(length: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(length))
  let letters = ''
  for (const byte of bytes) letters += alphabet[byte % 62]
  return letters
}

function base62(value: number, width: number): string {
  let digits = ''
  for (let rest = value; digits.length < width; rest = Math.floor(rest / 62)) digits = alphabet[rest % 62] + digits
  return digits
}
