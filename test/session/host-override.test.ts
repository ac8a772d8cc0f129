import Fastify from 'fastify'
import t from 'tap'
import { fastify2fa } from '../../src/index.js'
import { signInWithSecondFactor } from '../../src/testing/index.js'
import { testCore } from '../helper.js'

t.test('a host that has its own say in every session keeps it, and is told what it costs', async (t) => {
  const lines: string[] = []
  const app = Fastify({ logger: { level: 'warn', stream: { write: (line: string) => { lines.push(line) } } } })
  t.teardown(() => app.close())
  await app.register(fastify2fa, (await testCore()).options)
  let banned = false
  app.recipes.override('session', {
    functions: (original) => ({
      ...original,
      async getSession (input) {
        if (banned) throw Object.assign(new Error('banned'), { statusCode: 403, code: 'BANNED' })
        return await original.getSession(input)
      }
    })
  })
  app.get('/protected', { preHandler: app.require2FA! }, async () => ({ ok: true }))
  await app.ready()
  t.match(lines.map((line) => JSON.parse(line)), [{ reason: /replaces getSession/ }])

  const { session } = await signInWithSecondFactor(app)
  for (let i = 0; i < 3; i++) t.equal((await session.inject('/protected')).statusCode, 200)
  t.match({ ...app.sessionCache }, { enabled: false, hits: 0, misses: 0, size: 0 })
  banned = true
  t.equal((await session.inject('/protected')).statusCode, 403)
})
