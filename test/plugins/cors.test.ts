import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { REQUEST_HEADERS, type CorsOptions } from '../../plugins/cors.js'
import { cors } from '../../src/index.js'

async function build (t: Test, options: Partial<CorsOptions> = {}) {
  const lines: Array<{ level: number, msg: string, origin?: string, header?: string }> = []
  const app = Fastify({ logger: { level: 'warn', stream: { write: (line: string) => { lines.push(JSON.parse(line) as typeof lines[0]) } } } })
  t.teardown(() => app.close())
  await app.register(cors, { appInfo: { apiDomain: 'https://auth.example.com', websiteDomains: ['https://www.example.com'] }, ...options })
  app.get('/', async () => 'ok')
  app.post('/', async () => 'ok')
  app.get('/busy', async (_request, reply) => reply.code(503).header('retry-after', 5).send())
  const call = (origin: string | undefined, method: 'GET' | 'POST' | 'OPTIONS' = 'POST', host = 'auth.example.com') =>
    app.inject({ method, url: '/', headers: { host, ...(origin !== undefined && { origin }), ...(method === 'OPTIONS' && { 'access-control-request-method': 'POST' }) } })
  return { app, call, lines }
}

t.test('a website that is not configured leaves one warning that names it and WEBSITE_DOMAIN', async (t) => {
  const { call, lines } = await build(t)
  for (let i = 0; i < 3; i++) {
    for (const method of ['OPTIONS', 'POST', 'GET'] as const) await call('https://example.com', method)
  }
  await call('null')
  t.match(lines, [{ level: 40, origin: 'https://example.com', msg: /https:\/\/example\.com .*WEBSITE_DOMAIN/ }, { origin: 'null' }])
  t.equal(lines.length, 2)
})

t.test('the websites, the service\'s own pages and programs leave none', async (t) => {
  const { call, lines } = await build(t)
  await call('https://www.example.com', 'OPTIONS')
  await call('https://auth.example.com')
  await call('http://localhost:3000', 'POST', 'LOCALHOST:3000')
  await call(undefined)
  t.strictSame(lines, [])
})

t.test('a website with a name of no site, such as a container\'s, is answered', async (t) => {
  const { app } = await build(t, { antiCsrf: 'VIA_TOKEN', appInfo: { apiDomain: 'http://localhost:3000', websiteDomains: ['http://frontend:3001'] } })
  const response = await app.inject({ method: 'POST', url: '/', headers: { origin: 'http://frontend:3001', 'st-auth-mode': 'cookie', 'sec-fetch-site': 'cross-site' } })
  t.equal(response.statusCode, 200)
})

t.test('what a stranger writes there neither fills the memory nor forges the log', async (t) => {
  const { call, lines } = await build(t)
  await call(`https://evil.example/${'x'.repeat(10_000)}`)
  await call('https://evil.example/?token=hush"}\u001b[31m <script>')
  for (const { msg, origin = '' } of lines) {
    t.ok(msg.length < 400)
    t.match(origin, /^[\w.:/[\]?-]{1,100}$/)
    t.notOk(['\u001b', '<', '"'].some((one) => msg.includes(one)), msg)
  }
  for (let i = 0; i < 500; i++) await call(`https://${i}.example`)
  t.equal(lines.length, 51, 'fifty, and one that says that this is all')
  t.match(lines.at(-1), { level: 40, msg: /No more of them are named/ })
})

t.test('a page can read when to try again', async (t) => {
  const { app } = await build(t)
  const { headers } = await app.inject({ url: '/busy', headers: { origin: 'https://www.example.com' } })
  t.equal(headers['retry-after'], '5')
  t.equal(headers['access-control-expose-headers'], 'retry-after')
})

const WEBSITE = 'https://www.example.com'

