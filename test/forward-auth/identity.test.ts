import { createLocalJWKSet, jwtVerify, type JWK } from 'jose'
import type { SessionContainerInterface } from 'supertokens-node/recipe/session/types'
import UserRoles from 'supertokens-node/recipe/userroles'
import type { UserContext } from 'supertokens-node/types'
import t from 'tap'
import { createAssertions } from '../../src/forward-auth/assertions.js'
import { headerText, IDENTITY_HEADERS, identityOf, type Identity } from '../../src/forward-auth/identity.js'
import { SecondFactorClaim } from '../../src/second-factor/claims.js'
import { createSigner } from '../../src/signing-keys/signer.js'
import { advance, resetClock, signInWithSecondFactor } from '../../src/testing/index.js'
import { answer, interceptCore } from '../intercept-core.js'
import { ask, buildWithProxy, PROXIES, SHOP } from './proxy.js'

t.teardown(resetClock)
const app = await buildWithProxy(t)
const jwks = createLocalJWKSet((await app.inject('/auth/fastify-2fa/jwks.json')).json<{ keys: JWK[] }>())

const verified = async (assertion: unknown, audience = SHOP) =>
  await jwtVerify(String(assertion), jwks, { typ: 'forward-auth+jwt', issuer: 'http://localhost:3000/auth', audience, currentDate: new Date() })

t.test('the service behind learns who it is, by headers and by an assertion', async (t) => {
  const { session, userId } = await signInWithSecondFactor(app)
  const info = (await session.inject('/auth/account/sessions')).json<{ sessions: Array<{ handle: string, current: boolean }> }>()
  for (const proxy of PROXIES) {
    const { statusCode, headers, body } = await ask(app, proxy, session, { method: 'POST', uri: '/orders?page=2' })
    t.match({ statusCode, body, headers }, {
      statusCode: 200,
      body: '',
      headers: { 'x-auth-user-id': userId, 'x-auth-acr': 'urn:fastify-2fa:sms', 'x-auth-amr': 'pwd,otp,sms,mfa', 'x-auth-time': /^\d{10}$/, 'x-auth-roles': '', 'cache-control': 'no-store' }
    }, proxy)
    const { payload } = await verified(headers['x-auth-assertion'])
    t.match(payload, { sub: userId, sid: headers['x-auth-session'], acr: 'urn:fastify-2fa:sms', amr: ['pwd', 'otp', 'sms', 'mfa'], auth_time: Number(headers['x-auth-time']), htm: 'POST', host: 'localhost:8080', roles: [] })
    t.equal(payload.exp! - payload.iat!, 60)
    t.equal(info.sessions.length, 1)
  }
})

t.test('an assertion is for one service, method and host, and reused for seconds only', async (t) => {
  const { session } = await signInWithSecondFactor(app)
  const assertionFor = async (visit: object) => (await ask(app, 'traefik', session, visit)).headers['x-auth-assertion']
  const first = await assertionFor({ uri: '/a' })
  t.equal(await assertionFor({ uri: '/b' }), first, 'the path is not in it')
  t.not(await assertionFor({ method: 'POST' }), first)
  const other = await assertionFor({ origin: 'http://localhost:8081' })
  await t.rejects(verified(other), { code: 'ERR_JWT_CLAIM_VALIDATION_FAILED' })
  await t.resolves(verified(other, 'http://localhost:8081'))
  await t.resolves(verified(await assertionFor({ rules: 'audience=orders' }), 'orders'))
  advance('6s')
  const later = await assertionFor({ uri: '/a' })
  t.not(later, first)
  advance('61s')
  await t.rejects(verified(later), { code: 'ERR_JWT_EXPIRED' })
})

