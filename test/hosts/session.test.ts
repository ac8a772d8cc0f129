import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { fastify2fa, require2FA, sessionOf, sessionRoutes } from '../../src/index.js'
import { signInWithSecondFactor } from '../../src/testing/index.js'
import { testCore } from '../helper.js'
import { addPlugin, HOST_PLUGINS } from './plugins.js'

t.test('the session of @fastify/session stands beside ours, registered before or after it', async (t) => {
  const hostSession = HOST_PLUGINS.find(({ name }) => name === 'session')!
  for (const order of ['before', 'after'] as const) {
    const app: FastifyInstance = Fastify({ logger: false })
    t.teardown(() => app.close())
    if (order === 'before') await addPlugin(app, hostSession)
    await app.register(fastify2fa, { ...(await testCore()).options, ...hostSession.ours })
    if (order === 'after') await addPlugin(app, hostSession)
    await app.register(sessionRoutes)
    app.get('/both', { preHandler: require2FA }, async (request) => {
      const host = request.session as unknown as { visits?: number }
      host.visits = (host.visits ?? 0) + 1
      const { authSession } = request as unknown as { authSession: ReturnType<typeof sessionOf> }
      return { visits: host.visits, userId: sessionOf(request)!.getUserId(), same: authSession === sessionOf(request) }
    })
    const user = await signInWithSecondFactor(app)
    t.same((await user.session.inject('/both')).json(), { visits: 1, userId: user.userId, same: true }, order)
    t.equal((await app.inject('/both')).statusCode, 401)
    t.equal((await user.session.inject('/me')).json().userId, user.userId, 'our own routes read it under its name')
  }
})
