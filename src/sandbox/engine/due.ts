import type { DueItem, Task } from '../store/due-work.ts'
import { noCause, type Turn } from '../turn.ts'
import { endWithUsage, expireIncomplete, terminal } from './subscription-end.ts'

/** Does everything whose time has come, in the order of its time; each item sees the clock at its own moment. */
export function runDueWork(turn: Turn): void {
  for (let item = nextDue(turn); item; item = nextDue(turn)) {
    turn.store.dueWork.finish(item.sequence)
    tasks[item.task](at(turn, item), item.subject)
  }
}

function nextDue(turn: Turn): DueItem | undefined {
  const item = turn.store.dueWork.next()
  return item && item.at <= turn.now() ? item : undefined
}

const at = (turn: Turn, item: DueItem): Turn => ({ ...turn, cause: noCause, now: () => item.at })

const tasks = {
  expire_incomplete_subscription: (turn, id) => {
    const subscription = turn.store.objects.find('subscription', id)
    if (subscription?.status === 'incomplete') expireIncomplete(turn, subscription)
  },
  cancel_subscription: (turn, id) => {
    const subscription = turn.store.objects.find('subscription', id)
    if (subscription && !terminal(subscription)) endWithUsage(turn, subscription, {})
  },
} satisfies Record<Task, (turn: Turn, subject: string) => void>