t.test('roles are as new as a route that checks them would have them', async (t) => {
  await UserRoles.createNewRoleOrAddPermissions('admin', [])
  await UserRoles.createNewRoleOrAddPermissions('Büro, Nord', [])
  const { session, userId } = await signInWithSecondFactor(app)
  await UserRoles.addRoleToUser('public', userId, 'admin')
  await UserRoles.addRoleToUser('public', userId, 'Büro, Nord')
  const roles = async () => (await ask(app, 'nginx', session)).headers['x-auth-roles']
  advance('6m')
  t.same(String(await roles()).split(',').sort(), ['B%C3%BCro%2C%20Nord', 'admin'])
  await UserRoles.removeUserRole('public', userId, 'admin')
  advance('6m')
  t.equal(await roles(), 'B%C3%BCro%2C%20Nord')
  const { headers } = await ask(app, 'nginx', session)
  t.same((await verified(headers['x-auth-assertion'])).payload.roles, ['Büro, Nord'])
})

t.test('requests without a session pass as nobody\'s where the operator says so, and nothing less', async (t) => {
  const { session } = await signInWithSecondFactor(app)
  for (const proxy of ['nginx', 'traefik', 'envoy'] as const) {
    const { statusCode, headers } = await ask(app, proxy, undefined, { rules: 'optional=true' })
    t.equal(statusCode, 200)
    for (const name of IDENTITY_HEADERS) t.equal(headers[name], '', `${name} is there and empty`)
    t.match(await ask(app, proxy, session, { rules: 'optional=true' }), { statusCode: 200, headers: { 'x-auth-assertion': /^ey/ } })
    t.equal((await ask(app, proxy, session, { rules: 'optional=true&roles=none' })).statusCode, 403)
    t.equal((await ask(app, proxy, undefined, { rules: 'optional=false' })).statusCode, 401)
  }
})

t.test('whoever comes by a known browser has no time at which a factor passed', async (t) => {
  const session = (v: boolean) => ({ getAccessTokenPayload: () => ({ '2fa-completed': { v, t: 1_764_500_000_999 }, amr: ['pwd', 5] }), getUserId: () => 'u', getHandle: () => 'h' }) as unknown as SessionContainerInterface
  const headers = async (v: boolean) => (await identityOf(session(v), { claim: SecondFactorClaim, rolesMaxAge: 300 }, {} as UserContext)).headers
  t.match(await headers(false), { 'x-auth-time': '', 'x-auth-acr': '', 'x-auth-amr': 'pwd' })
  t.match(await headers(true), { 'x-auth-time': '1764500000' })
})

t.test('no text breaks out of a header', async (t) => {
  t.equal(headerText('a\r\nx-auth-roles: admin'), 'a%0D%0Ax-auth-roles:%20admin')
  t.equal(headerText('100%,é\ud800😀'), '100%25%2C%C3%A9%EF%BF%BD%F0%9F%98%80')
  t.equal(headerText('urn:x-y_z~!@'), 'urn:x-y_z~!@')
})

t.test('assertions that are kept have a ceiling', async (t) => {
  let now = 1_700_000_000_000
  let signed = 0
  const { sign, ...rest } = createSigner({ issuer: 'i' })
  const assertions = createAssertions({ signer: { ...rest, async sign () { return String(signed++) } }, now: () => now })
  t.type(sign, 'function')
  const identity = { userId: 'u', session: 's', acr: '', amr: [], authTime: undefined, roles: [], until: Infinity, headers: {} } satisfies Identity
  const asserted = (i: number) => ({ method: `M${i}`, host: 'h', audience: 'a' })
  for (let i = 0; i < 12_000; i++) await assertions.make(identity, asserted(i))
  t.match(assertions.find(identity, asserted(11_999)), { 'x-auth-assertion': '11999' })
  t.equal(assertions.find(identity, asserted(0)), undefined, 'one visitor with many methods pushes out their own')
  now += 5001
  t.equal(assertions.find(identity, asserted(11_999)), undefined)
})

// Last: the circuit to the Core stays open for a while.
t.test('nobody passes whose roles cannot be fetched', async (t) => {
  const { session } = await signInWithSecondFactor(app)
  advance('6m')
  const end = await interceptCore(async () => answer(503, 'busy'))
  try {
    for (const proxy of PROXIES) {
      const { statusCode, headers, body } = await ask(app, proxy, session)
      t.match({ statusCode, headers, body }, { statusCode: 503, headers: { 'retry-after': /\d/ }, body: /AUTH_CORE_UNAVAILABLE/ })
      t.notOk('x-auth-user-id' in headers)
    }
  } finally {
    end()
  }
})
