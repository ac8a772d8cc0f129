import { createServer, request } from 'node:http'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import t from 'tap'
import { createEmbeddedCore } from '../../src/embedded-core/index.js'
import { createClient, isOk, type Client } from '../faults/client.js'
import { startPhones } from '../faults/phones.js'
import { listen } from '../flows/social-login/listen.js'
import { pathTo } from '../root.js'
import { startPostgres } from '../postgres/postgres-server.js'
import { runIn, startIn } from './process.js'

const EXAMPLE = 'larger-app'
const WEBSITE = 'http://localhost:3001'
const KEY = 'a key that only the two of them have'

const [{ url: databaseUrl }, built] = await Promise.all([startPostgres(t), runIn(EXAMPLE, [process.execPath, pathTo('node_modules/typescript-native/bin/tsc'), '--pretty', 'false'])])
if (built.code !== 0) throw new Error(built.output)

const RUNNERS = { tap: /# \{ total: \d{2,}, pass: \d{2,} \}/, node: /^# pass [1-9]/m, vitest: /Tests .*[1-9]\d* passed/ }
// One after the other, while the app is visited.
const runs: ReturnType<typeof runIn>[] = []
for (const runner of Object.keys(RUNNERS)) {
  runs.push((runs.at(-1) ?? Promise.resolve()).then(() => runIn(EXAMPLE, ['npm', 'run', `test:${runner}`], { DATABASE_URL: databaseUrl, NO_COLOR: '1' })))
}

const core = await createEmbeddedCore({ config: { bcrypt_log_rounds: 4 } })
t.teardown(() => core.close())
const phones = await startPhones(t)
const reports = await startIn(t, EXAMPLE, ['dist/reports/index.js'], { REPORTS_KEY: KEY })
/** What arrives at the service of reports. */
const seen: { url: string, rawHeaders: string[] }[] = []
const recorder = createServer(({ url, rawHeaders, headers }, response) => {
  seen.push({ url: url!, rawHeaders })
  request(reports.address + url!, { headers }, (answer) => { answer.pipe(response.writeHead(answer.statusCode!, answer.headers)) }).end()
})
const sms = phones.sms as { url: string, secret: string }
const env = {
  DATABASE_URL: databaseUrl,
  CORE_URI: core.connectionURI,
  CORE_API_KEY: core.apiKey!,
  SMS_WEBHOOK_URL: sms.url,
  SMS_WEBHOOK_SECRET: `${sms.secret}-of-32-characters`,
  REPORTS_URL: await listen(t, recorder),
  REPORTS_KEY: KEY,
  WEBSITE_DOMAINS: WEBSITE,
  LOG_LEVEL: 'info'
}
const app = await startIn(t, EXAMPLE, ['dist/index.js'], env)

async function passSecondFactor (client: Client): Promise<void> {
  if (!isOk(await client.ask()) || !isOk(await client.consume(phones.codeOf(client.phoneNumber)))) throw new Error('the second factor did not pass')
}

async function newcomer (): Promise<Client> {
  const client = createClient(app.address)
  if (!isOk(await client.signUp())) throw new Error('nobody could sign up')
  return client
}

async function signedIn (): Promise<Client> {
  const client = await newcomer()
  await passSecondFactor(client)
  return client
}

const [alice, mallory, halfway] = await Promise.all([signedIn(), signedIn(), newcomer()])
const bearer = ({ tokens }: Client): Record<string, string> => ({ authorization: `Bearer ${tokens.access}` })

/** The status of a request by HTTP itself: `fetch` tidies paths up, and sends no header twice. */
async function statusOf (method: string, path: string, headers: Record<string, string | string[]> = {}): Promise<number> {
  const { port } = new URL(app.address)
  const sent = request({ host: '127.0.0.1', port, method, path, headers }).end()
  const [response] = await once(sent, 'response') as [{ statusCode: number, resume (): void }]
  response.resume()
  return response.statusCode
}

interface Socket extends NodeJS.EventEmitter { send (text: string): void, terminate (): void }
const { WebSocket } = createRequire(pathTo('examples/package.json'))('ws') as { WebSocket: new (url: string, protocols: string[], options: object) => Socket }

/** What a websocket hears when it says `text`; the status if it is refused. */
async function hear (path: string, headers: Record<string, string>, text: string, protocols: string[] = []): Promise<unknown> {
  const socket = new WebSocket(app.address.replace('http', 'ws') + path, protocols, { headers })
  return await new Promise((resolve) => {
    socket.on('open', () => { socket.send(text) })
    socket.on('message', (data: Buffer) => { resolve(JSON.parse(data.toString())); socket.terminate() })
    socket.on('unexpected-response', (_request: unknown, { statusCode }: { statusCode: number }) => { resolve(statusCode); socket.terminate() })
    socket.on('error', () => {})
  })
}

t.test('one person in all of its parts', async (t) => {
  t.match(await alice.get('/me'), { status: 200, body: { displayName: null } }, 'a table of its own')
  t.match(await alice.post('/orders', { item: 'a book' }), { status: 201, body: { item: 'a book' } })
  t.match(await alice.post('/graphql', { query: '{ orders { item } }' }), { body: { data: { orders: [{ item: 'a book' }] } } })
  t.match(await hear('/live', bearer(alice), 'orders'), [{ item: 'a book' }])
  t.match(await hear('/graphql', bearer(alice), '{"type":"connection_init"}', ['graphql-transport-ws']), { type: 'connection_ack' })
  t.match(await alice.get('/reports/sales'), { body: { for: alice.userId } })
  t.same((await mallory.get('/orders')).body, [], 'nobody else has it')
})

/** What people try where a proxy, or a careless app, believes it. */
const TRICKS: Record<string, string>[] = [
  {}, { 'x-shop-user': alice.userId }, { 'x-original-url': '/health', 'x-rewrite-url': '/health' }, { 'x-forwarded-for': '127.0.0.1', 'x-forwarded-host': 'localhost' },
  { authorization: `Bearer ${KEY}` }, { cookie: 'sAccessToken=x; sIdRefreshToken=x' }, { 'x-http-method-override': 'OPTIONS' }
]

t.test('attack: any route without a second factor', async (t) => {
  const { paths } = (await alice.get('/openapi.json')).body as { paths: Record<string, object> }
  const described = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => [method.toUpperCase(), path.replace(/\{\w+\}/g, '1')] as const))
  const guarded = described.filter(([, path]) => path !== '/health' && !path.startsWith('/auth/'))
  t.ok(guarded.length > 8)
  const hidden = [['GET', '/openapi.json'], ['GET', '/live'], ['GET', '/graphql?query={me{id}}'], ['POST', '/graphql'], ['GET', '/graphiql'], ['GET', '/reports/sales'], ['GET', '/nothing'], ['HEAD', '/me'], ['GET', '/health/../me'], ['GET', '//me'], ['GET', '/%6de']] as const
  for (const [method, path] of [...guarded, ...hidden]) {
    for (const trick of TRICKS) t.equal(await statusOf(method, path, trick), 401, `${method} ${path} ${JSON.stringify(trick)}`)
    t.equal(await statusOf(method, path, bearer(halfway)), 403, `${method} ${path} by a password alone`)
  }
  t.equal(await statusOf('GET', '/health'), 200)
  t.equal(await statusOf('OPTIONS', '/me', TRICKS[1]), 400, 'what is no preflight is nothing')
  t.equal(await hear('/live', {}, 'orders'), 401)
  t.equal(await hear('/live', bearer(halfway), 'orders'), 403)
  t.equal(await hear('/graphql', bearer(halfway), '{"type":"connection_init"}', ['graphql-transport-ws']), 403)
  t.equal(await hear('/live', { cookie: `sAccessToken=${alice.tokens.access}`, origin: 'https://evil.example' }, 'orders'), 403, 'a page of another website')
  t.match(await hear('/live', { cookie: `sAccessToken=${alice.tokens.access}`, origin: WEBSITE }, 'orders'), [{ item: 'a book' }])
})

