import { applyDueEvents } from '../../src/usecases/apply-events.ts'
import { type MemoryPorts, TEST_START } from './memory-ports.ts'

interface Rung {
  readonly id: string
  readonly type: string
  readonly objectType: 'subscription' | 'payment_intent'
  readonly objectId: string
  readonly customerId: string | null
}

/** A webhook of Stripe's arrives, and what waits is applied; an event that cannot be is an error of the test. */
export async function ring(ports: MemoryPorts, rung: Rung): Promise<void> {
  const event = {
    ...rung,
    paymentIntentId: null,
    livemode: false,
    account: null,
    apiVersion: null,
    createdAt: TEST_START,
  }
  await ports.inbox.receive(event, new Uint8Array(), ports.clock.wall())
  const onFailure = (_: unknown, error: unknown) => {
    throw error
  }
  await applyDueEvents({ ...ports, onFailure })
}
