import Fastify from 'fastify'
import * as EmailPassword from 'supertokens-node/recipe/emailpassword'
import * as Session from 'supertokens-node/recipe/session'
import t from 'tap'
import { fastify2fa } from '../../src/index.js'
import { signIn, signInWithSecondFactor } from '../../src/testing/index.js'
import { testCore } from '../helper.js'

t.test('a host that has its own say in every session keeps it, and is told what it costs', async (t) => {
  const lines: string[] = []
  const app = Fastify({ logger: { level: 'warn', stream: { write: (line: string) => { lines.push(line) } } } })
  t.teardown(() => app.close())
  await app.register(fastify2fa, (await testCore()).options)
  let banned = false
  app.twoFactor.recipes.override('session', {
    functions: (original) => ({
      ...original,
      async getSession (input) {
        if (banned) throw Object.assign(new Error('banned'), { statusCode: 403, code: 'BANNED' })
        return await original.getSession(input)
      },
      // One session per user, as SuperTokens' documentation has it.
      async createNewSession (input) {
        await Session.revokeAllSessionsForUser(input.userId)
        return await original.createNewSession(input)
      }
    })
  })
  app.get('/protected', { preHandler: app.require2FA! }, async () => ({ ok: true }))
  await app.ready()
  t.match(lines.map((line) => JSON.parse(line)), [{ reason: /replaces getSession/ }])

  const user = await signInWithSecondFactor(app)
  const { session } = user
  for (let i = 0; i < 3; i++) t.equal((await session.inject('/protected')).statusCode, 200)
  t.match({ ...app.twoFactor.sessionCache }, { enabled: false, hits: 0, misses: 0, size: 0 })

  const handles = () => Session.getAllSessionHandlesForUser(user.userId)
  const [first] = await handles()
  for (let i = 0; i < 2; i++) t.equal((await signIn(app, user)).userId, user.userId, 'the new session stays')
  for (let i = 0; i < 2; i++) {
    const result = await EmailPassword.signIn('public', user.email, user.password)
    if (result.status !== 'OK') throw new Error(result.status)
    t.equal((await Session.createNewSessionWithoutRequestResponse('public', result.recipeUserId)).getUserId(), user.userId, 'and one that the host makes')
  }
  t.equal((await handles()).length, 1)
  t.not((await handles())[0], first)
  banned = true
  t.equal((await session.inject('/protected')).statusCode, 403)
})
