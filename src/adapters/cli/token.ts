import { USER_ID } from '../../domain/account.ts'
import { type Command, complain, DONE, type Given, JSON_OPTION, printJson, valueOfOption } from './command.ts'
import type { TokenWish } from './program.ts'
import { suggestion } from './suggestion.ts'

const SCOPES = ['usage:write', 'metering', 'service', 'operator']
const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const
const USUAL_TTL = '1h'
/** A token cannot be taken back, so it must end. */
const GREATEST_TTL_SECONDS = 30 * SECONDS.d

export const tokenCommand: Command = {
  name: 'token',
  summary: 'Make an access token for a user or a service',
  description:
    'Prints a token that the server accepts as "Authorization: Bearer <token>", and nothing else. Scopes: usage:write (record\n' +
    "one's own usage), metering (record anybody's usage), service (act for any user), operator (everything).",
  options: [
    { name: 'user', value: 'ID', summary: "The user's id in your app (needed)" },
    {
      name: 'scope',
      value: 'SCOPES',
      summary: 'usage:write, metering, service, operator; several separated by blanks',
    },
    { name: 'ttl', value: 'TIME', summary: `How long it is valid: 30m, 1h, 7d; at most 30d (default ${USUAL_TTL})` },
    JSON_OPTION,
  ],
  examples: [
    'speech-billing token --user user_123',
    'speech-billing token --user my-app --scope service --ttl 7d',
    'TOKEN=$(speech-billing token --user user_123)',
  ],
  async run(given, program, terminal) {
    const wish = readWish(given)
    if (typeof wish === 'string') return complain(terminal, 'token', wish)
    const token = await program.token(wish)
    if (given.json) printJson(terminal, { token })
    else terminal.out(`${token}\n`)
    return DONE
  },
}

/** What is wished for, or a sentence about what is wrong with it. */
function readWish(given: Given): TokenWish | string {
  const user = valueOfOption(given, 'user')
  const scopes = (valueOfOption(given, 'scope') ?? '').split(/\s+/).filter((scope) => scope !== '')
  const ttlSeconds = secondsOf(valueOfOption(given, 'ttl') ?? USUAL_TTL)
  if (user === null) return 'token needs to know whom it is for: --user ID.'
  if (!USER_ID.test(user)) return '--user takes 1 to 128 letters, digits and _ . : @ -.'
  const strange = scopes.find((scope) => !SCOPES.includes(scope))
  if (strange !== undefined)
    return `"${strange}" is not a scope.${suggestion(strange, SCOPES)} There are ${SCOPES.join(', ')}.`
  if (ttlSeconds === null) return '--ttl takes a number and a unit, such as 30m, 1h or 7d; at most 30d.'
  return { user, scope: scopes.length === 0 ? null : [...new Set(scopes)].join(' '), ttlSeconds }
}

function secondsOf(text: string): number | null {
  const [, digits, unit] = /^([1-9]\d{0,7})([smhd])$/.exec(text) ?? []
  const factor = Object.entries(SECONDS).find(([name]) => name === unit)?.[1] ?? 0
  const seconds = Number(digits ?? 0) * factor
  return seconds > 0 && seconds <= GREATEST_TTL_SECONDS ? seconds : null
}
