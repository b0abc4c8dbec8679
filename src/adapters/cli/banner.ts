import { type Paint, painter } from './terminal.ts'

export interface BannerFacts {
  readonly version: string
  readonly mode: 'sandbox' | 'test' | 'live'
  readonly url: string
  /** Of the simulator; null without one. */
  readonly simulatorUrl: string | null
  readonly databaseFile: string
  /** For the sample request; null where no token is to be shown, as in production. */
  readonly token: string | null
  readonly colours: boolean
}

const MODES = {
  sandbox: { word: 'SANDBOX', style: 'yellow', meaning: 'a simulator stands in for Stripe, no money moves' },
  test: { word: 'TEST', style: 'cyan', meaning: 'Stripe with test keys, no money moves' },
  live: { word: 'LIVE', style: 'green', meaning: 'Stripe with live keys, real cards are charged' },
} as const

/** What the server says when it is ready. */
export function startBanner(facts: BannerFacts): string {
  const paint = painter(facts.colours)
  const mode = MODES[facts.mode]
  const head = `${paint('bold', `speech-billing ${facts.version}`)}  ${paint(mode.style, paint('bold', mode.word))}  ${paint('dim', mode.meaning)}`
  const sample = facts.token === null ? [] : ['', ...sampleRequest(facts.url, facts.token, paint)]
  return `\n${[head, '', ...addresses(facts, paint), ...sample].map((line) => (line === '' ? '' : `  ${line}`)).join('\n')}\n\n`
}

function addresses(facts: BannerFacts, paint: Paint): readonly string[] {
  const rows = [
    ['API', facts.url],
    ['Docs', `${facts.url}/docs`],
    ...(facts.simulatorUrl === null ? [] : [['Simulator', facts.simulatorUrl]]),
    ['Database', facts.databaseFile],
  ]
  return rows.map(([name = '', value = '']) => `${name.padEnd(10)} ${paint('cyan', value)}`)
}

/** To be pasted as it stands: nothing in it is special to a shell, and every line but the last ends in a backslash. */
function sampleRequest(url: string, token: string, paint: Paint): readonly string[] {
  return [
    paint('dim', 'Try it (the token is valid for a while; "speech-billing token --user ID" makes others):'),
    '',
    `curl -s '${url}/payments/subscription-status' \\`,
    `  -H 'Authorization: Bearer ${token}'`,
  ]
}
