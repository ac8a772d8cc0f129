import type { InjectOptions } from 'fastify'
import type { TestSession } from '../../src/testing/index.js'

export interface Sent { method: string, path: string, headers: Headers, body: string }

/** A `fetch` that reaches the app of a session, as a page's would, and notes what it sends. */
export function fetchOf (session: Pick<TestSession, 'inject'>, sent: Sent[] = []): typeof fetch {
  return async (input, init) => {
    const request = new Request(input instanceof Request ? input : new URL(input, 'http://localhost:3000'), init)
    const { pathname } = new URL(request.url)
    const body = await request.text()
    sent.push({ method: request.method, path: pathname, headers: request.headers, body })
    const response = await session.inject({ method: request.method as 'GET', url: pathname, headers: Object.fromEntries(request.headers), ...(body !== '' && { payload: body }) } satisfies InjectOptions)
    request.signal.throwIfAborted()
    return new Response(response.body, { status: response.statusCode, headers: response.headers as Record<string, string> })
  }
}
