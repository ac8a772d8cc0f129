import type { JsonSchema } from './schemas.js'

interface Document { components?: { schemas?: Record<string, unknown> } }

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/**
 * Moves schemas that have a title to the document's components, so that each is written once. Generators of clients name types by
 * them.
 */
export function shareTitled<Given extends Document> (document: Given): Given {
  const schemas: Record<string, unknown> = { ...document.components?.schemas }

  function shared (value: unknown): unknown {
    if (Array.isArray(value)) return value.map(shared)
    if (!isObject(value)) return value
    const inside = Object.fromEntries(Object.entries(value).map(([key, member]) => [key, shared(member)]))
    const { title, type } = value as JsonSchema
    // Not the title of the document itself, and not a property of that name.
    if (typeof title !== 'string' || typeof type !== 'string') return inside
    schemas[title] = inside
    return { $ref: `#/components/schemas/${title}` }
  }

  const paths = shared((document as { paths?: unknown }).paths)
  return { ...document, paths, components: { ...document.components, schemas } }
}

/** The paths as clients write them, where a proxy in front adds or removes something. */
export function withPublicPaths<Given extends Document> (document: Given, publicPathOf: (received: string) => string): Given {
  const { paths = {} } = document as { paths?: Record<string, unknown> }
  return { ...document, paths: Object.fromEntries(Object.entries(paths).map(([path, item]) => [publicPathOf(path), item])) }
}
