import Fastify from 'fastify'
import t from 'tap'
import { fastify2fa, require2FA } from '../../../src/index.js'
import { attackSuite } from '../../../src/testing/index.js'
import { testCore } from '../../helper.js'

t.test('an app with passkeys and authenticator apps holds, in header sessions too', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(fastify2fa, { ...(await testCore()).options, secondFactors: ['passkey', 'totp'], recoveryCodes: false })
  app.get('/orders', { preHandler: require2FA }, async () => [])
  app.get('/vault', { preHandler: require2FA, config: { secondFactor: { factors: ['passkey'], maxAge: '2m' } } }, async () => [])
  const { open, unproven, text } = await attackSuite(app)
  t.strictSame([open, unproven], [[], []], text)
})
