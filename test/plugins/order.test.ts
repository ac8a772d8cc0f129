import { execFile } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import formbody from '@fastify/formbody'
import Fastify, { type FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import t, { type Test } from 'tap'
import {
  authRoutes, contests, coreConnection, delivery, errors, fastify2fa, firstFactor, phonePinning, secondFactor, sessionGuard, supertokens, type Fastify2faOptions
} from '../../src/index.js'
import { NOTICE_NAMES } from '../../src/second-factor/notice-texts.js'
import { signInWithSecondFactor } from '../../src/testing/index.js'
import { testCore } from '../helper.js'
import { pathTo } from '../root.js'

/** Boots an app; the error that stopped it, if any. */
async function boot (t: Test, register: (app: FastifyInstance) => Promise<void>) {
  const app: FastifyInstance = Fastify({ logger: false })
  t.teardown(() => app.close())
  try {
    await register(app)
    await app.ready()
    return { app, code: undefined, message: '' }
  } catch (err) {
    return { app, code: (err as { code?: string }).code, message: (err as Error).message }
  }
}

const MISSING_DEPENDENCY = 'FST_ERR_PLUGIN_DEPENDENCY_NOT_REGISTERED'

t.test('a plugin without the one it builds on stops the boot and names it', async (t) => {
  const { options } = await testCore()
  const orders = [
    { plugin: supertokens, missing: 'fastify-2fa/core-connection' },
    { plugin: contests, missing: 'fastify-2fa/supertokens' },
    { plugin: firstFactor, missing: 'fastify-2fa/supertokens' },
    { plugin: secondFactor, missing: 'fastify-2fa/supertokens' },
    { plugin: phonePinning, missing: 'fastify-2fa/second-factor' },
    { plugin: sessionGuard, missing: 'fastify-2fa/second-factor' },
    { plugin: authRoutes, missing: 'fastify-2fa/phone-pinning' }
  ]
  for (const { plugin, missing } of orders) {
    const { code, message } = await boot(t, async (app) => { await app.register(plugin as typeof supertokens, options) })
    t.equal(code, MISSING_DEPENDENCY)
    t.match(message, missing)
  }
})

t.test('the second factor without phone pinning stops the boot: any phone would do', async (t) => {
  const { options } = await testCore()
  const { code } = await boot(t, async (app) => {
    await app.register(coreConnection, options)
    await app.register(delivery, options)
    await app.register(supertokens, options)
    await app.register(contests, options)
    await app.register(secondFactor, options)
  })
  t.equal(code, 'AUTH_PINNING_MISSING')
})

t.test('contradictory options stop the boot, all named at once', async (t) => {
  const wrong: [Fastify2faOptions, RegExp][] = [
    [{ firstFactor: 'phone-password', emailVerification: 'required' }, /emailVerification needs firstFactor email-password/],
    [{ firstFactor: 'phone-password', thirdPartyProviders: [{ config: { thirdPartyId: 'google', clients: [] } }] }, /thirdPartyProviders needs/],
    [{ firstFactor: 'password' as 'email-password', antiCsrf: 'MAYBE' as 'NONE' }, /firstFactor must be one of.*antiCsrf must be one of/],
    [{ appInfo: { apiDomain: 'localhost' } }, /appInfo.apiDomain must be an http\(s\) URL/],
    [{ appInfo: { apiDomain: 'https://api.example/v1' } }, /must be an origin without a path/],
    [{ appInfo: { apiBasePath: 'auth' } }, /appInfo.apiBasePath must be a path/],
    [{ appInfo: { websiteBasePath: '/a b' } }, /appInfo.websiteBasePath must be a path/],
    [{ appInfo: { websiteDomains: [] } }, /must name at least one origin/],
    [{ appInfo: { websiteDomains: ['https://ok.example', 'nonsense'] } }, /websiteDomains must be an http\(s\) URL/],
    [{ core: {} as { connectionURI: string } }, /core must be either/],
    [{ core: { connectionURI: ' ; ' } }, /core.connectionURI must be one base URL or several/],
    [{ defaultCountry: 'XX' as 'US' }, /two-letter country code/],
    [{ passwordReset: 'yes' as unknown as boolean }, /passwordReset must be true or false/],
    [{ thirdPartyProviders: [{} as never] }, /thirdPartyProviders must be/],
    [{ thirdPartyProviders: [{ config: { thirdPartyId: 'p'.repeat(29), clients: [] } }] }, /thirdPartyId must have at most 28 characters/],
    [{ passwordMinLength: 7 }, /passwordMinLength must be 8 to 64 characters/],
    [{ passwordMinLength: 8.5 }, /passwordMinLength must be/],
    [{ leakedPasswords: { url: 'http://pwned.example.com/range' } }, /leakedPasswords\.url must be an https URL/],
    [{ leakedPasswords: 'https://pwned.example.com/range' as never }, /leakedPasswords\.url must be/],
    [{ leakedPasswords: { url: 'https://pwned.example.com/range', timeout: 'soon' } }, /leakedPasswords\.timeout must be seconds/],
    [{ rolesMaxAge: 'soon' }, /rolesMaxAge must be seconds/],
    [{ rolesMaxAge: 0 }, /rolesMaxAge must be/],
    [{ contestPeriod: '59m' }, /contestPeriod must be one hour to 30 days/],
    [{ contestPeriod: '31d' }, /contestPeriod must be/],
    [{ noticesOff: ['lock' as 'locked'] }, /noticesOff must be a list of names: wrong-codes, /],
    [{ noticesOff: 'locked' as never }, /noticesOff must be a list of names/],
    [{ noticesOff: [...NOTICE_NAMES] }, /noticesOff must leave some notices on/],
    [{ noticesOff: ['new-browser' as 'locked'] }, /noticesOff must be a list of names/],
    [{ newBrowserNotices: 'yes' as never }, /newBrowserNotices must be true or false/],
    [{ placeOf: 'Lyon' as never }, /placeOf must be a function/],
    [{ secondFactor: 'global' } as Fastify2faOptions, /secondFactor is not an option/]
  ]
  for (const [options, message] of wrong) {
    const result = await boot(t, async (app) => { await app.register(fastify2fa, options) })
    t.equal(result.code, 'AUTH_OPTIONS_INVALID')
    t.match(result.message, message)
  }
})

t.test('options that loaders of plugins add are no mistakes, others are', async (t) => {
  const { options } = await testCore()
  const added = { skipOverride: true, name: 'auth', logLevel: 'info' as const, ignorePattern: /test/, trustProxy: true, logger: false, _: [] }
  const { code } = await boot(t, async (app) => {
    // As fastify-cli's test helper and the plugins folder of its template do it.
    await app.register(fp(async (app, given: object) => { await app.register(fastify2fa, { ...given, ...options }) }), added)
  })
  t.equal(code, undefined)
  for (const name of ['skipOveride', 'skipoverride', 'options', 'trustproxy', 'secureByDefualt']) {
    const { message } = await boot(t, async (app) => { await app.register(fastify2fa, { ...options, [name]: true }) })
    t.match(message, `${name} is not an option`)
  }
})

t.test('a boot that fails leaves no Core behind', async (t) => {
  const closed = new Promise<void>((resolve) => {
    const app = Fastify({ logger: false })
    app.addHook('onClose', async () => { resolve() })
    app.register(async () => { throw new Error('broken') })
    t.rejects(async () => { await app.ready() }, { message: 'broken' })
  })
  await closed

  const script = `
    import Fastify from 'fastify'
    import { fastify2fa } from ${JSON.stringify(pathToFileURL(pathTo('dist/src/index.js')).href)}
    const broken = async () => { throw new Error('broken') }
    async function fails (boot) { try { await boot() } catch (err) { console.log(err.message) } }
    // The host gives up after a plugin of its own, and closes nothing.
    const early = Fastify()
    await early.register(fastify2fa, { core: { embedded: { port: 0 } } })
    await (await fetch(early.twoFactor.core.connectionURI + '/hello')).text()
    await fails(() => early.register(broken))
    const last = Fastify()
    last.register(fastify2fa)
    last.addHook('onReady', broken)
    await fails(() => last.listen({ port: 0 }))
    console.log('end')`
  const { stdout } = await promisify(execFile)(process.execPath, ['--import=./dist/test/rsa-pool.js', '--input-type=module', '-e', script], { cwd: pathTo('.'), timeout: 120_000, env: { ...process.env, NODE_ENV: 'test' } })
  t.equal(stdout.trim(), 'broken\nbroken\nend')
})

t.test('a form parser that the host has registered before stays its own', async (t) => {
  const { options } = await testCore()
  const { app, code } = await boot(t, async (app) => {
    await app.register(formbody)
    await app.register(fastify2fa, options)
    app.post('/form', async ({ body }) => body)
  })
  t.equal(code, undefined)
  const response = await app.inject({ method: 'POST', url: '/form', headers: { 'content-type': 'application/x-www-form-urlencoded' }, payload: 'a=1' })
  t.strictSame(response.json(), { a: '1' })
})

t.test('a route with a wrong duration stops the boot', async (t) => {
  const { options } = await testCore()
  for (const maxAge of ['soon', 0, '0m', Number.NaN]) {
    const { code } = await boot(t, async (app) => {
      await app.register(fastify2fa, options)
      app.get('/', { preHandler: app.require2FA!, config: { secondFactor: { maxAge } } }, async () => 'ok')
    })
    t.equal(code, 'AUTH_OPTIONS_INVALID', String(maxAge))
  }
})

t.test('request.session of another plugin is not overwritten', async (t) => {
  const { options } = await testCore()
  const { code } = await boot(t, async (app) => {
    app.decorateRequest('session', undefined)
    await app.register(fastify2fa, options)
  })
  t.equal(code, 'AUTH_SESSION_DECORATED')
})

t.test('each plugin by its own export, in order, makes a working app', async (t) => {
  const { options } = await testCore()
  const { app, code } = await boot(t, async (app) => {
    await app.register(coreConnection, options)
    await app.register(delivery, options)
    await app.register(supertokens, options)
    await app.register(contests, options)
    await app.register(firstFactor, options)
    await app.register(secondFactor, options)
    await app.register(phonePinning, options)
    await app.register(sessionGuard)
    await app.register(authRoutes, options)
    app.twoFactor.recipes.override('session', { functions: (original) => ({ ...original }) })
    app.get('/protected', { preHandler: app.require2FA! }, async () => 'in')
  })
  t.equal(code, undefined)
  const { session } = await signInWithSecondFactor(app)
  t.equal((await session.inject('/protected')).body, 'in')

  t.test('recipes cannot be added once the app is ready', async (t) => {
    t.throws(() => { app.twoFactor.recipes.add('dashboard', {}) }, new errors.RegistryClosed('dashboard'))
  })

  t.test('a second app with the same options shares the SDK', async (t) => {
    const second = await boot(t, async (app) => { await app.register(fastify2fa, options) })
    t.equal(second.code, undefined)
    await signInWithSecondFactor(second.app)
  })

  t.test('a second app with other options is refused', async (t) => {
    const second = await boot(t, async (app) => { await app.register(fastify2fa, { ...options, secondFactorEnforcement: 'route' }) })
    t.equal(second.code, 'AUTH_SDK_ALREADY_INITIALISED')
  })
})
