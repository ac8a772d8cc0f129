import Fastify from 'fastify'
import { errorHandler, plugin } from 'supertokens-node/framework/fastify'
import { verifySession } from 'supertokens-node/recipe/session/framework/fastify'
import { init } from './guides.js'

export async function start ({ connectionURI }) {
  init('fastify', connectionURI)
  const app = Fastify({ keepAliveTimeout: 600_000 })
  await app.register(plugin)
  app.setErrorHandler(errorHandler())
  const answer = async () => ({ userId: '11111111-1111-4111-8111-000000000000' })
  app.get('/guarded', { preHandler: verifySession() }, answer)
  await app.listen({ host: '127.0.0.1', port: 0 })

  // The plugin slows down every route of its app, so serve the open route from an app without it.
  const bare = Fastify({ keepAliveTimeout: 600_000 })
  bare.get('/open', answer)
  await bare.listen({ host: '127.0.0.1', port: 0 })
  return { port: app.server.address().port, openPort: bare.server.address().port }
}
