import { type Json, listOf, recordOf } from './openapi-json.ts'

/** Members that mean something to Elysia or to us, and nothing in JSON Schema. */
const OURS: ReadonlySet<string> = new Set(['$id', 'noValidate', 'rule', 'documentedAs'])

/** A schema as the validator needs it, put as people read it: enums, integers, nullable types. */
export function readableSchema(schema: unknown): Json {
  const all = recordOf(schema)
  const known = Object.fromEntries(Object.entries(all).filter(([name]) => !OURS.has(name)))
  if (all.documentedAs !== undefined) return readableSchema(all.documentedAs)
  if (known.anyOf !== undefined) return unionOf(known)
  return asInteger({
    ...known,
    ...(known.properties === undefined ? {} : { properties: schemasIn(known.properties) }),
    ...(known.patternProperties === undefined ? {} : { patternProperties: schemasIn(known.patternProperties) }),
    ...(known.items === undefined ? {} : { items: readableSchema(known.items) }),
  })
}

function schemasIn(named: unknown): Json {
  return Object.fromEntries(Object.entries(recordOf(named)).map(([name, schema]) => [name, readableSchema(schema)]))
}

function unionOf({ anyOf, ...rest }: Json): Json {
  const branches = listOf(anyOf).map(readableSchema)
  if (branches.every((branch) => typeof branch.const === 'string'))
    return { ...rest, type: 'string', enum: branches.map((branch) => branch.const) }
  const [only, nothing] = branches
  const isNullable = branches.length === 2 && nothing?.type === 'null' && typeof only?.type === 'string'
  if (isNullable && only.enum === undefined) return { ...only, ...rest, type: [only.type, 'null'] }
  return { ...rest, anyOf: branches }
}

function asInteger(schema: Json): Json {
  if (schema.type !== 'number' || schema.multipleOf !== 1) return schema
  const { multipleOf: _, ...rest } = schema
  return { ...rest, type: 'integer' }
}
