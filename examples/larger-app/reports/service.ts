import { createHash, timingSafeEqual } from 'node:crypto'
import Fastify, { type FastifyInstance } from 'fastify'

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** An internal service that knows nothing of sessions. It believes `x-shop-user` from whoever has the key. */
export function reportsService (key: string): FastifyInstance {
  const app = Fastify()
  const expected = digest(`Bearer ${key}`)
  app.addHook('onRequest', async ({ headers }, reply) => {
    const isApp = timingSafeEqual(digest(headers.authorization ?? ''), expected)
    // Two headers of one name arrive as one with a comma in it.
    const user = headers['x-shop-user']
    if (!isApp || typeof user !== 'string' || !/^[\w-]+$/.test(user)) return await reply.code(401).send({ message: 'unauthorised' })
  })
  app.get('/sales', async ({ headers }) => ({ for: headers['x-shop-user'], sold: 3 }))
  return app
}
