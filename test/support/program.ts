import { runCommandLine } from '../../src/adapters/cli/command-line.ts'
import type { Program } from '../../src/adapters/cli/program.ts'

/** A program that can do nothing but what a test gives it: asked for anything else it fails. */
export function programWith(abilities: Partial<Program>): Program {
  const unable = () => Promise.reject(new Error('The test did not expect this to be asked for.'))
  return {
    version: '1.2.3',
    serve: unable,
    migrate: unable,
    health: unable,
    doctor: unable,
    token: unable,
    openUsage: unable,
    openInbox: unable,
    openSetup: unable,
    reconcile: unable,
    openAdoption: unable,
    checkPlans: unable,
    openPlanMoves: unable,
    sandbox: unable,
    advanceSandbox: unable,
    triggers: [],
    trigger: unable,
    ...abilities,
  }
}

/** Runs a command line; `answer` is what somebody at the terminal says when asked, null when nobody sits there. */
export async function runLine(line: string, abilities: Partial<Program>, answer: boolean | null = null) {
  const said = { out: '', complaints: '', asked: [] as string[] }
  const confirm = async (question: string) => {
    said.asked.push(question)
    return answer === true
  }
  const code = await runCommandLine(line.split(' '), programWith(abilities), {
    out: (text) => {
      said.out += text
    },
    complaints: (text) => {
      said.complaints += text
    },
    outColours: false,
    complaintColours: false,
    ...(answer === null ? {} : { confirm }),
  })
  return { code, ...said }
}
