/** A small PDF writer: rows of text in Helvetica, one of the fonts every reader brings, on A4 pages. */

/** Text that begins at `x`, or ends there when `right`. */
export interface Cell {
  readonly text: string
  readonly x: number
  readonly right?: boolean
  readonly bold?: boolean
  readonly size?: number
}

export interface Row {
  readonly cells: readonly Cell[]
  readonly height: number
  /** A thin line below. */
  readonly rule?: boolean
  /** Room that must be left after it on the same page. */
  readonly keep?: number
  /** What comes first when this row begins another page. */
  readonly head?: Row
}

export const sheet = { width: 595, height: 842, left: 50, right: 545, top: 792, bottom: 70 }
export const textSize = 9

const widthsOf = (list: string) => list.split(' ').map(Number)
const digits = '556 556 556 556 556 556 556 556 556 556'
// Advance widths from Adobe's font metrics, in thousandths of the size, from the space to the tilde.
const regular = widthsOf(
  `278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 ${digits} 278 278 584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 722 667 611 722 667 944 667 667 611 278 278 278 469 556 333 556 556 500 556 556 278 556 556 222 222 500 222 833 556 556 556 556 333 500 278 556 500 722 500 500 500 334 260 334 584`,
)
const heavy = widthsOf(
  `278 333 474 556 556 889 722 238 333 333 389 584 278 333 278 278 ${digits} 333 333 584 584 584 611 975 722 722 722 722 667 611 778 722 278 556 722 611 833 722 778 667 778 722 667 611 722 667 944 667 667 611 333 278 333 584 556 333 556 611 556 611 556 333 611 611 278 278 556 278 889 611 611 611 611 389 556 333 611 556 778 556 556 500 389 280 389 584`,
)
const wide = new Set('—…‰™ŒÆ©®')
const narrow = new Set('\u00a0·‚‘’ˆ˜')
// WinAnsi is Latin-1 but for 0x80 to 0x9f, which hold these.
const upper = '€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ'

/** Text as WinAnsi codes: a letter it lacks loses its accent, and what remains is a question mark. */
export function winAnsi(text: string): number[] {
  return [...text.normalize('NFC')].flatMap((letter) => {
    const code = letter.codePointAt(0) ?? 0
    if (code < 32 || code === 127) return [32]
    if (code < 127 || (code >= 0xa0 && code <= 0xff)) return [code]
    const place = upper.indexOf(letter)
    if (place >= 0) return [0x80 + place]
    const plain = letter.normalize('NFKD').replace(/\p{M}/gu, '')
    return plain === letter || plain === '' ? [63] : winAnsi(plain)
  })
}

export function textWidth(text: string, size = textSize, bold = false): number {
  const table = bold ? heavy : regular
  const units = winAnsi(text).reduce((sum, code) => sum + (table[code - 32] ?? upperWidth(code, table)), 0)
  return (units * size) / 1000
}

function upperWidth(code: number, table: readonly number[]): number {
  const letter = code < 0xa0 ? (upper[code - 0x80] ?? '') : String.fromCharCode(code)
  if (wide.has(letter)) return 1000
  if (narrow.has(letter)) return 278
  // An accented letter is as wide as the letter without.
  return table[(letter.normalize('NFD').codePointAt(0) ?? 0) - 32] ?? 556
}

/** Text broken into lines no wider than `width`; a word that is wider by itself is cut. */
export function wrapped(text: string, width: number, size = textSize): string[] {
  const lines: string[] = []
  let line = ''
  const add = (piece: string, rest = piece) => {
    const fits = line === '' || textWidth(line + rest, size) <= width
    if (!fits) lines.push(line)
    line = fits ? line + piece : piece.trimStart()
  }
  for (const word of text.split(/\s+/).filter((each) => each !== '')) {
    add(line === '' ? '' : ' ', ` ${word}`)
    for (const letter of word) add(letter)
  }
  return [...lines, line]
}

/** The document: rows from the top, on as many pages as they need, `footer` at the bottom of each. */
export function pdfOf(title: string, rows: readonly Row[], footer: string): Uint8Array<ArrayBuffer> {
  const pages = paged(rows)
  const contents = pages.map((page, index) => drawn(page, footer, `Page ${index + 1} of ${pages.length}`))
  const kids = pages.map((_, index) => `${6 + index * 2} 0 R`).join(' ')
  const font = (name: string) => `<< /Type /Font /Subtype /Type1 /BaseFont /${name} /Encoding /WinAnsiEncoding >>`
  const box = `[0 0 ${sheet.width} ${sheet.height}]`
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${kids}] /Count ${pages.length} /MediaBox ${box} /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>`,
    font('Helvetica'),
    font('Helvetica-Bold'),
    `<< /Title ${literal(title)} >>`,
    ...contents.flatMap((content, index) => [
      `<< /Type /Page /Parent 2 0 R /Contents ${7 + index * 2} 0 R >>`,
      `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    ]),
  ]
  let file = '%PDF-1.4\n%\xe2\xe3\xcf\xd3\n'
  let table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n`
  for (const [index, body] of objects.entries()) {
    table += `${String(file.length).padStart(10, '0')} 00000 n \n`
    file += `${index + 1} 0 obj\n${body}\nendobj\n`
  }
  const trailer = `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R /Info 5 0 R >>\nstartxref\n${file.length}\n%%EOF\n`
  return Uint8Array.from(`${file}${table}${trailer}`, (letter) => letter.charCodeAt(0))
}

function paged(rows: readonly Row[]): Row[][] {
  const pages: Row[][] = [[]]
  let left = sheet.top - sheet.bottom
  for (const row of rows) {
    const turns = row.height + (row.keep ?? 0) > left
    const added = turns && row.head ? [row.head, row] : [row]
    if (turns) pages.push([])
    left = added.reduce((room, { height }) => room - height, turns ? sheet.top - sheet.bottom : left)
    pages.at(-1)?.push(...added)
  }
  return pages
}

function drawn(rows: readonly Row[], footer: string, number: string): string {
  let y = sheet.top
  const body = rows.flatMap((row) => {
    y -= row.height
    const rule = row.rule ? [`0.5 w ${sheet.left} ${y - 4} m ${sheet.right} ${y - 4} l S`] : []
    return [...row.cells.map((cell) => shown(cell, y)), ...rule]
  })
  const foot: Cell[] = [
    { text: footer, x: sheet.left, bold: true },
    { text: number, x: sheet.right, right: true },
  ]
  return [...body, ...foot.map((cell) => shown(cell, sheet.bottom - 30))].join('\n')
}

function shown({ text, x, right = false, bold = false, size = textSize }: Cell, y: number): string {
  const start = right ? x - textWidth(text, size, bold) : x
  return `BT /F${bold ? 2 : 1} ${size} Tf ${start.toFixed(2)} ${y} Td ${literal(text)} Tj ET`
}

function literal(text: string): string {
  const escaped = winAnsi(text).map((code) => {
    if (code > 126) return `\\${code.toString(8)}`
    const letter = String.fromCharCode(code)
    return '()\\'.includes(letter) ? `\\${letter}` : letter
  })
  return `(${escaped.join('')})`
}
