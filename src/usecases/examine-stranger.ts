import type { UserId } from '../domain/account.ts'
import type { JudgedDifference } from '../domain/drift.ts'
import { type Examining, examineCustomer, linkChanges, type Mender } from './examine-customer.ts'

/** A customer at Stripe that names one of our users and that we do not have as theirs. */
export async function examineStranger(
  ports: Examining,
  user: UserId,
  customerId: string,
  mender: Mender,
): Promise<readonly JudgedDifference[]> {
  const about = { user, customerId, objectId: customerId, amount: 0, currency: ports.catalogue.currency }
  const atStripe = `the metadata of ${customerId} names ${user}`
  const link = await ports.lanes.run(user, () => linkUnlessLinked(ports, user, customerId, mender))
  if (link === customerId) return []
  if (link !== null)
    return [
      {
        ...about,
        kind: 'second_customer',
        here: `${user} has the customer ${link}`,
        atStripe,
        meaning: 'What is bought under the second is not seen here. Move it to ours, or delete the second at Stripe.',
        outcome: 'left',
      },
    ]
  const missing = {
    ...about,
    kind: 'customer_link_missing',
    here: `${user} has no customer`,
    atStripe,
    meaning: 'The user pays for something that is not granted; a purchase would make a second customer.',
    outcome: mender === null ? 'left' : 'mended',
  } as const
  return [missing, ...(await examineCustomer(ports, user, customerId, mender))]
}

/** The customer that the user had before; without one, and with a mender, this one is linked. */
function linkUnlessLinked(ports: Examining, user: UserId, customerId: string, mender: Mender): Promise<string | null> {
  const linking = linkChanges(ports, customerId, mender ?? '')
  return ports.ledger.change(user, {}, ({ customerId: known }) => ({
    changes: known === null && mender !== null ? linking : [],
    result: known,
  }))
}
