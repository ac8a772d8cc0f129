import { createLocalJWKSet, jwtVerify, type JWK } from 'jose'
import UserRoles from 'supertokens-node/recipe/userroles'
import t, { type Test } from 'tap'
import { advance, resetClock, signIn, passSecondFactor, signInWithSecondFactor, signUp } from '../../src/testing/index.js'
import { credentials } from '../forward-auth/proxy.js'
import type { Call } from './client.js'
import { socketStory } from './socket-story.js'
import { AUTH, FORGED, SHOP, type Arrived, type StoryOptions } from './stage.js'

const NAVIGATION = { accept: 'text/html', 'sec-fetch-mode': 'navigate' }
const IDENTITY = Object.keys(FORGED)

/** What has to hold behind every proxy, with its real program in between. */
export async function proxyStory ({ name, app, arrived, client }: StoryOptions): Promise<void> {
  t.teardown(resetClock)
  const jwks = createLocalJWKSet((await app.inject('/auth/fastify-2fa/jwks.json')).json<{ keys: JWK[] }>())
  const [first, both] = [await signUp(app), await signInWithSecondFactor(app)]
  const own = { rid: 'anti-csrf', ...credentials(both.session) }

  /** What the shop has got of the requests that `work` sends. */
  async function arrivals (work: () => Promise<unknown>): Promise<Arrived[]> {
    arrived.length = 0
    await work()
    return [...arrived]
  }

  function isClean (test: Test, { headers, rawHeaders }: Arrived): void {
    for (const header of IDENTITY) test.notMatch(String(headers[header] ?? ''), 'forged', `${header} is not the visitor's`)
    test.notMatch(rawHeaders.join('\n'), 'forged')
  }

  t.test(`${name}: a session with both factors passes, and the shop learns who it is`, async (t) => {
    const [got] = await arrivals(async () => {
      t.match(await client.ask({ path: '/orders?page=2', headers: { ...own, ...FORGED } }), { status: 200, body: 'shop /orders?page=2' })
    })
    t.match(got!.headers, { 'x-auth-user-id': both.userId, 'x-auth-acr': 'urn:fastify-2fa:sms', 'x-auth-amr': 'pwd,otp,sms,mfa' })
    isClean(t, got!)
    const { payload } = await jwtVerify(String(got!.headers['x-auth-assertion']), jwks, { typ: 'forward-auth+jwt', issuer: `${AUTH}/auth`, audience: SHOP })
    t.match(payload, { sub: both.userId, htm: 'GET', host: 'shop.example.com', acr: 'urn:fastify-2fa:sms' })
    t.notOk('x-forward-auth-secret' in got!.headers, 'the secret stays between the proxy and the service')
  })

  t.test(`${name}: a body arrives, and a POST needs its proof against CSRF`, async (t) => {
    const { rid: _rid, ...withoutProof } = own
    const [got, ...more] = await arrivals(async () => {
      t.match(await client.ask({ method: 'POST', path: '/orders', headers: { ...own, 'content-type': 'application/json' }, body: '{"a":1' }), { status: 200 })
      t.match(await client.ask({ method: 'POST', path: '/orders', headers: withoutProof, body: 'x' }), { status: 401 })
      t.match(await client.ask({ method: 'POST', path: '/orders', headers: { ...withoutProof, 'x-original-method': 'GET', 'x-forwarded-method': 'GET', 'x-http-method-override': 'GET' }, body: 'x' }), { status: 401 })
    })
    t.match(got, { method: 'POST', body: '{"a":1' })
    t.same(more, [])
  })

  t.test(`${name}: nobody passes without a session, or with one factor alone`, async (t) => {
    const programs = { none: {}, first: credentials(first.session) }
    const got = await arrivals(async () => {
      t.match(await client.ask({ headers: programs.none }), { status: 401 })
      t.match(await client.ask({ headers: programs.first }), { status: 403, ...(name === 'nginx' && { headers: { 'www-authenticate': /insufficient_user_authentication/ } }) })
      const back = new URLSearchParams({ redirect: `${SHOP}/orders?a=b%26c` }).toString()
      t.match(await client.ask({ path: '/orders?a=b%26c', headers: NAVIGATION }), { status: 302, headers: { location: `${AUTH}/auth?${back}` } })
      t.match(await client.ask({ path: '/orders?a=b%26c', headers: { ...NAVIGATION, ...programs.first } }), { status: 302, headers: { location: `${AUTH}/auth/second-factor?${back}` } })
    })
    t.same(got, [])
  })

  t.test(`${name}: rules are the operator's`, async (t) => {
    await UserRoles.createNewRoleOrAddPermissions('admin', [])
    const admin = await signInWithSecondFactor(app)
    await UserRoles.addRoleToUser('public', admin.userId, 'admin')
    const again = await signIn(app, admin)
    await passSecondFactor(app, again)
    const adminOnly = async (session: typeof both.session, path = '/admin/x') => (await client.ask({ path, headers: credentials(session) })).status
    const got = await arrivals(async () => {
      t.equal(await adminOnly(both.session), 403)
      t.equal(await adminOnly(both.session, '/admin/x?roles=&optional=true'), 403)
      t.equal(await adminOnly(again.session), 200)
    })
    t.match(got, [{ url: '/admin/x', headers: { 'x-auth-roles': 'admin' } }])
    advance('6m')
    t.equal(await adminOnly(again.session), 403, 'the second factor is too old')
    const { status, headers } = await client.ask({ path: '/admin/x', headers: { ...NAVIGATION, ...credentials(again.session) } })
    t.match({ status, headers }, { status: 302, headers: { location: /\/auth\/second-factor\?once-more=1&redirect=https%3A%2F%2Fshop/ } })
  })

  t.test(`${name}: where no session is needed, nobody is anybody`, async (t) => {
    const got = await arrivals(async () => {
      t.match(await client.ask({ path: '/public/x', headers: FORGED }), { status: 200 })
      t.match(await client.ask({ path: '/assets/x', headers: FORGED }), { status: 200 })
      t.match(await client.ask({ path: '/public/x', headers: { ...own, ...FORGED } }), { status: 200 })
    })
    for (const one of got) isClean(t, one)
    t.same(got.map(({ headers }) => headers['x-auth-user-id'] || undefined), [undefined, undefined, both.userId])
  })

  t.test(`${name}: a hostile visitor gets nowhere`, async (t) => {
    const tricks: Call[] = [
      { path: '/orders?optional=true' }, { path: '/orders?optional=true&roles=' }, { path: '/optional=true/' }, { path: '/_auth' }, { path: '/_auth_optional' }, { path: '/verify/nginx?optional=true' }, { path: '/verify/traefik?optional=true' },
      { path: '/admin/../orders' }, { path: '/admin/%2e%2e/orders' }, { path: '/%2e%2e/' }, { path: '/public/../orders' }, { path: '/public/%2e%2e/orders' }, { path: '/assets/..%2forders' }, { path: '/public%00/x' },
      { headers: { 'x-original-url': `${SHOP}/public/x`, 'x-original-uri': '/public/x', 'x-rewrite-url': '/public/x', 'x-forwarded-uri': '/public/x' } },
      { headers: { 'x-forwarded-method': 'OPTIONS', 'x-forwarded-host': 'auth.example.com', 'x-forwarded-proto': 'https', 'x-forwarded-for': '127.0.0.1', forwarded: 'for=127.0.0.1;host=auth.example.com' } },
      { headers: { 'x-forwarded-host': ['shop.example.com', 'evil.example'], 'x-original-url': [`${SHOP}/`, `${SHOP}/public/`] } },
      { headers: { 'x-forward-auth-secret': 'guess', 'x-forward-auth-rules': 'optional=true' } },
      { headers: { authorization: 'Bearer x' } }, { headers: { authorization: 'Bearer ' } }, { headers: { cookie: 'sAccessToken=' } }, { headers: { cookie: 'sAccessToken=x; sAccessToken=y' } },
      { headers: { connection: 'x-auth-user-id, cookie' } }, { headers: { connection: 'close, x-forwarded-method, x-original-method, x-forward-auth-secret' } },
      { headers: { 'x-middleware-subrequest': 'middleware', 'x-auth-request-redirect': '/public' } },
      { method: 'OPTIONS', headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' } }, { method: 'OPTIONS' }, { method: 'PROPFIND' }, { method: 'PUT', body: 'x' }, { method: 'DELETE' }, { method: 'PURGE' }
    ]
    const own = credentials(first.session)
    const got = await arrivals(async () => {
      for (const { headers, ...trick } of tricks) {
        for (const session of [{}, own]) {
          // What a trick sends in place of the session's cookie stays.
          const { status } = await client.ask({ ...trick, headers: { ...session, ...FORGED, ...headers } })
          t.ok(status >= 400, `${JSON.stringify({ ...trick, headers })} ${status}`)
        }
      }
    })
    const admitted = got.filter(({ url }) => !/^\/(?:public|assets)\//.test(url))
    t.same(admitted.map(({ method, url }) => `${method} ${url}`), [])
    for (const one of got) isClean(t, one)
  })

  socketStory({ name, app, arrived, client, first, both })
}
