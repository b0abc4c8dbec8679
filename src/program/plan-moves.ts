import type { PlanMover } from '../adapters/cli/program.ts'
import { MOVE_COMMAND, type MoveWish } from '../composition/stripe-commands.ts'
import { openStripeCommands } from './stripe-commands.ts'

type Page = Awaited<ReturnType<PlanMover['move']>>

/** Where customers are moved: by the running server, or by this process when none runs. */
export async function openPlanMoves(): Promise<PlanMover> {
  const commands = await openStripeCommands()
  return {
    async move({ from, to, when, dryRun, cursor }) {
      const wish: MoveWish = { fromPriceId: from, to, when, isPreview: dryRun, cursor }
      // The server is this program itself.
      return (await commands.ask(MOVE_COMMAND, wish)) as Page
    },
    close: commands.close,
  }
}
