import t from 'tap'
import Fastify, { type FastifyInstance } from 'fastify'
import { fastify2fa } from '../../src/index.js'
import { newPhoneNumber } from '../../src/testing/index.js'
import { testCore } from '../helper.js'
import { codeFor, visit } from './visit.js'

const HTTPS = 'https://login.example.com'

// Behind a proxy that takes /gate off and puts /internal in front, and below a prefix.
const app = Fastify({ logger: false })
let inside!: FastifyInstance
const { options } = await testCore()
await app.register(async (scope) => {
  inside = scope
  await scope.register(fastify2fa, {
    ...options,
    appInfo: { apiDomain: HTTPS, apiBasePath: '/auth', apiGatewayPath: '/gate', apiInternalPath: '/internal', websiteDomains: [HTTPS], websiteBasePath: '/gate/pages' },
    cookieDomain: '.example.com',
    hostedPages: true
  })
}, { prefix: '/internal' })
await app.ready()
t.teardown(() => app.close())

/** What the proxy makes of a path. */
const proxied = (path: string): string => path.replace(/^\/gate/, '/internal')

t.test('pages are where links of mails lead, whatever prefix or proxy is in between', async (t) => {
  const person = visit(app, { origin: HTTPS, proxied })
  await person.open('/gate/pages')
  t.equal(person.shown.title, 'Sign in')
  t.match(person.shown.document.querySelector('link[rel=stylesheet]')!.getAttribute('href'), /^\/gate\/pages\/assets\/style\./)
  const sheet = await app.inject(proxied(person.shown.document.querySelector('link[rel=stylesheet]')!.getAttribute('href')!))
  t.match(sheet, { statusCode: 200, headers: { 'content-type': 'text/css; charset=utf-8' } })
  await person.follow('Create an account')
  await person.press('Create an account', { email: 'alice@example.com', password: 'correct horse 1' })
  t.equal(person.shown.url, '/gate/pages/second-factor/sms')
  const phone = newPhoneNumber()
  await person.press('Send the code', { contact: phone })
  await person.press('Continue', { code: codeFor(inside, phone) })
  t.match(person.shown, { url: '/gate/pages/security', text: /My security/ })
  await person.open('/gate/pages/second-factor?once-more=1&redirect=%2Fgate%2Fpages%2Fsecurity')
  t.match(person.shown, { status: 200, title: 'Second step', text: /confirm once more that it is you/ })
  await person.press('Send the code')
  await person.press('Continue', { code: codeFor(inside, phone) })
  t.match(person.shown, { url: '/gate/pages/security', text: /My security/ }, 'a factor is passed once more')
  t.same(person.insecure, [], 'every cookie is for https')
  t.match(person.names, ['sAccessToken', 'sRefreshToken', '__Host-fastify-2fa-pending'])
})

t.test('the link of a reset finds its page', async (t) => {
  const person = visit(app, { origin: HTTPS, proxied })
  await person.open('/gate/pages/reset-password')
  await person.press('Send the link', { email: 'alice@example.com' })
  await inside.twoFactor.delivered()
  const link = inside.twoFactor.outbox.last('alice@example.com')!.link!
  t.match(link, `${HTTPS}/gate/pages/reset-password?token=`)
  await person.open(link)
  t.equal(person.shown.title, 'Choose a new password')
})
