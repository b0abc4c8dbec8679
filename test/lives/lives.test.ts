import { describe, expect, test } from 'bun:test'
import { differenceOf } from './matching.ts'
import { play, type Seen } from './stage.ts'
import { readStories, type Step } from './story.ts'

const LIFE_MS = 120_000
const stories = await readStories()

describe('lives', () => {
  for (const { file, story } of stories)
    test(
      `${file.replace('.yaml', '')}: ${story.life}`,
      () =>
        play(story, (step, seen, index) => {
          const wrong = differences(step, seen)
          if (wrong.length > 0) throw new Error(`step ${index + 1}, ${nameOf(step)}\n${wrong.join('\n')}`)
        }),
      LIFE_MS,
    )

  test('no two have the same name', () => {
    const names = stories.map(({ story }) => story.life)
    expect(new Set(names).size).toBe(names.length)
  })
})

function differences(step: Step, seen: Seen): readonly string[] {
  const compared = (['answer', 'answers', 'status', 'access', 'invoices', 'history'] as const).flatMap((name) => {
    const expected = step[name]
    return expected === undefined ? [] : (differenceOf(expected, seen[name], name) ?? [])
  })
  const unexpected = (step.no_events ?? []).filter((type) => seen.events.includes(type))
  return [...compared, ...missingEvents(step.events ?? [], seen.events), ...unexpected.map((type) => `${type} came`)]
}

/** The expected ones must come in their order, with others between them. */
function missingEvents(expected: readonly string[], seen: readonly string[]): readonly string[] {
  let from = 0
  for (const type of expected) {
    const at = seen.indexOf(type, from)
    if (at < 0) return [`events: ${type} did not come in its turn; there were ${seen.join(', ')}`]
    from = at + 1
  }
  return []
}

function nameOf({ call, clock, stripe, together, restart }: Step): string {
  if (restart) return 'the server starts again'
  return call ?? stripe ?? (clock === undefined ? `${together?.length} at once` : `the clock says ${clock}`)
}
