export interface DescribedRoute {
  readonly method: string
  readonly path: string
  readonly operationId: string
  readonly summary: string
  readonly description: string
  readonly isOpen: boolean
  readonly mediaTypes: readonly string[]
  readonly requests: readonly unknown[]
  /** The examples of good answers, and of those that stand in place of a problem. */
  readonly answers: readonly { readonly status: string; readonly value: unknown }[]
}

interface Content {
  readonly [type: string]: { readonly examples?: Record<string, { readonly value: unknown }> }
}

interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly description: string
  readonly security: readonly unknown[]
  readonly requestBody?: { readonly content: Content }
  readonly responses: Record<string, { readonly content: Content }>
}

/** The routes of an OpenAPI document, flattened for assertions. It has been found valid by then. */
export function describedRoutes(document: object): readonly DescribedRoute[] {
  const { paths } = document as { paths: Record<string, Record<string, Operation>> }
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => describedRoute(method.toUpperCase(), path, operation)),
  )
}

function describedRoute(method: string, path: string, operation: Operation): DescribedRoute {
  const { operationId, summary, description, security, requestBody, responses } = operation
  const contents = [
    ...(requestBody ? [requestBody.content] : []),
    ...Object.values(responses).map(({ content }) => content),
  ]
  return {
    method,
    path,
    operationId,
    summary,
    description,
    isOpen: security.length === 0,
    mediaTypes: contents.flatMap((content) => Object.keys(content)),
    requests: valuesIn(requestBody?.content),
    answers: Object.entries(responses).flatMap(([status, { content }]) =>
      valuesIn(content).map((value) => ({ status, value })),
    ),
  }
}

function valuesIn(content: Content | undefined): readonly unknown[] {
  return Object.values(content?.['application/json']?.examples ?? {}).map(({ value }) => value)
}
