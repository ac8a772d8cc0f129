import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { fastify2fa } from '../../src/index.js'
import { newPhoneNumber } from '../../src/testing/index.js'
import { testCore } from '../helper.js'
import { codeFor, ORIGIN, visit } from '../hosted-pages/visit.js'
import { addPlugin, HOST_PLUGINS } from './plugins.js'

let count = 0

for (const plugin of HOST_PLUGINS) {
  t.test(`@fastify/${plugin.name} leaves hosted pages as they are`, async (t) => {
    for (const order of ['before', 'after'] as const) {
      if (plugin.places?.includes(order) === false) continue
      const app: FastifyInstance = Fastify({ logger: false })
      t.teardown(() => app.close())
      if (order === 'before') await addPlugin(app, plugin)
      await app.register(fastify2fa, { ...(await testCore()).options, ...plugin.ours, appInfo: { apiDomain: ORIGIN, websiteDomains: [ORIGIN] }, hostedPages: { afterSignIn: '/mine' } })
      if (order === 'after') await addPlugin(app, plugin)
      app.get('/mine', { config: { secondFactor: false } }, async () => 'mine')
      await app.ready()

      const person = visit(app)
      await person.open('/auth/sign-up')
      t.match(person.shown.headers, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': /^default-src 'none'/, 'cache-control': 'no-store' }, order)
      await person.press('Create an account', { email: `person-${++count}@example.com`, password: 'correct horse 1' })
      const phone = newPhoneNumber()
      await person.press('Send the code', { contact: phone })
      await person.press('Continue', { code: '000000' })
      t.match(person.shown, { status: 422, text: /This code is wrong/ }, order)
      await person.press('Continue', { code: codeFor(app, phone) })
      t.match(person.shown, { status: 200, url: '/mine', text: 'mine' }, order)
    }
  })
}
