import type { FastifyInstance } from 'fastify'

export interface Refusal {
  /** @default 200 */
  status?: number
  headers?: Record<string, string>
  body: object | string
}

export type Refuse = (path: string, refusal: Refusal) => void

/**
 * Lets a test choose the answer to the next request to a path. It is the service's own in everything else: CORS and the
 * preflight are real, which they would not be if the browser made the answer up.
 */
export function refusals (app: FastifyInstance): Refuse {
  const waiting = new Map<string, Refusal>()
  // After onRequest, in which the answer gets its CORS headers.
  app.addHook('preParsing', async (request, reply) => {
    const path = request.url.split('?')[0]!
    const refusal = waiting.get(path)
    if (refusal === undefined) return
    waiting.delete(path)
    return await reply.code(refusal.status ?? 200).headers(refusal.headers ?? {}).send(refusal.body)
  })
  return (path, refusal) => { waiting.set(path, refusal) }
}
