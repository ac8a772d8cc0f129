import Fastify, { type InjectOptions } from 'fastify'
import t from 'tap'
import { service } from '../../src/app.js'
import { require2FA } from '../../src/index.js'
import { signInWithSecondFactor } from '../../src/testing/index.js'
import { testCore } from '../helper.js'
import { EVERYTHING } from '../openapi/everything.js'

/** What is the same for everybody, and may be kept. */
const PUBLIC = [/^GET \/auth\/jwt\/jwks\.json$/, /^(GET|HEAD) \/auth\/fastify-2fa\/jwks\.json$/, /^(GET|HEAD) \/openapi\.json$/, /^GET \/auth\/assets\//]

t.test('nothing that our routes answer may be kept, with a session or without one, unless it is the same for everybody', async (t) => {
  const routes: Array<{ method: InjectOptions['method'], url: string }> = []
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) if (['GET', 'HEAD', 'POST', 'PUT', 'DELETE'].includes(one)) routes.push({ method: one as 'GET', url })
  })
  await app.register(service, { ...(await testCore()).options, ...EVERYTHING, openapi: true, root: true, maxEventLoopDelay: 0 })
  await app.ready()
  t.ok(routes.length > 100)
  const { session } = await signInWithSecondFactor(app, { transferMethod: 'header' })

  const kept = new Set<string>()
  for (const { method = 'GET', url } of routes) {
    const path = url.replace(/:\w+\([^)]*\)/g, 'public').replace(/:\w+/g, 'x').replace('*', 'x')
    const name = `${method} ${path}`
    const answers = [await app.inject({ method, url: path })]
    // Signing out would end the session for those that come after.
    if (method === 'GET') answers.push(await app.inject({ method, url: path, headers: { authorization: `Bearer ${session.tokens.get('st-access-token')}` } }))
    for (const { statusCode, headers } of answers) {
      const control = String(headers['cache-control'])
      if (statusCode < 400 && PUBLIC.some((pattern) => pattern.test(name))) {
        kept.add(name)
        t.match(control, /public|max-age=[1-9]/, name)
      } else if (control !== 'no-store') {
        t.equal(control, 'no-store', `${name} ${statusCode}`)
      }
    }
  }
  for (const pattern of PUBLIC) t.ok([...kept].some((name) => pattern.test(name)), String(pattern))
})

t.test('routes of a host are its own', async (t) => {
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  await app.register(service, { ...(await testCore()).options, ...EVERYTHING, openapi: true, root: true, maxEventLoopDelay: 0 })
  app.get('/mine', { preHandler: require2FA }, async () => 'in')
  app.get('/open', { config: { secondFactor: false } }, async () => 'open')
  await app.ready()
  for (const url of ['/mine', '/open']) t.notOk('cache-control' in (await app.inject(url)).headers)
})
