import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import { errorHandler, plugin } from 'supertokens-node/framework/fastify'
import { verifySession } from 'supertokens-node/recipe/session/framework/fastify'

/** Serves what SuperTokens has been initialised with, as the guides do, and tells the test where. It ends with the test. */
export async function serve (): Promise<void> {
  const app = Fastify()
  app.setErrorHandler(errorHandler())
  await app.register(plugin)
  app.get('/any', { preHandler: verifySession() as never }, async () => 'in')
  await app.listen({ host: '127.0.0.1', port: 0 })
  process.send!(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}`)
  process.on('disconnect', () => { process.exit() })
}
