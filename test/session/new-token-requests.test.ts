import Fastify from 'fastify'
import * as Session from 'supertokens-node/recipe/session'
import t from 'tap'
import { fastify2fa } from '../../src/index.js'
import { runningSessionRecipe } from '../../src/supertokens/sdk-internals.js'
import { mint, newKey, startScriptedCore } from './scripted-core.js'

t.test('tokens that were never seen before', async (t) => {
  const core = await startScriptedCore(t)
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  await app.register(fastify2fa, { core: { connectionURI: core.connectionURI }, sms: { provider: 'log' }, mail: { provider: 'log' } })
  const now = Math.floor(Date.now() / 1000)
  let count = 0
  const payload = (more: object = {}) => {
    const sub = `user-${count++}`
    return { iat: now, exp: now + 3600, sub, rsub: sub, tId: 'public', sessionHandle: `handle-${sub}`, refreshTokenHash1: 'hash', '2fa-completed': { v: true, t: Date.now() }, ...more }
  }
  app.get('/guarded', { preHandler: app.require2FA! }, async ({ session }) => ({ user: session!.getUserId() }))
  app.get('/optional', { preHandler: app.verifySession!({ sessionRequired: false }) }, async ({ session }) => ({ user: session?.getUserId() ?? null }))
  app.get('/database', { preHandler: app.verifySession!({ checkDatabase: true, overrideGlobalClaimValidators: () => [] }) }, async () => ({}))
  await app.ready()
  let bySdk = 0
  const recipe = runningSessionRecipe()
  const { getSession } = recipe
  recipe.getSession = (input) => {
    bySdk++
    return getSession(input)
  }
  const ask = (token: string, url = '/guarded') => app.inject({ url, headers: { authorization: `Bearer ${token}` } })
  t.equal((await ask(core.issue(payload()))).statusCode, 200)

  await t.test('are admitted without the SDK, each with its own session', async (t) => {
    const before = bySdk
    for (let i = 0; i < 5; i++) {
      const made = payload()
      t.strictSame((await ask(core.issue(made))).json(), { user: made.sub })
    }
    t.equal(bySdk, before)
  })

  await t.test('attack: a forged one is refused with the SDK\'s words, and again when it comes again', async (t) => {
    const forged = mint(newKey(core.key.kid), payload())
    const { size } = app.twoFactor.sessionCache
    const before = bySdk
    for (let i = 0; i < 2; i++) {
      const response = await ask(forged)
      t.equal(response.statusCode, 401)
      t.strictSame(response.json(), { message: 'try refresh token' })
      t.equal(response.headers['set-cookie'], undefined, 'it signs nobody out')
    }
    t.equal((await ask(forged, '/optional')).statusCode, 401, 'a session that is optional has to be a session')
    t.equal(app.twoFactor.sessionCache.size, size, 'it is not remembered')
    t.equal(bySdk, before, 'for the price of one signature')
  })

  await t.test('a request without one passes only where the session is optional', async (t) => {
    const before = bySdk
    t.strictSame((await app.inject('/optional')).json(), { user: null })
    const response = await app.inject('/guarded')
    t.equal(response.statusCode, 401)
    t.strictSame(response.json(), { message: 'unauthorised' })
    t.equal(bySdk, before)
  })

  await t.test('a hook that adds a token in a spelling of its own is heard', async (t) => {
    const late = Fastify({ logger: false })
    t.teardown(() => late.close())
    await late.register(fastify2fa, { core: { connectionURI: core.connectionURI }, sms: { provider: 'log' }, mail: { provider: 'log' } })
    const token = core.issue(payload())
    late.get('/guarded', {
      async onRequest (request) { Object.assign(request.raw.headers, { Authorization: `Bearer ${token}` }) },
      preHandler: late.require2FA!
    }, async () => ({}))
    t.equal((await late.inject('/guarded')).statusCode, 200)
  })

  await t.test('attack: the first token after a refresh is the Core\'s to confirm', async (t) => {
    const calls = core.sessionCalls()
    t.equal((await ask(core.issue(payload({ parentRefreshTokenHash1: 'parent' })))).statusCode, 200)
    t.equal(core.sessionCalls(), calls + 1)
  })

  await t.test('attack: that of a session which has ended here opens nothing', async (t) => {
    const made = payload()
    await Session.revokeSession(made.sessionHandle)
    const response = await ask(core.issue(made))
    t.equal(response.statusCode, 401)
    t.strictSame(response.json(), { message: 'try refresh token' })
  })

  await t.test('a route that asks the Core asks it for each of them', async (t) => {
    const calls = core.sessionCalls()
    t.equal((await ask(core.issue(payload()), '/database')).statusCode, 200)
    t.equal(core.sessionCalls(), calls + 1)
  })
})
