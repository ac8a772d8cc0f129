import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer as createTcpServer, type AddressInfo } from 'node:net'
import t from 'tap'
import { loadConfig } from '../../src/config/load.js'
import type { Facts } from '../../src/playground/facts.js'
import { openSite } from '../../src/playground/site.js'
import { createTestSession, passSecondFactor, resetClock, signIn, signInWithSecondFactor, signUp } from '../../src/testing/index.js'
import { pathTo } from '../root.js'
import { ask, startPlayground } from './served.js'

const { app, api, website, said } = await startPlayground(t, { PLAYGROUND_PROVIDER: 'true' })
const facts = JSON.parse((await ask(`${website}/config.json`)).body) as Facts

const PAGES = pathTo('src/playground/pages')
const pages = readdirSync(PAGES).filter((name) => !name.endsWith('.json'))
const sourceOf = (name: string): string => readFileSync(`${PAGES}/${name}`, 'utf8')
const json = { 'content-type': 'application/json' }
const now = async (): Promise<number> => Date.parse((await app.inject('/dev/clock')).json().now)

t.test('the log and the service\'s own address say where it is', async (t) => {
  t.equal(said, `open ${website} in a browser to try everything`)
  const { status, headers, body } = await ask(api)
  t.equal(status, 200)
  t.match(headers['content-security-policy'], 'default-src \'none\'')
  t.match(body, `<a href="${website}">`)
  t.match(body, 'an authentication service')
})

