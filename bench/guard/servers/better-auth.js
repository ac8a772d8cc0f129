import { betterAuth } from 'better-auth'
import { memoryAdapter } from 'better-auth/adapters/memory'
import { fromNodeHeaders } from 'better-auth/node'
import Fastify from 'fastify'

const USERS = 4

/** Sessions in memory and in the signed cookie cache, as its documentation recommends for speed. */
export async function start () {
  const auth = betterAuth({
    secret: 'a secret of thirty-two characters at least',
    baseURL: 'http://localhost:3000',
    database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
    emailAndPassword: { enabled: true },
    session: { cookieCache: { enabled: true, maxAge: 3600 } },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { disabled: true }
  })
  const cookies = []
  for (let i = 0; i < USERS; i++) {
    const { headers } = await auth.api.signUpEmail({ body: { name: 'a', email: `user${i}@example.com`, password: 'correct horse 1' }, returnHeaders: true })
    cookies.push(headers.getSetCookie().map((line) => line.split(';')[0]).join('; '))
  }
  const app = Fastify({ keepAliveTimeout: 600_000 })
  const answer = async () => ({ userId: '11111111-1111-4111-8111-000000000000' })
  app.get('/open', answer)
  app.get('/guarded', {
    async preHandler (request, reply) {
      const session = await auth.api.getSession({ headers: fromNodeHeaders(request.headers) })
      if (session === null) return await reply.code(401).send({ message: 'unauthorised' })
    }
  }, answer)
  await app.listen({ host: '127.0.0.1', port: 0 })
  return { port: app.server.address().port, cookies }
}
