import { type Command, complain, DONE, FOUND_WRONG, JSON_OPTION, printJson, valueOfOption } from './command.ts'
import type { PlansReport } from './program.ts'
import { type Paint, painter } from './terminal.ts'

export const plansCheckCommand: Command = {
  name: 'plans check',
  summary: 'Check the catalogue, and whether Stripe has what it needs',
  description:
    'Checks a plans file as a whole and names everything that is wrong with it. Without FILE it is the one of PLANS_FILE, or\n' +
    'the built-in plans. With Stripe keys it also says what does not fit there: prices and meters that are missing, archived,\n' +
    'or of another amount, currency or interval. It opens no database and changes nothing.',
  argument: { name: 'FILE', summary: 'The plans file to check', optional: true },
  options: [JSON_OPTION],
  examples: ['speech-billing plans check', 'speech-billing plans check plans.json --json'],
  async run(given, program, terminal) {
    const file = valueOfOption(given, 'FILE')
    if (file !== null && !(await Bun.file(file).exists()))
      return complain(terminal, 'plans check', `there is no file "${file}".`)
    const report = await program.checkPlans(file)
    const isWrong = report.problems.length > 0 || (report.misfits ?? []).length > 0
    if (given.json) printJson(terminal, { ok: !isWrong, ...report })
    else terminal.out(reportText(report, painter(terminal.outColours)))
    return isWrong ? FOUND_WRONG : DONE
  },
}

function reportText({ source, plans, problems, misfits }: PlansReport, paint: Paint): string {
  if (problems.length > 0)
    return [
      `${source}: ${countOf(problems, 'problem')}`,
      ...problems.map((problem) => `  ${paint('red', '!')} ${problem}`),
      '',
    ].join('\n')
  const fine = `${source}: ${paint('green', 'ok')}, ${countOf(plans, 'plan')} (${plans.join(', ')})`
  return [fine, ...stripeLines(misfits, paint), ''].join('\n')
}

function stripeLines(misfits: readonly string[] | null, paint: Paint): readonly string[] {
  if (misfits === null) return [paint('dim', 'Stripe was not asked: there is no STRIPE_SECRET_KEY.')]
  if (misfits.length === 0) return [`At Stripe: ${paint('green', 'ok')}, every price and meter is there and fits`]
  return [
    `At Stripe: ${countOf(misfits, 'difference')}; "speech-billing stripe setup" makes and mends what can be`,
    ...misfits.map((misfit) => `  ${paint('red', '!')} ${misfit}`),
  ]
}

function countOf(things: readonly string[], word: string): string {
  return things.length === 1 ? `1 ${word}` : `${things.length} ${word}s`
}
