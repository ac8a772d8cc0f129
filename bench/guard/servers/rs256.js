import { createPublicKey, verify } from 'node:crypto'
import Fastify from 'fastify'

/** The minimum that verifies a signature each time: one synchronous RS256, one JSON.parse, two checks. */
export async function start ({ publicKey }) {
  const key = createPublicKey(publicKey)
  const app = Fastify({ keepAliveTimeout: 600_000 })
  const answer = async () => ({ userId: '11111111-1111-4111-8111-000000000000' })
  app.get('/open', answer)
  app.get('/guarded', {
    onRequest (request, reply, done) {
      const token = request.headers.authorization.slice(7)
      const end = token.lastIndexOf('.')
      const valid = verify('RSA-SHA256', Buffer.from(token.slice(0, end)), key, Buffer.from(token.slice(end + 1), 'base64url'))
      const payload = JSON.parse(Buffer.from(token.slice(token.indexOf('.') + 1, end), 'base64url').toString())
      if (valid && payload.exp * 1000 > Date.now() && payload['2fa-completed'].v === true) return done()
      reply.code(401).send({ message: 'unauthorised' })
    }
  }, answer)
  await app.listen({ host: '127.0.0.1', port: 0 })
  return { port: app.server.address().port }
}
