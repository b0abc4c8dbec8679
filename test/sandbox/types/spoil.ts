import type { Shape } from './structure.ts'

type Fields = Readonly<Record<string, unknown>>

/** The same answers with three mistakes: a field nobody knows, a word that is not on the list, a field left out. */
export function spoilt(shapes: readonly Shape[]): readonly Shape[] {
  const mistakes: [string, (body: Fields) => Fields][] = [
    ['customer', (body) => ({ ...body, balence: 0 })],
    ['subscription', (body) => ({ ...body, status: 'actve' })],
    ['invoice', ({ currency: _left, ...body }) => body],
  ]
  return shapes.map((shape) => {
    const index = mistakes.findIndex(([kind]) => kind === shape.kind)
    const [mistake] = index < 0 ? [] : mistakes.splice(index, 1)
    return mistake ? { ...shape, body: mistake[1]({ ...Object(shape.body) }) } : shape
  })
}
