import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Program } from '../adapters/cli/program.ts'
import { acquireLock } from '../adapters/process/lock.ts'
import { advanceSimulator } from '../adapters/process/simulator.ts'
import { startSandbox } from '../sandbox/sandbox.ts'
import { trigger as triggerAt } from '../sandbox/trigger/trigger.ts'
import { sandboxPlace } from './configuration.ts'
import { signalled } from './signal.ts'

/** Runs the simulator alone. It needs no keys, so a configuration that lacks some does not keep it from running. */
export const sandbox: Program['sandbox'] = async (wish) => {
  const place = sandboxPlace()
  const port = wish.port ?? place.port
  mkdirSync(place.dataFolder, { recursive: true, mode: 0o700 })
  const databaseFile = join(place.dataFolder, 'sandbox.db')
  const lock = acquireLock(databaseFile)
  const say = (line: string) => process.stdout.write(`${line}\n`)
  const simulator = await startSandbox({ port, databaseFile, log: say })
  say(`The Stripe simulator listens on ${simulator.url}. Any sk_test_ key is accepted.`)
  await signalled()
  await simulator.stop()
  lock.release()
  return 0
}

export const advanceSandbox: Program['advanceSandbox'] = async ({ duration, port }, tell) => {
  const place = sandboxPlace()
  return advanceSimulator(port ?? place.port, duration, tell)
}

export const trigger: Program['trigger'] = async ({ type, port, base }) => {
  if (base !== null) return triggerAt(base.replace(/\/$/, ''), type)
  const place = sandboxPlace()
  return triggerAt(`http://127.0.0.1:${port ?? place.port}`, type)
}
