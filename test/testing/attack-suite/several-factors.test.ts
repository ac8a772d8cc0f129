import Fastify from 'fastify'
import t from 'tap'
import { fastify2fa, require2FA } from '../../../src/index.js'
import { attackSuite } from '../../../src/testing/index.js'
import { testCore } from '../../helper.js'

t.test('an app with codes by mail and authenticator apps, enforcement by route and anti-CSRF tokens holds', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(fastify2fa, {
    ...(await testCore()).options, secondFactors: ['email', 'totp'], oneMailboxForBothFactors: true, secondFactorEnforcement: 'route', antiCsrf: 'VIA_TOKEN', secureByDefault: true
  })
  app.post('/payout', async () => ({}))
  app.get('/keys', { preHandler: require2FA, config: { secondFactor: { factors: ['totp'] } } }, async () => [])
  app.get('/vault', { preHandler: require2FA, config: { secondFactor: { factors: ['email'], maxAge: 60 } } }, async () => [])
  const { open, unproven, attacks, text } = await attackSuite(app)
  t.strictSame([open, unproven], [[], []], text)
  t.strictSame(attacks.filter(({ outcome }) => outcome !== 'held').map(({ id }) => id), ['roles-missing', 'websocket-of-another-website', 'claims-from-client'])
})
