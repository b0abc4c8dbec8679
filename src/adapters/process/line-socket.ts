import type { Socket } from 'bun'

/** One end of a conversation of one line of JSON in each direction. Lives in the `data` of its socket. */
export interface LineEnd {
  readonly pieces: string[]
  receivedCharacters: number
  complete: boolean
  unsent: Uint8Array
  readonly decoder: TextDecoder
}

export function newLineEnd(): LineEnd {
  return { pieces: [], receivedCharacters: 0, complete: false, unsent: new Uint8Array(), decoder: new TextDecoder() }
}

/** Takes what has come, and gives the line at the moment when it is complete: once, and null before and after that. */
export function lineFrom(end: LineEnd, bytes: Uint8Array): string | null {
  if (end.complete) return null
  const text = end.decoder.decode(bytes, { stream: true })
  const newline = text.indexOf('\n')
  end.pieces.push(newline < 0 ? text : text.slice(0, newline))
  end.receivedCharacters += text.length
  end.complete = newline >= 0
  return end.complete ? end.pieces.join('') : null
}

/** Sends a line of JSON; what the socket has no room for follows when it has drained. */
export function sendLine(socket: Socket<LineEnd>, json: string): void {
  socket.data.unsent = new TextEncoder().encode(`${json}\n`)
  sendRest(socket)
}

/** A socket takes as much as its buffer has room for; the rest goes when it says that it has drained. */
export function sendRest(socket: Socket<LineEnd>): void {
  if (socket.data.unsent.length === 0) return
  const written = socket.write(socket.data.unsent)
  socket.data.unsent = socket.data.unsent.subarray(Math.max(written, 0))
  socket.flush()
}
