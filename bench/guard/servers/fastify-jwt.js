import cookie from '@fastify/cookie'
import jwt from '@fastify/jwt'
import Fastify from 'fastify'

/**
 * `request.jwtVerify()` without options. With any option, the plugin builds a verifier per request and does not cache.
 */
export async function start ({ publicKey }) {
  const app = Fastify({ keepAliveTimeout: 600_000 })
  await app.register(cookie)
  await app.register(jwt, {
    secret: { public: publicKey },
    verify: { algorithms: ['RS256'], cache: 20_000 },
    cookie: { cookieName: 'sAccessToken', signed: false }
  })
  const answer = async () => ({ userId: '11111111-1111-4111-8111-000000000000' })
  app.get('/open', answer)
  app.get('/guarded', {
    async onRequest (request, reply) {
      await request.jwtVerify()
      if (request.user['2fa-completed'].v !== true) return await reply.code(403).send({ message: 'invalid claim' })
    }
  }, answer)
  await app.listen({ host: '127.0.0.1', port: 0 })
  return { port: app.server.address().port }
}
