/** One complete answer at the start of the bytes: its status and its length; null while part of it is still to come. */
export interface Answer {
  readonly status: number
  readonly length: number
}

const HEAD_END = Buffer.from('\r\n\r\n')
const LENGTH_LINE = /\r\ncontent-length: (\d+)/i

/** Reads just what a client must: where an answer ends. Every answer here announces its length. */
export function readAnswer(bytes: Buffer): Answer | null {
  const headEnd = bytes.indexOf(HEAD_END)
  if (headEnd < 0) return null
  const head = bytes.toString('latin1', 0, headEnd)
  const bodyLength = LENGTH_LINE.exec(head)?.[1]
  if (bodyLength === undefined) throw new Error(`An answer did not announce its length: ${head}`)
  const length = headEnd + HEAD_END.length + Number(bodyLength)
  return bytes.length < length ? null : { status: Number(head.slice(9, 12)), length }
}
