interface Route {
  readonly method: string
  readonly path: string
}

/** The methods that a path takes, in the form of the Allow header; null when there is nothing at the path at all. */
export function allowedMethods(routes: readonly Route[], path: string): string | null {
  const methods = routes.filter((route) => matches(route.path, path)).map((route) => route.method)
  if (methods.length === 0) return null
  return [...new Set(methods.includes('GET') ? ['HEAD', ...methods] : methods)].sort().join(', ')
}

function matches(pattern: string, path: string): boolean {
  const [expected, segments] = [pattern.split('/'), path.replace(/(.)\/$/, '$1').split('/')]
  return (
    expected.length === segments.length &&
    expected.every((name, index) => name.startsWith(':') || name === segments[index])
  )
}
