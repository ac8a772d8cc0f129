import Fastify from 'fastify'
import { afterAll, test } from 'vitest'
import { fastify2fa, require2FA } from '../../../dist/src/index.js'
import { attackSuite, startTestCore } from '../../../dist/src/testing/index.js'

/** An app's own test file for Vitest. */
export async function attack (addRoutes) {
  const core = await startTestCore()
  const app = Fastify()
  await app.register(fastify2fa, core.options)
  app.get('/orders', { preHandler: require2FA }, async () => [])
  addRoutes(app)
  afterAll(async () => {
    await app.close()
    await core.close()
  })
  await attackSuite(app, { test, sessions: ['cookie'] })
}
