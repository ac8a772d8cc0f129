import { once } from 'node:events'
import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { signInWithSecondFactor, signUp } from 'fastify-2fa/testing'
import t from 'tap'
import { reportsService } from '../../reports/service.js'
import { REPORTS_KEY, startApp } from '../app.js'

const seen: { url: string, rawHeaders: string[] }[] = []
const service = reportsService(REPORTS_KEY)
service.addHook('onRequest', async ({ raw }) => { seen.push({ url: raw.url!, rawHeaders: raw.rawHeaders }) })
service.get('/sneaky', async (_request, reply) => reply.header('set-cookie', 'sAccessToken=theirs; Path=/').send({}))
t.teardown(() => service.close())
const { app, close } = await startApp({ REPORTS_URL: await service.listen({ port: 0, host: '127.0.0.1' }) })
t.teardown(close)
await app.listen({ port: 0, host: '127.0.0.1' })
t.beforeEach(() => { seen.length = 0 })

const alice = await signInWithSecondFactor(app, { transferMethod: 'header' })
const mallory = await signInWithSecondFactor(app, { transferMethod: 'header' })
const tokenOf = ({ session }: typeof alice): string => `Bearer ${session.tokens.get('st-access-token')!}`

/** By HTTP itself: `inject` has one header of a name. */
async function get (path: string, headers: Record<string, string | string[]>): Promise<number> {
  const { port } = app.server.address() as AddressInfo
  const sent = request({ port, host: '127.0.0.1', path, headers }).end()
  const [response] = await once(sent, 'response') as [{ statusCode: number, resume (): void }]
  response.resume()
  return response.statusCode
}

t.test('the service learns who asks', async (t) => {
  t.same((await alice.session.inject('/reports/sales')).json(), { for: alice.userId, sold: 3 })
})

t.test('no request without a second factor reaches it', async (t) => {
  t.equal((await app.inject('/reports/sales')).statusCode, 401)
  t.equal((await (await signUp(app)).session.inject('/reports/sales')).statusCode, 403)
  t.equal(await get('/reports/sales', { 'x-shop-user': alice.userId, authorization: `Bearer ${REPORTS_KEY}` }), 401)
  t.same(seen, [])
})

t.test('attack: headers that say somebody else asks', async (t) => {
  const names = ['x-shop-user', 'X-SHOP-USER', 'X_Shop_User', 'x-shop_user', 'x-forwarded-user', 'x-shop-role']
  const forged: Record<string, string | string[]>[] = [
    ...names.map((name) => ({ [name]: alice.userId })),
    { 'x-shop-user': [alice.userId, alice.userId] },
    { connection: 'x-shop-user', 'x-shop-user': alice.userId },
    { connection: 'x-shop-user, authorization' },
    { connection: 'close, X-Shop-User' },
    { cookie: `x-shop-user=${alice.userId}` }
  ]
  for (const headers of forged) {
    await get('/reports/sales', { ...headers, authorization: tokenOf(mallory) })
    const { rawHeaders } = seen.at(-1)!
    const sent = rawHeaders.flatMap((name, place) => place % 2 === 0 ? [[name.toLowerCase(), rawHeaders[place + 1]]] : [])
    t.strictSame(sent.filter(([name]) => /shop|user$|role/.test(name!)), [['x-shop-user', mallory.userId]], JSON.stringify(headers))
    t.strictSame(sent.filter(([name]) => name === 'authorization'), [['authorization', `Bearer ${REPORTS_KEY}`]])
    t.notOk(rawHeaders.some((text) => text.includes(alice.userId) || text.includes(tokenOf(mallory))))
  }
  t.equal(seen.length, forged.length)
})

t.test('attack: paths that lead elsewhere', async (t) => {
  const paths = ['/reports/../health', '/reports/%2e%2e/health', '/reports/..%2fhealth', '/reports/x/..%2f..%2fhealth', '/reports//127.0.0.1:1/sales', '/reports/http://127.0.0.1:1/sales', '/reports/%5c%5c127.0.0.1:1/sales']
  for (const path of paths) {
    const status = await get(path, { authorization: tokenOf(alice) })
    // What arrives at the service is below its root, and is not there; nothing else is asked.
    t.ok([400, 404, 500].includes(status), `${path}: ${status}`)
  }
  t.ok(seen.every(({ url }) => !url.includes('health') && !url.includes('..')))
})

t.test('attack: a service that is taken over sets no session', async (t) => {
  const response = await alice.session.inject('/reports/sneaky')
  t.equal(response.statusCode, 200)
  t.equal(response.headers['set-cookie'], undefined)
})

t.test('the service believes nobody without the key', async (t) => {
  const statusOf = async (headers: Record<string, string>): Promise<number> => (await service.inject({ url: '/sales', headers })).statusCode
  t.equal(await statusOf({ 'x-shop-user': alice.userId }), 401)
  t.equal(await statusOf({ 'x-shop-user': alice.userId, authorization: tokenOf(alice) }), 401)
  t.equal(await statusOf({ authorization: `Bearer ${REPORTS_KEY}` }), 401, 'nor anything about nobody')
  t.equal(await statusOf({ authorization: `Bearer ${REPORTS_KEY}`, 'x-shop-user': `${alice.userId}, ${mallory.userId}` }), 401)
  t.equal(await statusOf({ authorization: `Bearer ${REPORTS_KEY}`, 'x-shop-user': alice.userId }), 200)
})
