import { style } from './style.ts'

/** A plain page: no script, no request to anywhere else. `body` is HTML made by `html`. */
export function page(title: string, body: Html, status = 200): Response {
  const document = html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${{ text: style }}</style>
<main>${body}</main>
</html>`
  return new Response(document.text, {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; form-action 'self' http: https:",
      'cache-control': 'no-store',
    },
  })
}

/** Text that is already HTML. */
export interface Html {
  readonly text: string
}

type Part = Html | readonly Html[] | string | number

/** Builds HTML; every value that is not HTML already is escaped. */
export function html(strings: TemplateStringsArray, ...values: readonly Part[]): Html {
  const text = strings.reduce((built, string, index) => {
    const value = values[index - 1]
    return built + (value === undefined ? '' : toText(value)) + string
  })
  return { text }
}

function toText(value: Part): string {
  if (typeof value === 'string' || typeof value === 'number') return Bun.escapeHTML(String(value))
  if ('text' in value) return value.text
  return value.map((part) => part.text).join('')
}
