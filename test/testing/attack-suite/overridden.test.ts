import Fastify from 'fastify'
import t from 'tap'
import { fastify2fa, require2FA } from '../../../src/index.js'
import { attackSuite } from '../../../src/testing/index.js'
import { testCore } from '../../helper.js'

t.test('a host whose override lets every session begin with the claim is open in nearly every way', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(fastify2fa, (await testCore()).options)
  const { key } = app.twoFactor.secondFactor.claim
  app.twoFactor.recipes.override('session', {
    functions: (original) => ({
      ...original,
      async createNewSession (input) {
        const session = await original.createNewSession(input)
        await session.mergeIntoAccessTokenPayload({ [key]: { v: true, t: Date.now() } })
        return session
      }
    })
  })
  app.get('/orders', { preHandler: require2FA }, async () => [])
  const { open, unproven, text } = await attackSuite(app, { sessions: ['cookie'] })
  t.strictSame(unproven, [])
  t.strictSame([...new Set(open.map(({ attack }) => attack))], [
    'first-factor-only', 'claims-at-sign-up', 'code-of-another-user', 'code-of-another-session', 'code-reuse', 'older-code', 'late-code', 'code-made-elsewhere',
    'code-guessing', 'account-with-password-alone', 'password-reset'
  ], text)
})
