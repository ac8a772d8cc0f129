import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { cors } from '../../src/index.js'

async function build (t: Test) {
  const lines: Array<{ level: number, msg: string, origin?: string }> = []
  const app = Fastify({ logger: { level: 'warn', stream: { write: (line: string) => { lines.push(JSON.parse(line) as typeof lines[0]) } } } })
  t.teardown(() => app.close())
  await app.register(cors, { appInfo: { apiDomain: 'https://auth.example.com', websiteDomains: ['https://www.example.com'] } })
  app.get('/', async () => 'ok')
  app.post('/', async () => 'ok')
  const call = (origin: string | undefined, method: 'GET' | 'POST' | 'OPTIONS' = 'POST', host = 'auth.example.com') =>
    app.inject({ method, url: '/', headers: { host, ...(origin !== undefined && { origin }), ...(method === 'OPTIONS' && { 'access-control-request-method': 'POST' }) } })
  return { call, lines }
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
