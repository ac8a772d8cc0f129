import Fastify, { type FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { fastify2fa, require2FA, sessionOf, type Fastify2faOptions } from '../../src/index.js'
import { passSecondFactor, signUp, type TransferMethod } from '../../src/testing/index.js'
import { testCore } from '../helper.js'
import { addPlugin, HOST_PLUGINS, type HostPlugin, type Place } from './plugins.js'

const PLACES: Record<Place, (app: FastifyInstance, plugin: HostPlugin, ours: Ours) => Promise<void>> = {
  before: async (app, plugin, ours) => {
    await addPlugin(app, plugin)
    await ours(app)
  },
  after: async (app, plugin, ours) => {
    await ours(app)
    await addPlugin(app, plugin)
  },
  inside: async (app, plugin, ours) => {
    await app.register(async (scope) => {
      await addPlugin(scope, plugin)
      await ours(scope)
    })
  },
  beside: async (app, plugin, ours) => {
    await app.register(async (scope) => { await addPlugin(scope, plugin) })
    await ours(app)
  }
}

type Ours = (scope: FastifyInstance) => Promise<void>

/** Registers each plugin in each place, and goes from sign-up to a protected route, with a cookie or a header session. */
export function testHosts (t: Test, options: Fastify2faOptions): void {
  for (const [index, plugin] of HOST_PLUGINS.entries()) {
    t.test(`@fastify/${plugin.name}`, async (t) => {
      for (const [turn, place] of (plugin.places ?? Object.keys(PLACES) as Place[]).entries()) {
        const app: FastifyInstance = Fastify({ logger: false })
        t.teardown(() => app.close())
        let scopeOfOurs = app
        await PLACES[place](app, plugin, async (scope) => {
          scopeOfOurs = scope
          await scope.register(fastify2fa, { ...(await testCore()).options, ...options, ...plugin.ours })
          scope.get('/mine', { preHandler: require2FA }, async (request) => ({ userId: sessionOf(request)!.getUserId() }))
        })
        await app.ready()
        await flow(t, scopeOfOurs, { place, transferMethod: (index + turn) % 2 === 0 ? 'cookie' : 'header' })
      }
    })
  }
}

async function flow (t: Test, app: FastifyInstance, { place, transferMethod }: { place: Place, transferMethod: TransferMethod }): Promise<void> {
  const told = (what: string): string => `${place}, ${transferMethod} session: ${what}`
  t.equal((await app.inject('/mine')).statusCode, 401, told('strangers stay out'))
  const user = await signUp(app, { transferMethod })
  t.equal((await user.session.inject('/mine')).statusCode, 403, told('a password is not enough'))
  await passSecondFactor(app, user)
  t.same((await user.session.inject('/mine')).json(), { userId: user.userId }, told('both factors are'))
  t.equal((await user.session.inject({ method: 'POST', url: '/auth/session/refresh' })).statusCode, 200, told('refresh'))
  t.same((await user.session.inject('/mine')).json(), { userId: user.userId }, told('after a refresh'))
}
