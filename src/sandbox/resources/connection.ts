import type { Turn } from '../turn.ts'
import { addEndpoint } from './webhook-endpoints.ts'

const setting = 'connected_endpoint'

/** The application's own endpoint: one, kept across restarts, moved when the application listens elsewhere. */
export function connectEndpoint(turn: Turn, url: string, secret?: string): string {
  const known = turn.store.objects.find('webhook_endpoint', turn.store.settings.read(setting) ?? '')
  if (!known) {
    const made = addEndpoint(turn, url, ['*'], secret)
    turn.store.settings.write(setting, made.endpoint.id)
    return made.secret
  }
  turn.store.objects.save('webhook_endpoint', { ...known, url, status: 'enabled', enabled_events: ['*'] })
  if (secret !== undefined) turn.store.vault.keep(known.id, secret)
  return secret ?? turn.store.vault.read(known.id) ?? ''
}

/** Runs a change that empties the store and registers the connected endpoint again afterwards. */
export function keepingConnection(turn: Turn, empty: () => void): void {
  const id = turn.store.settings.read(setting) ?? ''
  const endpoint = turn.store.objects.find('webhook_endpoint', id)
  const secret = turn.store.vault.read(id)
  empty()
  if (!endpoint || secret === undefined) return
  turn.store.objects.save('webhook_endpoint', endpoint)
  turn.store.vault.keep(id, secret)
  turn.store.settings.write(setting, id)
}
