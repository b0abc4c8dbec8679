import { createInterface } from 'node:readline/promises'

/** Where a command writes: its data to `out`, everything said about it to `complaints`. */
export interface Terminal {
  out(text: string): void
  complaints(text: string): void
  readonly outColours: boolean
  readonly complaintColours: boolean
  /** Whether somebody watches what is said, so that a line may be written over. */
  readonly isWatched?: boolean
  /** Asks whoever sits there a question of yes or no; absent where nobody does. */
  readonly confirm?: (question: string) => Promise<boolean>
}

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

const CODES: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
}

export type Paint = (style: Style, text: string) => string

/** Colours a text, or leaves it as it is where there are no colours. */
export function painter(colours: boolean): Paint {
  return (style, text) => (colours ? `\u001b[${CODES[style][0]}m${text}\u001b[${CODES[style][1]}m` : text)
}

export function processTerminal(): Terminal {
  return {
    out: (text) => void process.stdout.write(text),
    complaints: (text) => void process.stderr.write(text),
    outColours: hasColours(process.stdout.isTTY, process.env),
    complaintColours: hasColours(process.stderr.isTTY, process.env),
    isWatched: process.stderr.isTTY === true,
    ...(process.stdin.isTTY && process.stderr.isTTY ? { confirm } : {}),
  }
}

/** On stderr, so that what is written to a file is the data alone. Everything but yes is no. */
async function confirm(question: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `)).trim())
  } finally {
    lines.close()
  }
}

/** Colours are for people at a terminal who have not asked for none (no-color.org: set and not empty). */
export function hasColours(
  isTerminal: boolean | undefined,
  variables: Readonly<Record<string, string | undefined>>,
): boolean {
  return isTerminal === true && (variables.NO_COLOR ?? '') === '' && variables.TERM !== 'dumb'
}
