import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Pages } from '../../src/hosted-pages/pages.js'
import { asError } from '../../src/hosted-pages/problem.js'
import { authPathIn, isBelow } from '../../src/options/auth-path.js'
import { describedAs, PAGE } from '../../src/openapi/described.js'
import { OPEN_ROUTE } from '../../src/session/open-route.js'
import { WITHOUT_QUERY } from '../../src/without-query.js'
import { given, post, type PageKit } from './kit.js'

/** Below the path of the refresh, where alone browsers send the refresh token. */
const PATH = '/session/refresh/page'

/** Each answer deletes stray cookies, and not always all of them at once (`docs/frontend.md`). */
const MOST_TRIES = 10

/** 307 keeps a form's fields, so nothing that was typed is lost. */
const again = ({ headers }: Pages, reply: FastifyReply, { method }: FastifyRequest, url: string): FastifyReply =>
  reply.headers(headers).redirect(url, method === 'POST' ? 307 : 303)

/** Sends a browser whose access token has expired for a new one. It comes back to the same page. */
export function toRefresh (pages: Pages, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { authPath } = request.server.twoFactor
  return again(pages, reply, request, `${authPath.public}${PATH}?${new URLSearchParams({ to: authPath.publicPathOf(request.url) }).toString()}`)
}

/**
 * Sends a browser whose session was refused to the page that signs in, by way of the refresh, which takes the cookies of a
 * session that has ended away. Straight there it would go round in circles: where another replica or an operator has ended the
 * session, its token still looks like one that goes on, and whoever is in is led back.
 */
export function toSignIn (pages: Pages, request: FastifyRequest, reply: FastifyReply, redirect = pages.targetIn(request)): FastifyReply {
  const to = pages.to(request, '', { redirect })
  return reply.headers(pages.headers).redirect(`${request.server.twoFactor.authPath.public}${PATH}?${new URLSearchParams({ to }).toString()}`, 303)
}

/** Gets a new access token for a browser without scripts. */
export function refreshRoute (app: FastifyInstance, { pages }: PageKit): void {
  const { places: { origin, base } } = pages

  app.route({
    method: ['GET', 'POST'],
    url: authPathIn(app) + PATH,
    config: { ...OPEN_ROUTE, ...describedAs(PAGE) },
    exposeHeadRoute: false,
    logSerializers: WITHOUT_QUERY,
    async handler (request, reply) {
      const path = pages.targetOf(given(request.query, 'to'))
      const target = path?.startsWith('/') === true ? new URL(path, origin) : undefined
      // Anything else would be an open redirect.
      if (target === undefined || !isBelow(target.pathname, base)) return pages.go(request, reply, '')
      const tries = Math.max(0, Number(target.searchParams.get('tries'))) + 1
      const answer = await pages.call(request, reply, post('/session/refresh', {}))
      const { statusCode } = answer
      // Such as an outage: the session may go on later, and the page would only lead here again.
      if (statusCode >= 500 || statusCode === 429) throw asError(pages.problemOf(request, answer)!)
      // The session has ended, and its cookies are gone. Whoever signs in goes on to where they wanted.
      const { redirect } = Object.fromEntries(target.searchParams)
      if (statusCode === 401 || !(tries <= MOST_TRIES)) return pages.go(request, reply, '', { redirect: redirect && pages.targetOf(redirect) })
      target.searchParams.set('tries', String(tries))
      return again(pages, reply, request, target.pathname + target.search)
    }
  })
}
