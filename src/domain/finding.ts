/** What an examination of the installation found about one thing. */
export interface Finding {
  readonly name: string
  readonly status: 'ok' | 'warning' | 'problem'
  /** In a sentence. */
  readonly detail: string
  /** What to do about it; null where nothing has to be done. */
  readonly cure: string | null
}

export function ok(name: string, detail: string): Finding {
  return { name, status: 'ok', detail, cure: null }
}

export function warning(name: string, detail: string, cure: string): Finding {
  return { name, status: 'warning', detail, cure }
}

export function problem(name: string, detail: string, cure: string): Finding {
  return { name, status: 'problem', detail, cure }
}
