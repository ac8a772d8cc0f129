import { once } from 'node:events'
import { connect, type AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import t, { type Test } from 'tap'
import { service } from '../../src/app.js'
import { coreConnection, delivery, fastify2fa, supertokens, type Fastify2faOptions } from '../../src/index.js'
import { requestCode, signInWithSecondFactor, signUp } from '../../src/testing/index.js'
import { build, testCore } from '../helper.js'
import { setNodeEnv } from '../node-env.js'

/** The refusal of a host that registers one plugin and nothing else. */
async function refusal (t: Test, plugin: unknown, options: Fastify2faOptions = {}): Promise<string> {
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  try {
    await app.register(plugin as typeof fastify2fa, options)
    await app.ready()
    return ''
  } catch (err) {
    return `${(err as { code: string }).code}: ${(err as Error).message}`
  }
}

t.test('a host that registers the plugin and goes to production does not start with accounts in memory and codes in the log', async (t) => {
  for (const env of ['production', 'Production', 'prod', 'staging']) {
    await t.test(env, async (t) => {
      setNodeEnv(t, env)
      for (const plugin of [fastify2fa, service]) {
        const found = await refusal(t, plugin)
        for (const text of [/^AUTH_OPTIONS_INVALID: /, 'core: production needs a SuperTokens Core', 'appInfo.apiDomain: ', 'sms: ', 'mail: ', `NODE_ENV is "${env}"`]) t.match(found, text)
      }
      t.match(await refusal(t, coreConnection), 'core: production needs a SuperTokens Core')
      t.match(await refusal(t, delivery), /sms: production needs.*mail: production needs/)
      t.match(await refusal(t, delivery, { sms: { provider: 'log' }, mail: { provider: 'log' } }), /sms: `log` prints codes.*mail: `log` prints links/)
      t.match(await refusal(t, Object.assign(async (app: FastifyInstance) => {
        await app.register(coreConnection, { core: { connectionURI: 'http://localhost:1' } })
        await app.register(supertokens, {})
      })), 'appInfo.apiDomain: production needs')
    })
  }
})

t.test('nor does one that forgot NODE_ENV and has a public address', async (t) => {
  setNodeEnv(t, undefined)
  for (const plugin of [fastify2fa, service]) {
    t.match(await refusal(t, plugin, { appInfo: { apiDomain: 'https://auth.example.com' } }), /core: .*sms: .*NODE_ENV is not set and appInfo.apiDomain is not this machine/)
  }
})

t.test('tests of a host run with NODE_ENV=production, too', async (t) => {
  setNodeEnv(t, 'production')
  const app = await build(t)
  await signInWithSecondFactor(app)
  t.equal((await app.inject('/dev/outbox')).statusCode, 200)
})

/** Sends these headers as they stand, in HTTP/1.0 if there is to be no host. */
async function raw (port: number, path: string, headers: string[], version = '1.1'): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.end(`GET ${path} HTTP/${version}\r\n${headers.map((header) => `${header}\r\n`).join('')}connection: close\r\n\r\n`)
  let answer = ''
  for await (const chunk of socket) answer += String(chunk)
  return answer
}

async function listening (t: Test, server: FastifyServerOptions = {}): Promise<{ app: FastifyInstance, port: number }> {
  const app = await build(t, {}, server)
  await app.listen({ host: '127.0.0.1', port: 0 })
  return { app, port: (app.server.address() as AddressInfo).port }
}

const DEV_ROUTES = ['/dev/outbox', '/examples/optional-session']

t.test('a page whose name resolves to this machine reads no codes (DNS rebinding)', async (t) => {
  for (const trustProxy of [false, true]) {
    const { app, port } = await listening(t, { trustProxy })
    await requestCode(app, await signUp(app))
    const strange = [
      ['Host: evil.example'], ['Host: evil.example:3000'], ['Host: localhost.evil.example'], ['Host: 127.0.0.1.evil.example'], ['Host: evil.example:localhost'], ['Host: localhost@evil.example'],
      ['Host: [::2]:3000'], ['Host: ::1'], ['Host: 0.0.0.0'], ['Host: 10.0.0.1'], ['Host: localhost:3000:1'], ['Host: localhost, evil.example'], ['Host: '],
      ['Host: evil.example', 'X-Forwarded-Host: localhost'], ['Host: evil.example', 'Forwarded: host=localhost'], ['Host: localhost', 'X-Forwarded-Host: evil.example'],
      ['Host: localhost', 'X-Forwarded-Host: localhost, evil.example'], ['Host: localhost', 'Forwarded: for=10.0.0.1;host="evil.example"'], ['Host: localhost', 'Forwarded: for=1;proto=http, for=2;host=evil.example']
    ]
    for (const path of DEV_ROUTES) {
      for (const headers of strange) {
        const answer = await raw(port, path, headers)
        t.match(answer, /^HTTP\/1\.1 403 [^]*"code":"AUTH_DEV_HOST_REFUSED"/, `${path} ${headers.join(', ')}`)
        t.notMatch(answer, /"channel"/)
      }
      t.match(await raw(port, path, [], '1.0'), /^HTTP\/1\.1 403 /, 'no host at all')
      t.match(await raw(port, path, []), /^HTTP\/1\.1 400 /, 'Node refuses HTTP/1.1 without a host')
      for (const host of ['localhost', `localhost:${port}`, 'LocalHost:80', 'localhost.', 'auth.localhost:3000', '127.0.0.1:3000', '127.8.8.8', '[::1]', '[::1]:3000']) {
        t.match(await raw(port, path, [`Host: ${host}`]), /^HTTP\/1\.1 200 /, host)
        t.match(await raw(port, path, [`Host: ${host}`, 'X-Forwarded-Host: localhost:5173', 'Forwarded: for=[::1];host="[::1]:3000"']), /^HTTP\/1\.1 200 /, host)
      }
    }
  }
})

t.test('a service with a public address has no outbox, and no examples, whatever NODE_ENV says', async (t) => {
  const { options } = await testCore()
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  const urls: string[] = []
  app.addHook('onRoute', ({ url }) => { urls.push(url) })
  // Not made ready: supertokens-node has other options in this process.
  await app.register(service, { ...options, production: false, appInfo: { apiDomain: 'https://auth.example.com' } })
  t.ok(urls.includes('/sessioninfo'))
  t.strictSame(urls.filter((url) => /^\/(dev|examples)\//.test(url)), [])
})
