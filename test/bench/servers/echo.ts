// The least that an HTTP server on Bun can do: take JSON and send it back.
export const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  development: false,
  fetch: async (request) => Response.json(request.method === 'POST' ? await request.json() : { ok: true }),
})
console.log(`API ${server.url.origin}`)
