import { type AnyElysia, Elysia } from 'elysia'
import stylesheet from 'swagger-ui-dist/swagger-ui.css' with { type: 'file' }
import bundle from 'swagger-ui-dist/swagger-ui-bundle.js' with { type: 'file' }
import icon from './docs/icon.svg' with { type: 'file' }
import pageStylesheet from './docs/page.css' with { type: 'file' }
import start from './docs/start.js' with { type: 'file' }
import { openApiDocument } from './openapi.ts'

interface Documenting {
  readonly publicUrl: () => string
  readonly version: string
}

/** The description of the interface: a page for people and an OpenAPI document for programs. All of it is served by us. */
export function docs(options: Documenting, resources: AnyElysia) {
  let document: Promise<string> | null = null
  return new Elysia({ name: 'docs' })
    .get('/docs', () => answer(pageOf(options.version), 'text/html; charset=utf-8'))
    .get('/docs/json', async () => {
      document ??= openApiDocument(resources, options).then((made) => JSON.stringify(made))
      return answer(await document, 'application/json')
    })
    .get('/docs/swagger-ui.js', () => asset(bundle, JAVASCRIPT))
    .get('/docs/swagger-ui.css', () => asset(stylesheet, CSS))
    .get('/docs/start.js', () => asset(start, JAVASCRIPT))
    .get('/docs/page.css', () => asset(pageStylesheet, CSS))
    .get('/docs/icon.svg', () => asset(icon, 'image/svg+xml'))
}

const JAVASCRIPT = 'text/javascript; charset=utf-8'
const CSS = 'text/css; charset=utf-8'

/** Only our own files run and load. Swagger UI sets styles on its elements, and shows icons from data URLs. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

function answer(body: string, type: string): Response {
  return new Response(body, {
    headers: { 'content-type': type, 'content-security-policy': POLICY, 'cache-control': 'no-cache' },
  })
}

/** Asked for by version, so that it can be kept: a new version of the program asks for a new address. */
function asset(path: string, type: string): Response {
  return new Response(Bun.file(path), {
    headers: { 'content-type': type, 'cache-control': 'public, max-age=86400' },
  })
}

function pageOf(version: string): string {
  const query = `?v=${encodeURIComponent(version)}`
  return `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>speech-billing</title>
  <link rel="icon" href="/docs/icon.svg${query}">
  <link rel="stylesheet" href="/docs/swagger-ui.css${query}">
  <link rel="stylesheet" href="/docs/page.css${query}">
  <script src="/docs/swagger-ui.js${query}" defer></script>
  <script src="/docs/start.js${query}" defer></script>
</head>
<body>
  <header class="banner">
    <h1><img src="/docs/icon.svg${query}" width="28" height="28" alt="">speech-billing</h1>
    <p>Plans, subscriptions, metered usage and payments for a speech assistant.</p>
    <a href="/docs/json">OpenAPI document</a>
  </header>
  <main id="swagger-ui"></main>
  <noscript><p class="missing">This page needs JavaScript. The <a href="/docs/json">OpenAPI document</a> does not.</p></noscript>
</body>
</html>
`
}
