import type { UserId } from '../domain/account.ts'
import type { AppMessage } from '../domain/app-message.ts'
import type { Instant } from '../domain/period.ts'

export interface DueMessage {
  readonly user: UserId
  readonly message: AppMessage
  /** How often the app would not take it. */
  readonly failedTries: number
}

/** What the app is to be told. It is queued by `Ledger.change`; this finds it, and keeps what came of telling it. */
export interface Messages {
  /** Those whose turn it is, oldest first. */
  due(at: Instant, limit: number): Promise<readonly DueMessage[]>
  told(id: string, at: Instant): Promise<void>
  retry(id: string, reason: string, nextTryAt: Instant): Promise<void>
  giveUp(id: string, reason: string, at: Instant): Promise<void>
}

/** The app's endpoint for messages. It takes one under the same id as the same one. */
export interface AppWebhook {
  /** `refused`: answered with anything but 2xx, or not at all; worth another try. */
  post(
    id: string,
    body: string,
  ): Promise<{ readonly type: 'taken' } | { readonly type: 'refused'; readonly reason: string }>
}
