// Random changes of plan at the simulator, each previewed and made some minutes later: what is invoiced must be what was
// previewed, line by line, to the minor unit.
//   bun run test:previews [changes]
//   bun run test:previews [changes] twin   a control that must fail: it forgets the date of the preview
//   SEED=7 bun run test:previews           another run
import { tryPreviews } from '../support/preview-trial.ts'

const wanted = Number(process.argv[2] ?? 1_000)
const isTwin = process.argv.includes('twin')
const SHOWN = 5
const AT_ONCE = 500

let [changes, wrong] = [0, 0]
while (changes < wanted) {
  const seed = Number(process.env.SEED ?? 1) + changes
  const tried = await tryPreviews(Math.min(AT_ONCE, wanted - changes), seed, isTwin)
  for (const difference of tried.wrong.slice(0, Math.max(0, SHOWN - wrong))) console.log(`FAILED  ${difference}`)
  changes += tried.changes
  wrong += tried.wrong.length
  console.log(`${changes} changes, ${wrong} with another invoice than was previewed`)
}
process.exit(wrong > 0 ? 1 : 0)