t.test('attack: a forged header on its way to the service behind', async (t) => {
  seen.length = 0
  for (const trick of TRICKS) await statusOf('GET', '/reports/sales', trick)
  await statusOf('GET', '/reports/sales', { ...bearer(halfway), 'x-shop-user': alice.userId })
  t.same(seen, [], 'nothing arrives without a second factor')

  const forged: Record<string, string | string[]>[] = [
    { 'x-shop-user': alice.userId }, { 'X-Shop-User': [alice.userId, alice.userId] }, { x_shop_user: alice.userId }, { connection: 'x-shop-user', 'x-shop-user': alice.userId },
    { connection: 'x-shop-user, authorization' }, { 'x-forwarded-user': alice.userId, 'x-shop-role': 'admin' }
  ]
  for (const headers of forged) {
    t.equal(await statusOf('GET', '/reports/sales', { ...headers, ...bearer(mallory) }), 200)
    const { rawHeaders } = seen.at(-1)!
    const users = rawHeaders.filter((_text, place) => /shop.user/i.test(rawHeaders[place - 1] ?? ''))
    t.strictSame(users, [mallory.userId], JSON.stringify(headers))
    t.notOk(rawHeaders.some((text) => text.includes(alice.userId) || text.includes(mallory.tokens.access) || /role/i.test(text)))
  }
  for (const path of ['/reports/../health', '/reports/%2e%2e/health', '/reports/..%2f..%2fhealth', '/reports//127.0.0.1:1/']) await statusOf('GET', path, bearer(mallory))
  t.ok(seen.every(({ url }) => url === '/sales'), 'and no path leads out of it')
})

