import type { Problem } from './program.ts'
import { painter } from './terminal.ts'

/** The configuration's problems as a list to read: the variable, what is wrong with it, how to mend it. */
export function printProblems(problems: readonly Problem[], isTerminal: boolean): string {
  const paint = painter(isTerminal)
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`
  const items = problems.map(({ variable, problem, cure }) =>
    [`  ${paint('red', paint('bold', variable))} ${problem}.`, ...wrapped(cure, 108).map((line) => `    ${line}`)].join(
      '\n',
    ),
  )
  return `${[`speech-billing: the configuration has ${count}.`, ...items].join('\n\n')}\n`
}

function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const line = lines.at(-1)
    if (line === undefined || line.length + word.length >= width) lines.push(word)
    else lines[lines.length - 1] = `${line} ${word}`
  }
  return lines
}
