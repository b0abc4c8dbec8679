// For whoever writes a life: `bun test/lives/show.ts "part of its name"` prints what is seen after each step.
import { play } from './stage.ts'
import { readStories } from './story.ts'

const wanted = process.argv[2] ?? ''
for (const { story } of (await readStories()).filter(({ story }) => story.life.includes(wanted))) {
  console.log(`\n# ${story.life}`)
  await play(story, (step, seen, index) => {
    console.log(`\n## ${index + 1}`, JSON.stringify(step))
    console.log(JSON.stringify(seen, null, 1))
  })
}
process.exit(0)
