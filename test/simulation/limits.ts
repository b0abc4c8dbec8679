// Sixty-four requests at once with `enforce` for the last minute of an allowance, again and again: exactly one may have it.
//   bun run test:limits [rounds]
//   bun run test:limits [rounds] twin   a control that must fail: it asks first and records afterwards, in two steps
import { createBilling } from '../../src/billing.ts'
import { memoryPorts } from '../support/memory-ports.ts'
import { openSqliteStore } from '../support/sqlite-store.ts'

const rounds = Number(process.argv[2] ?? 200)
const isTwin = process.argv[3] === 'twin'
const PARALLEL = 64

const store = openSqliteStore()
const ports = { ...memoryPorts(), ...store }
const billing = createBilling(ports)
let wrong = 0

for (let round = 1; round <= rounds; round++) {
  const user = `user_${round}`
  await billing.subscribe({
    user,
    person: { email: null, name: null },
    key: null,
    planName: 'basic_monthly',
    priceId: null,
    paymentMethodId: 'pm_card_visa',
  })
  await record(user, 'before', 99, false)
  const asked = Array.from({ length: PARALLEL }, (_, index) => ask(user, `call-${index}`))
  const granted = (await Promise.all(asked)).filter(Boolean).length
  if (granted !== 1) wrong += 1
  if (round % 1_000 === 0) console.log(`round ${round} of ${rounds}: ${wrong} wrong`)
}
console.log(`${rounds} rounds of ${PARALLEL}, ${wrong} in which not exactly one had the last minute`)
process.exit(wrong > 0 ? 1 : 0)

async function ask(user: string, call: string): Promise<boolean> {
  if (!isTwin) return record(user, call, 1, true)
  const { current_usage } = await billing.subscriptionStatus(user)
  if ((current_usage.voice_call.remaining ?? 0) < 1) return false
  return record(user, call, 1, false)
}

function record(user: string, resourceId: string, amount: number, enforce: boolean): Promise<boolean> {
  const usage = { service: 'voice_call', unit: 'minutes', eventId: null, occurredAt: null, key: null } as const
  return billing.recordUsage({ ...usage, user, resourceId, amount, enforce }).then(
    () => true,
    () => false,
  )
}
