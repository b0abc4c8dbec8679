#!/usr/bin/env bun
import { runCommandLine } from './adapters/cli/command-line.ts'
import type { Program } from './adapters/cli/program.ts'
import { inspectEnvironment } from './config/environment.ts'
import { examine } from './doctor/doctor.ts'
import { configuration } from './program/configuration.ts'
import { health } from './program/health.ts'
import { openInbox } from './program/inbox.ts'
import { migrate } from './program/migrate.ts'
import { openAdoption, reconcile } from './program/mirror.ts'
import { openPlanMoves } from './program/plan-moves.ts'
import { advanceSandbox, sandbox, trigger } from './program/sandbox.ts'
import { serve } from './program/serve.ts'
import { checkPlans, openSetup } from './program/stripe-setup.ts'
import { tokenFor } from './program/token.ts'
import { openUsage } from './program/usage-import.ts'
import { triggers } from './sandbox/trigger/trigger.ts'
import { VERSION } from './version.ts'

const program: Program = {
  version: VERSION,
  serve,
  migrate,
  health,
  doctor: () => examine(inspectEnvironment(process.env, process.cwd())),
  token: async (wish) => tokenFor(configuration(), wish),
  openUsage,
  openInbox,
  reconcile,
  openAdoption,
  openSetup,
  checkPlans,
  openPlanMoves,
  sandbox,
  advanceSandbox,
  triggers,
  trigger,
}

if (import.meta.main) process.exit(await runCommandLine(process.argv.slice(2), program))
