import t from 'tap'
import { createTestSession, passSecondFactor, signInWithSecondFactor, signUp } from '../../src/testing/index.js'
import { credentials, SECRET } from '../forward-auth/proxy.js'
import { clientOf } from './client.js'
import { startNginx } from './nginx.js'
import { FORGED, startService, startShop } from './stage.js'

const WWW = 'https://www.example.com'
const host = 'www.example.com'
const { app, port: auth } = await startService(t, {
  appInfo: { appName: 'Shop', apiDomain: WWW, websiteDomains: [WWW] }, forwardAuth: { origins: [WWW], proxySecret: SECRET }
})
const { port: shop, arrived } = await startShop(t)
const client = clientOf(await startNginx(t.testdir(), { auth, shop }, { servers: 'nginx-paths.conf' }))
const navigation = { accept: 'text/html', 'sec-fetch-mode': 'navigate' }

t.test('on one host, the shop below its path is for sessions with both factors', async (t) => {
  const [first, both] = [await signUp(app), await signInWithSecondFactor(app)]
  t.match(await client.ask({ host, path: '/shop/orders?a=1', headers: { ...credentials(both.session), ...FORGED } }), { status: 200, body: 'shop /orders?a=1' })
  t.match(await client.ask({ host, path: '/shop/orders', headers: { ...credentials(first.session), ...FORGED } }), { status: 403 })
  t.match(await client.ask({ host, path: '/shop/orders', headers: FORGED }), { status: 401 })
  t.match(await client.ask({ host, path: '/shop/orders?a=1', headers: navigation }), { status: 302, headers: { location: `${WWW}/auth?redirect=%2Fshop%2Forders%3Fa%3D1` } })
  t.match(arrived, [{ headers: { 'x-auth-user-id': both.userId } }])
  t.equal(arrived.length, 1)
})

t.test('the service is there as well, and what proxies ask is not', async (t) => {
  t.match(await client.ask({ host, path: '/auth', headers: navigation }), { status: 200, body: /Sign in/ })
  t.match(await client.ask({ host, path: '/auth/fastify-2fa/jwks.json' }), { status: 200, body: /"keys"/ })
  for (const path of ['/verify/nginx', '/auth/../verify/nginx', '/auth/%2e%2e/verify/traefik', '/health', '/']) t.match(await client.ask({ host, path }), { status: 404 }, path)
})

t.test('a person signs in, and comes back', async (t) => {
  const user = await signUp(app)
  const session = createTestSession(app, 'cookie', user.session)
  await passSecondFactor(app, { ...user, session })
  const { headers } = await client.ask({ host, path: '/auth?redirect=%2Fshop%2Forders', headers: { ...navigation, ...credentials(session) } })
  t.equal(headers.location, '/shop/orders')
  t.match(await client.ask({ host, path: headers.location!, headers: { ...navigation, ...credentials(session) } }), { status: 200 })
})
