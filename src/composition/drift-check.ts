import { operatorReason } from '../domain/errors.ts'
import type { DriftCheck, DriftRun } from '../ports/mirror.ts'
import { reconcile } from '../usecases/reconcile.ts'
import type { Reconciling } from '../usecases/survey.ts'

type Comparing = Omit<Reconciling, 'onProgress'> & { readonly onFailure: (error: unknown) => void }

/** Comparisons with Stripe, one at a time, in the background. Stopped, the one under way ends at its next page. */
export function createDriftCheck(ports: Comparing): DriftCheck & { stop(): Promise<void> } {
  let ids = 0
  let isStopping = false
  let running: DriftRun | null = null
  let last: Awaited<ReturnType<DriftCheck['state']>>['last'] = null
  let ended: Promise<void> = Promise.resolve()

  async function run(begun: DriftRun, mender: string | null): Promise<void> {
    const onProgress: Reconciling['onProgress'] = (progress) => {
      if (isStopping) throw new Error('The server ended while it compared.')
      running = { ...begun, progress }
    }
    try {
      await reconcile({ ...ports, onProgress }, { mender, withMeters: true })
      last = { id: begun.id, failure: null }
    } catch (error) {
      last = { id: begun.id, failure: operatorReason(error) }
      if (!isStopping) ports.onFailure(error)
    } finally {
      running = null
    }
  }

  return {
    start(mender) {
      if (running !== null) return { run: running, isNew: false }
      running = { id: ++ids, startedAt: ports.clock.now(), repair: mender !== null, progress: null }
      const begun = running
      ended = run(begun, mender)
      return { run: begun, isNew: true }
    },
    async state() {
      return { running, last, report: await ports.mirror.driftReport() }
    },
    async stop() {
      isStopping = true
      await ended
    },
  }
}
