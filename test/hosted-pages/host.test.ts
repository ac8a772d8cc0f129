import Fastify from 'fastify'
import t from 'tap'
import { fastify2fa } from '../../src/index.js'
import { newPhoneNumber } from '../../src/testing/index.js'
import { testCore } from '../helper.js'
import { codeFor, ORIGIN, visit } from './visit.js'

const HOST_CSP = "default-src 'self' https://cdn.host.example"

// A host whose hooks and parsers reach as far as they can.
const app = Fastify({ logger: false })
app.setErrorHandler(async (err: Error, _request, reply) => await reply.code(418).send({ host: err.message }))
app.setNotFoundHandler(async (_request, reply) => await reply.code(404).send({ host: 'not found' }))
app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, _body, done) => { done(null, { host: true }) })
app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => { done(null, body) })
app.setSerializerCompiler(() => () => '{"host":true}')
app.addHook('onRequest', async (_request, reply) => {
  reply.header('content-security-policy', HOST_CSP).header('x-frame-options', 'SAMEORIGIN').header('set-cookie', 'host=1; Path=/')
  reply.serializer(() => '{"host":true}').type('application/json')
})
await app.register(fastify2fa, { ...(await testCore()).options, appInfo: { apiDomain: ORIGIN, websiteDomains: [ORIGIN] }, secureByDefault: true, hostedPages: { afterSignIn: '/mine' } })
app.get('/mine', async (_request, reply) => await reply.type('text/plain').serializer(String).send('the host\'s own'))
app.get('/fails', { config: { secondFactor: false } }, async () => { throw new Error('broken') })
app.post('/form', { config: { secondFactor: false } }, async ({ body }, reply) => await reply.serializer(JSON.stringify).send(body))
await app.ready()
t.teardown(() => app.close())

t.test('pages work whatever the host does to its own', async (t) => {
  const person = visit(app)
  await person.open('/auth')
  t.match(person.shown, { status: 200, title: 'Sign in' })
  t.match(person.shown.headers, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': /^default-src 'none'/, 'x-frame-options': 'DENY' })
  await person.follow('Create an account')
  await person.press('Create an account', { email: 'alice@example.com', password: 'correct horse 1' })
  const phone = newPhoneNumber()
  await person.press('Send the code', { contact: phone })
  await person.press('Continue', { code: '000000' })
  t.match(person.shown, { status: 422, text: /This code is wrong/ })
  await person.press('Continue', { code: codeFor(app, phone) })
  t.match(person.shown, { status: 200, url: '/mine', text: 'the host\'s own' })
  t.ok(person.jar.has('host'), 'the host\'s cookies are set, too')
  const script = visit(app)
  await script.open('/auth')
  const sheet = await app.inject(script.shown.document.querySelector('link[rel=stylesheet]')!.getAttribute('href')!)
  t.match(sheet, { statusCode: 200, headers: { 'content-type': 'text/css; charset=utf-8', 'cache-control': /immutable/ } })
  t.match(sheet.body, '--accent')
})

t.test('errors of pages are pages, and those of the host stay the host\'s', async (t) => {
  const foreign = await app.inject({ method: 'POST', url: '/auth', headers: { origin: 'https://evil.example', 'content-type': 'application/x-www-form-urlencoded' }, payload: 'email=a' })
  t.match(foreign, { statusCode: 403, headers: { 'content-type': /html/ } })
  t.match(foreign.body, 'This form did not come from this page')
  const fails = await app.inject('/fails')
  t.match(fails, { statusCode: 418, headers: { 'content-security-policy': HOST_CSP } })
  t.match(await app.inject('/nowhere'), { statusCode: 401, headers: { 'content-security-policy': HOST_CSP } })
  t.equal((await app.inject('/auth/nowhere')).headers['content-security-policy'], HOST_CSP)
  const form = await app.inject({ method: 'POST', url: '/form', headers: { 'content-type': 'application/x-www-form-urlencoded' }, payload: 'a=b' })
  t.strictSame(form.json(), { host: true }, 'the host\'s parser is the host\'s')
  t.equal((await app.inject('/mine')).statusCode, 401, 'secure by default stays')
})
