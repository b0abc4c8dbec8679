/** Plain http is for this machine only: what goes over a network must be encrypted. */
export function isLoopback(url: URL): boolean {
  return url.hostname === 'localhost' || url.hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(url.hostname)
}

/** A web address, or null for anything else: no scheme (`localhost:8000`), a password in it, a `*` for many hosts. */
export function webAddress(text: string): URL | null {
  const url = URL.canParse(text) && !text.includes('*') ? new URL(text) : null
  const isWeb = url?.protocol === 'http:' || url?.protocol === 'https:'
  return isWeb && url.username === '' && url.password === '' ? url : null
}
