import { configurationRefusal, type Problem } from '../adapters/cli/program.ts'
import type { Config } from '../config/config.ts'
import { loadConfig, loadConfigFor, loadSandboxPlace } from '../config/environment.ts'

/** Everything that is configured; throws what is wrong with it, all at once. */
export function configuration(): Config {
  const reading = loadConfig(process.env, process.cwd())
  return reading.ok ? reading.config : refuse(reading.problems)
}

/** The same for a command to which only some variables matter. */
export function configurationOf(names: readonly string[]): Config {
  const reading = loadConfigFor(names, process.env, process.cwd())
  return reading.ok ? reading.config : refuse(reading.problems)
}

/** A variable that is wrong elsewhere does not matter here: only where the simulator listens, and keeps its data, does. */
export function sandboxPlace() {
  const place = loadSandboxPlace(process.env, process.cwd())
  return place.ok ? place : refuse(place.problems)
}

function refuse(problems: readonly Problem[]): never {
  throw configurationRefusal(problems)
}
