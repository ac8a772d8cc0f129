import proxy from '@fastify/http-proxy'
import type { FastifyInstance } from 'fastify'
import { require2FA, sessionOf } from 'fastify-2fa'

/**
 * What a client may tell the service behind. A list of what is let through, not of what is taken out: `X-Shop-User` has more
 * spellings (`X_Shop_User`) than anybody thinks of, and the session's cookies are not for that service.
 */
const PASSED_ON = ['accept', 'accept-language', 'if-none-match', 'user-agent']

/** The internal service of reports, which learns who asks by `x-shop-user`. */
export default async function reports (app: FastifyInstance): Promise<void> {
  await app.register(proxy, {
    upstream: app.config.REPORTS_URL,
    httpMethods: ['GET'],
    // Not to be left out: the proxy passes hooks on as undefined, which stops the boot.
    preHandler: require2FA,
    replyOptions: {
      rewriteRequestHeaders: (request, headers) => ({
        ...Object.fromEntries(PASSED_ON.flatMap((name) => headers[name] === undefined ? [] : [[name, headers[name]]])),
        authorization: `Bearer ${app.config.REPORTS_KEY}`,
        'x-shop-user': sessionOf(request)!.getUserId()
      }),
      // It shares our origin, and must not set or end anybody's session.
      rewriteHeaders: ({ 'set-cookie': _, 'clear-site-data': __, ...headers }) => headers
    }
  })
}
