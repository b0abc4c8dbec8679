import { invalid } from '../http/failure.ts'
import type { Turn } from '../turn.ts'

const oneOf =
  (...choices: readonly string[]) =>
  (value: string) =>
    choices.includes(value)
const seconds = (value: string) => /^\d{1,9}$/.test(value)
const dayList = (value: string) => value === '' || /^\d{1,3}(,\d{1,3}){0,7}$/.test(value)

/** What an account owner sets in Stripe's dashboard, with Stripe's defaults; and the limits of test clocks. */
const definitions = {
  /** Days from each failed payment to the next attempt. */
  retry_days: { initial: '3,5,7', accepts: dayList },
  /** What becomes of a subscription when the last attempt has failed. */
  after_retries: { initial: 'cancel', accepts: oneOf('cancel', 'unpaid', 'past_due') },
  /** How long the invoice of a renewal stays a draft. */
  draft_seconds: { initial: '3600', accepts: seconds },
  upcoming_days: { initial: '7', accepts: seconds },
  /** Whether a faulty usage event is reported later, as at Stripe, or refused at once. */
  meter_errors: { initial: 'later', accepts: oneOf('later', 'at_once') },
  /** With one_at_a_time a second usage event for a customer and meter is answered 429 while the first is under way. */
  meter_calls: { initial: 'any', accepts: oneOf('any', 'one_at_a_time') },
  /** How far event summaries lag behind. */
  meter_summary_lag_seconds: { initial: '0', accepts: seconds },
  test_clock_limits: { initial: 'on', accepts: oneOf('on', 'off') },
} as const
export type SettingName = keyof typeof definitions

const isName = (name: string): name is SettingName => Object.hasOwn(definitions, name)

export function readSetting(turn: Turn, name: SettingName): string {
  return turn.store.settings.read(`account.${name}`) ?? definitions[name].initial
}

export const daySeconds = 86_400

/** Seconds from the failed attempt of that number (1 is the first) to the next one; none after the last. */
export function retryDelay(turn: Turn, attempts: number): number | undefined {
  const days = readSetting(turn, 'retry_days').split(',').filter(Boolean)[attempts - 1]
  return days === undefined ? undefined : Number(days) * daySeconds
}

export function allSettings(turn: Turn): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.keys(definitions).map((name) => [name, isName(name) ? readSetting(turn, name) : '']))
}

export function changeSettings(turn: Turn, sent: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  for (const [name, sentValue] of Object.entries(sent)) {
    const value = String(sentValue)
    if (!isName(name)) throw invalid(`There is no setting ${name}.`, name)
    if (!definitions[name].accepts(value)) throw invalid(`Invalid value for ${name}: ${value}`, name)
    turn.store.settings.write(`account.${name}`, value)
  }
  return allSettings(turn)
}