t.test('an admin sees all users, and removes one with everything', async (t) => {
  const admin = await newcomer()
  t.match(await runIn(EXAMPLE, ['npm', 'run', 'make-admin', '--', admin.email], env), { code: 0, output: 'is an admin' })
  await admin.signIn()
  t.equal((await admin.get('/admin/users')).status, 403, 'not by a password')
  await passSecondFactor(admin)
  const listed = async (): Promise<string[]> => ((await admin.get('/admin/users')).body as unknown as { authUserId: string }[]).map(({ authUserId }) => authUserId)
  t.ok((await listed()).includes(mallory.userId), 'whose row their sign-up made')
  t.equal((await alice.get('/admin/users')).status, 403)
  t.equal(await statusOf('DELETE', `/admin/users/${mallory.userId}`, bearer(alice)), 403)
  t.equal(await statusOf('DELETE', `/admin/users/${mallory.userId}`, bearer(admin)), 204)
  t.notOk((await listed()).includes(mallory.userId))
  t.equal((await mallory.get('/me')).status, 401, 'their session has ended')

  t.equal(await statusOf('DELETE', '/me', bearer(alice)), 204)
  t.notOk((await listed()).includes(alice.userId))
  t.equal((await alice.get('/me')).status, 401)
})

t.test('it says what its configuration lacks, and ends in order', async (t) => {
  const { code, output } = await runIn(EXAMPLE, [process.execPath, 'dist/index.js'], { ...env, DATABASE_URL: 'mysql://somewhere', REPORTS_KEY: 'too short' })
  t.equal(code, 1)
  t.match(output, /DATABASE_URL.*REPORTS_KEY/)
  t.notMatch(output, 'too short')
  t.equal(await app.stop(), 0)
})

for (const [place, [runner, counts]] of Object.entries(RUNNERS).entries()) {
  t.test(`its own tests: ${runner}`, async (t) => {
    const { code, output } = await runs[place]!
    t.equal(code, 0, code === 0 ? runner : output)
    t.match(output, counts)
  })
}
