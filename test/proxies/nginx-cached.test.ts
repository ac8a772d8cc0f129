import t from 'tap'
import { signInWithSecondFactor } from '../../src/testing/index.js'
import { credentials } from '../forward-auth/proxy.js'
import { clientOf } from './client.js'
import { startNginx } from './nginx.js'
import { FORGED, SHOP, startService, startShop } from './stage.js'

const [{ app, port: auth }, { port: shop, arrived }] = [await startService(t), await startShop(t)]
const client = clientOf(await startNginx(t.testdir(), { auth, shop }, { cached: true }))
const [alice, bob] = [await signInWithSecondFactor(app), await signInWithSecondFactor(app)]
const byHeader = await signInWithSecondFactor(app, { transferMethod: 'header' })
const cookie = credentials(alice.session).cookie!
const own = { rid: 'anti-csrf', cookie }
const statusOf = async (call: object) => (await client.ask(call)).status

t.test('a yes counts for requests alike, and the shop learns who it is as before', async (t) => {
  t.equal(await statusOf({ headers: own }), 200)
  const { hits } = app.twoFactor.sessionCache
  for (let i = 0; i < 50; i++) t.equal(await statusOf({ path: `/orders/${i}`, headers: { ...own, ...FORGED } }), 200)
  t.ok(app.twoFactor.sessionCache.hits - hits < 25, 'most were not asked about')
  for (const { headers, rawHeaders } of arrived) {
    t.equal(headers['x-auth-user-id'], alice.userId)
    t.notMatch(rawHeaders.join('\n'), 'forged')
  }
})

t.test('a yes counts for nothing else', async (t) => {
  for (let round = 0; round < 3; round++) {
    arrived.length = 0
    t.equal(await statusOf({ headers: own }), 200)
    t.equal(await statusOf({ headers: { rid: 'anti-csrf', ...credentials(bob.session) } }), 200)
    t.equal(await statusOf({ headers: credentials(byHeader.session) }), 200)
    t.same(arrived.map(({ headers }) => headers['x-auth-user-id']), [alice.userId, bob.userId, byHeader.userId])

    t.equal(await statusOf({ headers: {} }), 401)
    t.equal(await statusOf({ headers: { cookie: cookie.replace(/(sAccessToken=[^;]+)[^;]{8}/, '$1AAAAAAAA') } }), 401)
    t.equal(await statusOf({ headers: { authorization: `${credentials(byHeader.session).authorization!.slice(0, -4)}AAAA` } }), 401)
    t.equal(await statusOf({ headers: { ...own, cookie: `${cookie}; ${cookie}` } }), 401)
    t.equal(await statusOf({ path: '/admin/x', headers: own }), 403, 'other rules')
    t.equal(await statusOf({ method: 'POST', headers: own, body: 'x' }), 200)
    t.equal(await statusOf({ method: 'POST', headers: { cookie }, body: 'x' }), 401, 'no proof against CSRF')
    t.equal(await statusOf({ method: 'POST', headers: { cookie: `${cookie}; x=\tanti-csrf` }, body: 'x' }), 401)
    const handshake = (origin: string) => ({ path: '/socket', headers: { ...own, connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', 'sec-websocket-version': '13', origin } })
    t.equal(await statusOf(handshake(SHOP)), 101)
    t.equal(await statusOf(handshake('https://evil.example')), 403)
    t.equal(await statusOf({ headers: { ...own, origin: 'https://evil.example', 'sec-fetch-mode': 'websocket' } }), 403)
  }
})

t.test('a session that has ended is out after a second', async (t) => {
  t.equal(await statusOf({ headers: own }), 200)
  await alice.session.copy().inject({ method: 'POST', url: '/auth/signout' })
  const since = performance.now()
  let status = 200
  while (status === 200 && performance.now() - since < 10_000) status = await statusOf({ headers: own })
  t.equal(status, 401)
})
