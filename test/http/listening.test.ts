import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { connect } from 'node:net'
import { startHttp, tokenOf } from './support/http.ts'

/** The same app behind a real socket: what only the server and the app together can get wrong. */
describe('behind a socket', () => {
  const { app, failures } = startHttp()
  let port = 0

  beforeAll(() => {
    app.listen({ port: 0, hostname: '127.0.0.1' })
    port = app.server?.port ?? 0
  })
  afterAll(async () => {
    await app.stop()
    expect(failures).toEqual([])
  })

  test('requests are answered as without one', async () => {
    const authorization = `Bearer ${await tokenOf()}`
    const answer = await fetch(`http://127.0.0.1:${port}/payments/billing-history?limit=1`, {
      headers: { authorization },
    })
    expect([answer.status, await answer.json()]).toEqual([200, { payments: [], next_cursor: null }])
    expect(answer.headers.get('x-request-id')).toStartWith('request_')
  })

  test('a wrong method and an unknown path are problems', async () => {
    const wrong = await fetch(`http://127.0.0.1:${port}/payments/record-usage`, { method: 'DELETE' })
    expect([wrong.status, wrong.headers.get('allow'), wrong.headers.get('content-type')]).toEqual([
      405,
      'POST',
      'application/problem+json',
    ])
    const unknown = await fetch(`http://127.0.0.1:${port}/nowhere`)
    expect([unknown.status, unknown.headers.get('content-type')]).toEqual([404, 'application/problem+json'])
  })

  test('a body that is too large is a problem, announced or in chunks, to a sender who does not stop', async () => {
    const piece = 'x'.repeat(64 * 1024)
    const chunk = `${piece.length.toString(16)}\r\n${piece}\r\n`
    const head = 'POST /payments/stripe-webhook HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n'
    for (const bytes of [
      `${head}Content-Length: ${piece.length * 40}\r\n\r\n${piece.repeat(40)}`,
      `${head}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(40)}0\r\n\r\n`,
    ]) {
      const answer = await exchange(port, bytes)
      expect(answer).toStartWith('HTTP/1.1 413')
      expect(answer).toContain('payload_too_large')
    }
  })

  test('a connection serves one request after the other', async () => {
    const ask = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n'
    const answer = await exchange(port, `${ask}\r\n${ask}Connection: close\r\n\r\n`)
    expect(answer.match(/HTTP\/1\.1 200/g)?.length).toBe(2)
  })

  test('a header that cannot be one is refused and never repeated', async () => {
    const answer = await exchange(
      port,
      'GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: abcdefgh\u00e9\u0001evil\r\nConnection: close\r\n\r\n',
    )
    expect(answer).not.toContain('evil')
    expect(answer).not.toStartWith('HTTP/1.1 500')
  })
})

function exchange(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes, 'latin1'))
    let received = ''
    socket.on('data', (data) => {
      received += data.toString('latin1')
    })
    // Whoever is refused while he still sends may see the connection reset behind the answer.
    socket.on('error', () => resolve(received))
    socket.on('close', () => resolve(received))
  })
}