t.test('every page comes with a policy that allows no inline script or style, and nothing from elsewhere', async (t) => {
  for (const path of ['/', ...pages.map((name) => `/${name}`), '/auth/callback/test-provider', '/auth/reset-password?token=x', '/sdk/website.js', '/sdk/session.js', '/nowhere']) {
    const { status, headers } = await ask(website + path)
    t.equal(status, path === '/nowhere' ? 404 : 200, path)
    const policy = Object.fromEntries(String(headers['content-security-policy']).split('; ').map((rule) => [rule.split(' ')[0], rule.split(' ').slice(1).join(' ')]))
    t.strictSame(policy, {
      'default-src': '\'none\'', 'script-src': '\'self\'', 'style-src': '\'self\'', 'img-src': '\'self\'', 'connect-src': `'self' ${api}`, 'form-action': '\'self\'', 'base-uri': '\'none\'', 'frame-ancestors': '\'none\''
    }, path)
    t.equal(headers['x-content-type-options'], 'nosniff')
    t.notOk(headers['access-control-allow-origin'])
  }
  const html = sourceOf('index.html')
  t.notMatch(html, /<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc="\/)/)
  for (const name of pages.filter((name) => name !== 'icon.svg')) t.notMatch(sourceOf(name), /https?:\/\/|innerHTML|insertAdjacentHTML|\beval\b/, name)
})

t.test('a foreign Host gets nothing, of the page or of the routes for development', async (t) => {
  for (const host of ['evil.example', `evil.example:${new URL(website).port}`, '192.168.0.7']) {
    for (const path of ['/', '/main.js', '/config.json', '/code.json', '/auth/x', '/nowhere', '/test-provider/.well-known/openid-configuration', '/test-provider/interaction/x']) {
      const { status, body } = await ask(website + path, { host })
      t.equal(status, 403, path)
      t.match(body, 'answers only to localhost')
    }
    for (const request of [{ url: '/' }, { url: '/dev/outbox' }, { url: '/dev/clock' }, { method: 'POST', url: '/dev/clock', payload: { by: '1d' } }, { method: 'POST', url: '/dev/forget-me', payload: {} }] as const) {
      t.match((await app.inject({ ...request, headers: { host } })).json(), { statusCode: 403, code: 'AUTH_DEV_HOST_REFUSED' }, request.url)
    }
  }
})

t.test('another website can neither move the clock nor forget somebody', async (t) => {
  const { session, email, password, phoneNumber } = await signUp(app)
  const before = await now()
  for (const url of ['/dev/clock', '/dev/forget-me']) {
    for (const [type, payload] of [['text/plain', '{"by":"1d"}'], ['application/x-www-form-urlencoded', 'by=1d'], ['multipart/form-data; boundary=x', '--x--'], ['text/plain; application/json', '{"by":"1d"}'], [undefined, undefined]] as const) {
      const headers = { origin: 'http://evil.example', ...(type !== undefined && { 'content-type': type }) }
      const response = await session.inject({ method: 'POST', url, headers, ...(payload !== undefined && { payload }) })
      t.ok([400, 415].includes(response.statusCode), `${url} ${type}: ${response.statusCode}`)
    }
    t.equal((await session.inject({ method: 'GET', url: '/dev/forget-me' })).statusCode, 404)
    for (const origin of ['http://evil.example', 'http://localhost:9999', 'null']) {
      const preflight = await app.inject({ method: 'OPTIONS', url, headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' } })
      t.notOk(preflight.headers['access-control-allow-origin'], `${origin} ${url}`)
      t.notOk((await app.inject({ url: '/dev/clock', headers: { origin } })).headers['access-control-allow-origin'], 'it reads nothing either')
    }
  }
  t.ok(await now() - before < 3600_000)
  await t.resolves(signIn(app, { email, password, phoneNumber }), 'the account is still there')
})

t.test('the clock goes ahead by the named steps only', async (t) => {
  t.teardown(resetClock)
  t.strictSame(Object.keys(facts.clockSteps), ['cool-down', '5m', '1d'])
  for (const [by, seconds] of Object.entries(facts.clockSteps)) {
    const before = await now()
    const response = await app.inject({ method: 'POST', url: '/dev/clock', payload: { by } })
    t.equal(response.statusCode, 200)
    const moved = (Date.parse(response.json().now) - before) / 1000
    t.ok(moved >= seconds && moved < seconds + 30, `${by}: ${moved}`)
  }
  for (const payload of [{ by: '2d' }, { by: 300 }, { by: '__proto__' }, {}, [], { by: null }]) {
    const response = await app.inject({ method: 'POST', url: '/dev/clock', headers: json, payload: JSON.stringify(payload) })
    t.equal(response.statusCode, 400)
    t.notMatch(response.body, /\bat .*\.js/)
  }
})

t.test('"forget me" removes the account of this session, and no other', async (t) => {
  const [me, other] = [await signInWithSecondFactor(app), await signInWithSecondFactor(app)]
  const elsewhere = await signIn(app, me)
  const response = await me.session.inject({ method: 'POST', url: '/dev/forget-me', payload: {} })
  t.strictSame(response.json(), { status: 'OK' })
  t.equal(me.session.cookies.size, 0, 'the cookies are gone')
  const again = await createTestSession(app).inject({ method: 'POST', url: '/auth/signin', payload: { formFields: [{ id: 'email', value: me.email }, { id: 'password', value: me.password }] } })
  t.equal(again.json().status, 'WRONG_CREDENTIALS_ERROR')
  t.equal((await elsewhere.session.inject({ method: 'POST', url: '/auth/session/refresh' })).statusCode, 401, 'its other sessions have ended')
  t.equal((await other.session.inject('/me')).statusCode, 200)
  t.strictSame((await createTestSession(app).inject({ method: 'POST', url: '/dev/forget-me', payload: {} })).json(), { status: 'NO_SESSION' })
  const anew = await signUp(app, { email: me.email, phoneNumber: me.phoneNumber })
  t.equal((await anew.session.inject('/examples/second-factor')).statusCode, 403, 'the new account starts without the second factor')
})

t.test('the examples beside each thing are the lines that run', async (t) => {
  const code = JSON.parse((await ask(`${website}/code.json`)).body) as Record<string, string>
  const wanted = [...sourceOf('index.html').matchAll(/data-code="([^"]+)"/g), ...sourceOf('routes.js').matchAll(/\['(\/examples\/[^']+)'/g)].map(([, name = '']) => name)
  t.ok(wanted.length > 15)
  for (const name of wanted) {
    const lines = code[name] ?? ''
    t.match(lines, name.startsWith('/') ? `app.get('${name}'` : `function ${name} (`, name)
    t.match(lines, name.startsWith('/') ? /\)$/ : /\n\}$/, `${name} is whole`)
    const source = readFileSync(pathTo(name.startsWith('/') ? 'routes/examples.ts' : 'src/playground/pages/auth.js'), 'utf8')
    for (const line of lines.split('\n')) t.ok(source.includes(line), line)
  }
})

t.test('whatever is asked of the site, no stack is in the answer', async (t) => {
  for (const path of ['/%c0', '/nowhere', '/../package.json', '/sdk/../../package.json', '/%2e%2e/facts.ts', '/tsconfig.json', '/test-provider/nowhere', '/test-provider/auth?client_id=x', `/test-provider/auth?client_id=fastify-2fa&redirect_uri=${encodeURIComponent('http://evil.example/')}&response_type=code`, '/test-provider/interaction/unknown']) {
    const { status, body } = await ask(website + path)
    t.ok(status >= 400 && status < 500, `${path}: ${status}`)
    t.notMatch(body, /\bat .*\.[jt]s|node_modules|evil/)
  }
  t.equal((await ask(`${website}/`, { method: 'POST' })).status, 404)
})

t.test('where it cannot be served it says why', async (t) => {
  const taken = createTcpServer().listen(0, 'localhost')
  await once(taken, 'listening')
  t.teardown(() => taken.close())
  const { port } = taken.address() as AddressInfo
  for (const [website, reason] of [[`http://localhost:${port}`, /port \d+ is in use/], ['https://localhost:3001', /https needs a certificate/], ['https://app.example.com', /not this machine/], ['http://192.168.0.7:3001', /not this machine/]] as const) {
    await t.rejects(openSite({ website, facts, provider: false, log: app.log }), { message: reason }, website)
  }
})

t.test('the commands in the docs for SuperTokens\' demo apps leave the port of their website to them', async (t) => {
  const page = readFileSync(pathTo('docs/frontend/react.md'), 'utf8')
  const commands = [...page.matchAll(/^((?:[A-Z_]+=\S+ )+)npm start$/gm)].map(([, settings = '']) => settings)
  t.equal(commands.length, 2)
  for (const settings of commands) {
    const config = loadConfig(Object.fromEntries(settings.trim().split(' ').map((setting) => setting.split(/=(.*)/))))
    t.same(config.options.appInfo?.websiteDomains, ['http://localhost:3000'])
    t.equal(config.playground, undefined, settings)
  }
})

t.test('a second account with the same phone is untouched when the first is forgotten', async (t) => {
  const first = await signInWithSecondFactor(app)
  const second = await signUp(app, { phoneNumber: first.phoneNumber })
  await passSecondFactor(app, second)
  await first.session.inject({ method: 'POST', url: '/dev/forget-me', payload: {} })
  const again = await signIn(app, second)
  const response = await again.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: first.phoneNumber } })
  // The cool-down may refuse it, a broken second factor must not.
  t.equal(response.statusCode, 200)
})

t.test('it closes with the service', async (t) => {
  await app.close()
  await t.rejects(ask(website), { code: 'ECONNREFUSED' })
})
