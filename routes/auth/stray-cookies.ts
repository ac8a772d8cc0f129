import type { FastifyReply, FastifyRequest } from 'fastify'
import { hasBearer } from '../../src/session/request-token.js'
import { ambiguous, dropCookies, expiriesOf, strayTokens } from '../../src/session/stray-cookies.js'
import { answerSdkError, toSdkRequest, toSdkResponse } from '../../src/supertokens/adapter.js'

/** What an endpoint does with the session of a request. */
export type SessionUse = 'none' | 'needed' | 'refreshed'

/** The token that has to be clear. */
const DECISIVE = { none: undefined, needed: 'access', refreshed: 'refresh' } as const

const strays = new WeakMap<FastifyRequest, ReturnType<typeof strayTokens>>()

/**
 * Settles what several session cookies of one name mean for an endpoint. Signing in ignores them. Where a session is
 * needed, the answer makes stock frontends refresh, and a refresh makes them repeat the request: by then, the strays are
 * gone.
 */
export function settleStrayCookies (use: SessionUse) {
  return async function preHandler (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
    const tokens = strayTokens(request)
    if (tokens.length === 0) return undefined
    strays.set(request, tokens)
    if (!tokens.some((token) => token === DECISIVE[use]) || hasBearer(request.headers)) {
      dropCookies(request, tokens)
      return undefined
    }
    await answerSdkError(ambiguous(use === 'refreshed' ? 'CLEAR_DUPLICATE_SESSION_COOKIES' : 'TRY_REFRESH_TOKEN'), toSdkRequest(request), toSdkResponse(reply))
    return reply
  }
}

/** Deletes the strays with the answer, and before new cookies, which stores may not tell apart from them. */
export async function expireStrayCookies (request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
  const tokens = strays.get(request)
  if (tokens === undefined) return payload
  const fresh = [reply.getHeader('set-cookie') ?? []].flat().map(String)
  reply.removeHeader('set-cookie')
  reply.header('set-cookie', [...expiriesOf(request, tokens, { renewed: fresh.length > 0 }), ...fresh])
  return payload
}
