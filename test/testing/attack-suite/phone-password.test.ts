import Fastify from 'fastify'
import t from 'tap'
import { fastify2fa, require2FA } from '../../../src/index.js'
import { attackSuite } from '../../../src/testing/index.js'
import { testCore } from '../../helper.js'

t.test('an app with phone + password holds, in each of its tests', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(fastify2fa, { ...(await testCore()).options, firstFactor: 'phone-password' })
  app.get('/orders', { preHandler: require2FA }, async () => [])
  // tap's own `t`: each attack is a subtest of this one.
  await attackSuite(app, { test: t })
})
