// Stands where Stripe would be: takes every meter event at once and can do nothing else, so that the reporting of usage
// runs beside the load as it would, and nothing waits for anything.
export const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  development: false,
  async fetch(request) {
    if (!new URL(request.url).pathname.endsWith('/billing/meter_events'))
      return Response.json({ error: { type: 'api_error', message: 'Not here.' } }, { status: 503 })
    const sent = new URLSearchParams(await request.text())
    const named = { identifier: sent.get('identifier'), event_name: sent.get('event_name') }
    return Response.json({ object: 'billing.meter_event', ...named, created: 0, livemode: false, payload: {} })
  },
})
console.log(`API ${server.url.origin}`)