t.test('a request header that browsers may not send leaves one warning that names it', async (t) => {
  const { app, lines } = await build(t)
  const ask = (names: string, origin = WEBSITE) => app.inject({
    method: 'OPTIONS',
    url: '/',
    headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': names }
  })
  await ask(REQUEST_HEADERS.join(','))
  await ask(' ,')
  t.strictSame(lines, [], 'those of SuperTokens\' frontends leave none')
  for (let i = 0; i < 3; i++) await ask('content-type, X-Trace,baggage')
  t.match(lines, [
    { level: 40, origin: WEBSITE, header: 'x-trace', msg: /https:\/\/www\.example\.com.* x-trace\. Allowed are content-type, rid/ },
    { header: 'baggage' }
  ])
  t.equal(lines.length, 2)

  await ask(`${'x'.repeat(500)}\u00e9"<`)
  t.match(lines.at(-1)!.header, /^x{100}$/)
  for (let i = 0; i < 100; i++) await ask(`x-${i}`)
  t.equal(lines.length, 51, 'fifty, and one that says that this is all')
  await ask('x-late', 'https://evil.example')
  t.match(lines.at(-1), { origin: 'https://evil.example', header: undefined }, 'an unknown website is told of itself alone')
})

t.test('a website that browsers take for another site leaves one warning, because they keep no cookies for it', async (t) => {
  const { app, lines } = await build(t, { appInfo: { apiDomain: 'http://localhost:3000', websiteDomains: ['http://127.0.0.1:3001', 'https://www.example.com'] } })
  const call = (headers: Record<string, string>) => app.inject({ method: 'POST', url: '/', headers: { host: 'localhost:3000', rid: 'anti-csrf', ...headers } })
  await call({ origin: 'http://127.0.0.1:3001', 'sec-fetch-site': 'same-site', 'st-auth-mode': 'cookie' })
  await call({ origin: 'http://127.0.0.1:3001', 'sec-fetch-site': 'cross-site', 'st-auth-mode': 'header' })
  await call({ origin: 'https://www.example.com', 'sec-fetch-site': 'cross-site', 'st-auth-mode': 'cookie' })
  t.strictSame(lines, [], 'neither the same site, nor tokens in headers, nor cookies that are SameSite=None')
  for (let i = 0; i < 3; i++) await call({ origin: 'http://127.0.0.1:3001', 'sec-fetch-site': 'cross-site', 'st-auth-mode': 'cookie' })
  t.match(lines, [{ level: 40, origin: 'http://127.0.0.1:3001', msg: /keep no session cookies for http:\/\/127\.0\.0\.1:3001.*http:\/\/localhost:3000/ }])
  t.equal(lines.length, 1)
})

t.test('a website that forgets rid leaves one warning where rid is needed', async (t) => {
  const cookie = 'a=b; sAccessToken=x'
  for (const [antiCsrf, expected] of [['VIA_CUSTOM_HEADER', 1], ['NONE', 0], [undefined, 0]] as const) {
    const { app, lines } = await build(t, antiCsrf && { antiCsrf })
    const call = (method: 'GET' | 'POST', headers: Record<string, string>) => app.inject({ method, url: '/', headers: { origin: WEBSITE, ...headers } })
    await call('GET', { cookie })
    await call('POST', {})
    await call('POST', { cookie, rid: 'anti-csrf' })
    await call('POST', { cookie, authorization: 'Bearer x' })
    t.strictSame(lines, [], String(antiCsrf))
    await call('POST', { cookie })
    await call('POST', { cookie: 'sRefreshToken=x' })
    t.equal(lines.length, expected, String(antiCsrf))
    if (expected > 0) t.match(lines[0], { level: 40, origin: WEBSITE, msg: /ANTI_CSRF.*rid: anti-csrf/ })
    await app.inject({ method: 'POST', url: '/', headers: { origin: 'https://evil.example', cookie } })
    t.notMatch(lines.at(-1)?.msg, /evil.*rid/, 'a forgery is not told how')
  }
})
