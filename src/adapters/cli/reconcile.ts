import {
  type Compared,
  type DriftKind,
  type DriftReport,
  isMendable,
  type JudgedDifference,
  shownReport,
} from '../../domain/drift.ts'
import { moneyText } from '../../domain/money.ts'
import { type Command, DONE, FOUND_WRONG, JSON_OPTION, printJson } from './command.ts'
import { counted } from './file-import.ts'
import type { Program } from './program.ts'
import { type Paint, painter } from './terminal.ts'

export const reconcileCommand: Command = {
  name: 'reconcile',
  summary: 'Compare everything with Stripe, in words and in money',
  description:
    'Compares every customer, subscription, invoice, payment, refund, dispute and meter with Stripe and names what differs:\n' +
    'what we hold, what Stripe holds, what it means, and the money that hangs on it. With --repair it takes over what Stripe\n' +
    'shows; what a meter has too little or too much of comes with the next invoice. It deletes nothing, cancels and gives back\n' +
    'only a second subscription that this program itself sold, and doing it again changes nothing. A running server does the work beside serving; when none runs, this command does.\n' +
    'It exits with 0 when nothing differs, or when everything that did was mended; with 1 when something is left.',
  options: [
    { name: 'repair', value: null, summary: 'Mend what can be mended without a decision of yours' },
    JSON_OPTION,
  ],
  examples: ['speech-billing reconcile', 'speech-billing reconcile --repair', 'speech-billing reconcile --json'],
  async run(given, program, terminal) {
    const isShown = terminal.isWatched === true && !given.json
    const report = await program.reconcile({ repair: given.repair === true }, (progress) => {
      if (isShown) terminal.complaints(`\r${progressLine(progress)}`)
    })
    if (isShown) terminal.complaints(`\r${' '.repeat(LINE_WIDTH)}\r`)
    if (given.json) printJson(terminal, shownReport(report))
    else terminal.out(reportText(report, painter(terminal.outColours)))
    return report.left > 0 ? FOUND_WRONG : DONE
  },
}

const LINE_WIDTH = 78

function progressLine({ step, compared, differences }: Parameters<Parameters<Program['reconcile']>[1]>[0]): string {
  const line = `${step}: ${counted(compared[step])} compared, ${counted(differences)} differences so far`
  return line.slice(0, LINE_WIDTH).padEnd(LINE_WIDTH)
}

const MOST_TOLD = 50

function reportText(report: DriftReport, paint: Paint): string {
  const { differences, total } = report
  const told = differences.slice(0, MOST_TOLD).flatMap((difference) => [...differenceLines(difference, paint), ''])
  const more = total > MOST_TOLD ? [`and ${counted(total - MOST_TOLD)} more; --json tells the first 1,000`, ''] : []
  return `${[...told, ...more, ...summary(report, paint)].join('\n')}\n`
}

function differenceLines(difference: JudgedDifference, paint: Paint): readonly string[] {
  const { kind, user, objectId, here, atStripe, meaning, amount, currency, outcome } = difference
  const money = amount === 0 ? '' : `  ${moneyText(amount, currency)}`
  const state = outcome === 'mended' ? paint('green', 'mended') : paint('red', 'differs')
  return [
    `${state}  ${paint('bold', kind.replaceAll('_', ' '))}  ${user}  ${objectId}${money}`,
    `  here       ${here}`,
    `  at Stripe  ${atStripe}`,
    `  ${paint('dim', meaning)}`,
  ]
}

function summary(report: DriftReport, paint: Paint): readonly string[] {
  const { compared, foreign } = report
  const steps = Object.entries(compared) as [keyof Compared, number][]
  const money = report.drift.map(({ amount, currency }) => moneyText(amount, currency)).join(', ')
  const others = foreign.customers + foreign.subscriptions + foreign.invoices + foreign.payments
  const nobodys = `${foreign.named.slice(0, 5).join(', ')}${foreign.customers > 5 ? ', …' : ''}`
  return [
    `Compared: ${steps.map(([name, count]) => some(count, name)).join(', ')}.`,
    ...(others === 0
      ? []
      : [
          `No drift, since nobody here has them: ${some(foreign.customers, 'customers')}${nobodys === '' ? '' : ` (${nobodys})`}, ` +
            `${some(foreign.subscriptions, 'subscriptions')}, ${some(foreign.invoices, 'invoices')}, ${some(foreign.payments, 'payments')}.`,
        ]),
    verdict(report, money, paint),
  ]
}

/** So many of what is named in the plural. */
function some(count: number, plural: string): string {
  return `${counted(count)} ${count === 1 ? plural.replace(/s$/, '') : plural}`
}

function verdict({ total, left, repair, byKind }: DriftReport, money: string, paint: Paint): string {
  const differences = total === 1 ? '1 difference' : `${counted(total)} differences`
  const subject = total === 1 ? 'it' : 'them'
  if (total === 0) return paint('green', 'Nothing differs.')
  if (repair && left === 0) {
    const worth = money === '' ? `No money hung on ${subject}` : `${money} hung on ${subject}`
    return paint('green', `${differences}, ${total === 1 ? '' : 'all '}mended. ${worth}.`)
  }
  const worth = money === '' ? `No money hangs on ${subject}.` : `The money that hangs on ${subject}: ${money}.`
  const isForYou = Object.keys(byKind).every((kind) => !isMendable({ kind: kind as DriftKind }))
  if (!repair && isForYou) return paint('red', `${differences}, for you to decide. ${worth}`)
  if (!repair) return paint('red', `${differences}. ${worth} --repair mends what can be mended.`)
  const rest = total === 1 ? 'left' : `${counted(left)} of them left`
  return paint('red', `${differences}, ${rest} for you to decide. ${worth}`)
}
