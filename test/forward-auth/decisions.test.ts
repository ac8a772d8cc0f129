import UserRoles from 'supertokens-node/recipe/userroles'
import t, { type Test } from 'tap'
import { require2FA } from '../../src/index.js'
import { advance, resetClock, signInWithSecondFactor, signUp } from '../../src/testing/index.js'
import { ask, buildWithProxy, credentials, PROXIES } from './proxy.js'

t.teardown(resetClock)

/** Rules, as a route has them and as an operator writes them. */
const RULES = [
  { route: {}, text: '' },
  { route: { maxAge: '5m' }, text: 'maxAge=5m' },
  { route: { maxAge: 7200 }, text: 'maxAge=7200s' },
  { route: { factors: ['sms'] }, text: 'factors=sms' },
  { route: { factors: ['totp'] }, text: 'factors=totp' },
  { route: { factors: ['totp', 'sms'], maxAge: '5m' }, text: 'acr=urn:fastify-2fa:totp,urn:fastify-2fa:sms&maxAge=5m' },
  { route: { roles: ['admin'] }, text: 'roles=admin' },
  { route: { roles: ['admin', 'editor'] }, text: 'roles=admin,editor' },
  { route: { permissions: ['orders:read'] }, text: 'permissions=orders%3Aread' },
  { route: { roles: ['admin'], maxAge: '5m' }, text: 'maxAge=5m&roles=admin' }
]
const METHODS = ['GET', 'POST', 'OPTIONS', 'TRACE'] as const

const app = await buildWithProxy(t, { secondFactors: ['sms', 'totp'], antiCsrf: 'VIA_CUSTOM_HEADER' }, (app) => {
  for (const [i, { route }] of RULES.entries()) {
    app.route({ method: [...METHODS], url: `/route/${i}`, preHandler: require2FA, config: { secondFactor: route }, handler: async () => '' })
  }
})

await UserRoles.createNewRoleOrAddPermissions('admin', ['orders:read'])
const [both, byHeader, admin, first] = [await signInWithSecondFactor(app), await signInWithSecondFactor(app, { transferMethod: 'header' }), await signInWithSecondFactor(app), await signUp(app)]
await UserRoles.addRoleToUser('public', admin.userId, 'admin')
await admin.session.inject({ method: 'POST', url: '/auth/session/refresh' })

async function compareAll (t: Test, age: string) {
  const sessions = { none: undefined, first: first.session, both: both.session, byHeader: byHeader.session, admin: admin.session }
  for (const [who, session] of Object.entries(sessions)) {
    for (const [i, { text }] of RULES.entries()) {
      for (const method of METHODS) {
        for (const rid of method === 'POST' ? ['anti-csrf', undefined] : ['anti-csrf']) {
          const headers = { ...(session && credentials(session)), ...(rid && { rid }) }
          const { statusCode } = await app.inject({ method: method as 'GET', url: `/route/${i}`, headers })
          const decisions = await Promise.all(PROXIES.map(async (proxy) => (await ask(app, proxy, session, { method, rules: text, headers: { rid } })).statusCode))
          t.same(decisions, PROXIES.map(() => statusCode), `${age}: ${who}, ${text}, ${method}, rid ${String(rid)}: ${statusCode}`)
        }
      }
    }
  }
}

t.test('the decision is that of require2FA, for each proxy', async (t) => {
  await compareAll(t, 'at once')
  advance('10m')
  await compareAll(t, 'after ten minutes')
  advance('60m')
  await compareAll(t, 'after the access token has expired')
})

t.test('no header of a visitor makes a GET of a POST', async (t) => {
  const { session } = await signInWithSecondFactor(app)
  const tricks = { 'x-http-method-override': 'GET', 'x-http-method': 'GET', 'x-method-override': 'GET' }
  const ofOthers = { nginx: { 'x-forwarded-method': 'GET' }, traefik: { 'x-original-method': 'GET' }, envoy: { 'x-original-method': 'GET', 'x-forwarded-method': 'GET' }, 'envoy-rules': { 'x-original-method': 'GET', 'x-forwarded-method': 'GET' } }
  for (const proxy of PROXIES) {
    const headers = { ...tricks, ...ofOthers[proxy] }
    t.equal((await ask(app, proxy, session, { method: 'POST', headers: { ...headers, rid: undefined } })).statusCode, 401, proxy)
    t.equal((await ask(app, proxy, session, { method: 'POST', headers })).statusCode, 200, proxy)
  }
})
