const OPERATION = Symbol('fastify-2fa.operation')

declare module 'fastify' {
  interface FastifyContextConfig {
    [OPERATION]?: string
  }
}

/** `config` of a route of ours: the name under which `operations/` describes it, such as `POST /signin`. */
export const describedAs = (operation: string) => ({ [OPERATION]: operation }) as const

/** What stands for a hosted page. They are HTML, so their own address is all that is said of them. */
export const PAGE = 'page'

/** What stands for what no document can or need list: files that pages load, and paths that proxies ask with any method. */
export const UNLISTED = 'unlisted'

/** The name of the operation that a route serves; undefined for routes that are not ours, or not described. */
export function operationOf (config: { [OPERATION]?: string } | undefined): string | undefined {
  return config?.[OPERATION]
}
