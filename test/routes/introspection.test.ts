import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createHmac } from 'node:crypto'
import type { InjectOptions } from 'fastify'
import * as Session from 'supertokens-node/recipe/session'
import * as UserRoles from 'supertokens-node/recipe/userroles'
import t from 'tap'
import { AUDIT_CHANNEL, type AuditEvent } from '../../src/audit/event.js'
import type { LimitsOptions } from '../../src/limits/options.js'
import { advance, passSecondFactor, resetClock, signInWithSecondFactor, signUp, type SignedInUser } from '../../src/testing/index.js'
import { build } from '../helper.js'
import { interceptCore } from '../intercept-core.js'

const [SECRET, OLD, OTHER] = ['s3cret/+ of the orders service: 32+'.replaceAll(' ', '_'), 'an-older-secret-that-is-being-replaced', 'the-secret-of-the-billing-service-001']
const serviceClients = [{ id: 'orders', secrets: [SECRET, OLD] }, { id: 'billing', secrets: [OTHER] }]
const limits = { sends: false, signUps: false, mails: false, signIn: { perAddress: 4, waits: [600], refusalTime: 0 } } satisfies LimitsOptions

const app = await build(t, { serviceClients, limits })
const basic = (id: string, secret: string): string => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
const RIGHT = basic('orders', encodeURIComponent(SECRET))

async function ask (form: string | Record<string, string>, { authorization = RIGHT, ...more }: { authorization?: string | undefined } & Partial<InjectOptions> = {}) {
  const { statusCode, headers, body } = await app.inject({
    method: 'POST',
    url: '/auth/introspect',
    payload: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...(authorization !== '' && { authorization }) },
    ...more
  })
  return { statusCode, headers, body, json: JSON.parse(body) as Record<string, unknown> }
}

const tokenOf = ({ session }: SignedInUser): string => session.tokens.get('st-access-token')!
const header = { transferMethod: 'header' } as const
const INACTIVE = '{"active":false}'

t.test('a session that has passed both factors is active, and says who, how and until when', async (t) => {
  const user = await signInWithSecondFactor(app, header)
  await UserRoles.createNewRoleOrAddPermissions('editor', ['posts:write', 'posts:read'])
  await UserRoles.addRoleToUser('public', user.userId, 'editor')
  advance('6m')
  t.teardown(resetClock)
  const { statusCode, headers, json } = await ask({ token: tokenOf(user), token_type_hint: 'access_token' })
  t.match({ statusCode, headers }, { statusCode: 200, headers: { 'cache-control': 'no-store', 'content-type': /^application\/json/ } })
  const payload = JSON.parse(Buffer.from(tokenOf(user).split('.')[1]!, 'base64url').toString()) as { exp: number, iat: number, sessionHandle: string, 'st-mfa': { c: { 'otp-phone': number } } }
  t.strictSame({ ...json, scope: String(json.scope).split(' ').sort() }, {
    active: true,
    token_type: 'Bearer',
    sub: user.userId,
    exp: payload.exp,
    iat: payload.iat,
    iss: 'http://localhost:3000/auth',
    sid: payload.sessionHandle,
    tenant_id: 'public',
    second_factor: true,
    acr: 'urn:fastify-2fa:sms',
    amr: ['pwd', 'otp', 'sms', 'mfa'],
    auth_time: payload['st-mfa'].c['otp-phone'],
    roles: ['editor'],
    scope: ['posts:read', 'posts:write']
  }, 'with roles that were given since')
})

t.test('a password alone is inactive, and told of only to whoever asks for it', async (t) => {
  const user = await signUp(app, header)
  t.equal((await ask({ token: tokenOf(user) })).body, INACTIVE)
  t.equal((await ask({ token: tokenOf(user), second_factor: 'required' })).body, INACTIVE)
  const { json } = await ask({ token: tokenOf(user), second_factor: 'optional' })
  t.match(json, { active: true, sub: user.userId, second_factor: false, amr: ['pwd'] })
  t.notOk('acr' in json)
  for (const word of ['false', 'Optional', '', 'none']) t.match(await ask({ token: tokenOf(user), second_factor: word }), { statusCode: 400, json: { error: 'invalid_request' } }, word)
})

t.test('what has ended is inactive at once, wherever it ended', async (t) => {
  const [one, other] = [await signInWithSecondFactor(app, header), await signUp(app, header)]
  const half = tokenOf(other)
  await passSecondFactor(app, other)
  t.equal((await ask({ token: half, second_factor: 'optional' })).body, INACTIVE, 'a new session is in its place')
  const token = tokenOf(one)
  t.match((await ask({ token })).json, { active: true })
  await one.session.inject({ method: 'POST', url: '/auth/signout' })
  t.equal((await ask({ token })).body, INACTIVE)
  // In the Core, past this process.
  const { core } = app.twoFactor
  const { statusCode } = await ask({ token: tokenOf(other) })
  t.equal(statusCode, 200)
  await core.fetch(`${core.connectionURI}/recipe/session/remove`, { method: 'POST', headers: { 'content-type': 'application/json', 'cdi-version': '5.4' }, body: JSON.stringify({ userId: other.userId }) })
  t.equal((await ask({ token: tokenOf(other) })).body, INACTIVE)
})

t.test('whatever is no access token gets the same answer', async (t) => {
  const user = await signInWithSecondFactor(app, header)
  const token = tokenOf(user)
  const [head, payload, signature] = token.split('.') as [string, string, string]
  const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'JWT', version: '5' })).toString('base64url')
  const hs256 = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(head, 'base64url').toString()), alg: 'HS256' })).toString('base64url')
  const changed = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(payload, 'base64url').toString()), sub: 'admin' })).toString('base64url')
  const tokens = {
    garbage: 'x',
    'a refresh token': user.session.tokens.get('st-refresh-token')!,
    'no signature': `${none}.${payload}.`,
    'a signature with the public key': `${hs256}.${payload}.${createHmac('sha256', JSON.stringify((await app.inject('/auth/jwt/jwks.json')).json())).update(`${hs256}.${payload}`).digest('base64url')}`,
    'another payload': `${head}.${changed}.${signature}`,
    'a NUL': `${token}\0`,
    'a very long one': 'a.'.repeat(8000)
  }
  for (const [name, token] of Object.entries(tokens)) t.match(await ask({ token, second_factor: 'optional' }), { statusCode: 200, body: INACTIVE }, name)
  advance('61m')
  t.teardown(resetClock)
  t.equal((await ask({ token })).body, INACTIVE, 'expired')
})

t.test('without a key nobody learns anything, and guesses are audited', async (t) => {
  const user = await signInWithSecondFactor(app, header)
  const audited: AuditEvent[] = []
  const listen = (event: unknown): void => { audited.push(event as AuditEvent) }
  subscribe(AUDIT_CHANNEL, listen)
  t.teardown(() => unsubscribe(AUDIT_CHANNEL, listen))
  const wrong = {
    'no header': '',
    'no scheme': SECRET,
    'another scheme': `Digest ${SECRET}`,
    'no colon': `Basic ${Buffer.from(SECRET).toString('base64')}`,
    'a wrong secret': basic('orders', `${SECRET}x`),
    'the secret of another client': basic('orders', OTHER),
    'an unknown client': basic('nobody', SECRET),
    'a wrong bearer': `Bearer ${SECRET.slice(1)}`,
    'the session itself': `Bearer ${tokenOf(user)}`
  }
  let n = 0
  for (const [name, authorization] of Object.entries(wrong)) {
    const remoteAddress = `192.0.2.${++n}`
    const [real, made] = [await ask({ token: tokenOf(user) }, { authorization, remoteAddress }), await ask({ token: 'x' }, { authorization, remoteAddress })]
    t.match(real, { statusCode: 401, headers: { 'www-authenticate': /^Basic /, 'cache-control': 'no-store' }, json: { error: 'invalid_client', code: 'AUTH_CLIENT_REFUSED' } }, name)
    t.equal(real.body, made.body)
  }
  t.match(audited, Array.from({ length: 10 }, () => ({ type: 'client.refused', address: /^192\.0\.2\./ })))
  t.notOk(JSON.stringify(audited).includes(SECRET.slice(1)))
})

t.test('Basic is read with and without the encoding of RFC 6749; Bearer and an older secret do as well', async (t) => {
  const { session } = await signInWithSecondFactor(app, header)
  const token = session.tokens.get('st-access-token')!
  for (const authorization of [basic('orders', SECRET), `Bearer ${SECRET}`, `bearer  ${OLD}`, basic('orders', OLD), basic('billing', OTHER)]) {
    t.match((await ask({ token }, { authorization })).json, { active: true })
  }
})

t.test('after some wrong keys an address waits; a right one is never kept out', async (t) => {
  const guess = (i: number, remoteAddress = '203.0.113.9') => ask({ token: 'x' }, { authorization: basic('orders', `${SECRET}${i}`), remoteAddress })
  const audited: AuditEvent[] = []
  const listen = (event: unknown): void => { audited.push(event as AuditEvent) }
  subscribe(AUDIT_CHANNEL, listen)
  t.teardown(() => unsubscribe(AUDIT_CHANNEL, listen))
  const answers = await Promise.all(Array.from({ length: 12 }, (_, i) => guess(i)))
  t.equal(answers.filter(({ statusCode }) => statusCode === 401).length, limits.signIn.perAddress, 'a burst gets no more')
  t.match(await guess(99), { statusCode: 429, headers: { 'retry-after': /^[1-9]/ }, json: { code: 'AUTH_LIMIT_REACHED', error: 'temporarily_unavailable' } })
  t.equal(audited.length, limits.signIn.perAddress, 'nor more lines in the log')
  t.match(await ask({ token: 'x' }, { remoteAddress: '203.0.113.9' }), { statusCode: 200 }, 'or a stranger at this address could shut the service out')
  t.match(await guess(1, '203.0.113.10'), { statusCode: 401 })
  advance('11m')
  t.teardown(resetClock)
  t.match(await guess(100), { statusCode: 401 })
})

t.test('what is no question is refused', async (t) => {
  for (const form of ['', 'token=', 'tokens=x', 'token=x&token=y', 'token=x&second_factor=optional&second_factor=required', 'token=x&token_type_hint=a&token_type_hint=b']) {
    t.match(await ask(form), { statusCode: 400, json: { error: 'invalid_request', code: 'AUTH_BODY_INVALID' } }, form)
  }
  t.match(await ask('{"token":"x"}', { headers: { authorization: RIGHT, 'content-type': 'application/json' } }), { statusCode: 415 })
  t.match(await ask({ token: 'x'.repeat(30_000) }), { statusCode: 413 })
  t.equal((await app.inject({ url: '/auth/introspect', headers: { authorization: RIGHT } })).statusCode, 404)
})

t.test('a Core that cannot confirm it is an outage, not an inactive token', async (t) => {
  const user = await signInWithSecondFactor(app, header)
  const restore = await interceptCore(async () => { throw new TypeError('fetch failed') })
  const answer = await ask({ token: tokenOf(user) })
  restore()
  t.match(answer, { statusCode: 503, headers: { 'retry-after': /^[1-9]/ }, json: { error: 'temporarily_unavailable', code: 'AUTH_CORE_UNAVAILABLE' } })
})

t.test('where no service has a key, there is nothing', async (t) => {
  const other = await build(t, { limits })
  for (const [method, url] of [['POST', '/auth/introspect'], ['GET', '/auth/events']] as const) {
    const { statusCode, headers, body } = await other.inject({ method, url, headers: { authorization: RIGHT } })
    t.match({ statusCode, body }, { statusCode: 404, body: `Route ${method}:${url} not found` })
    t.notOk(headers['www-authenticate'])
  }
  t.equal(other.twoFactor.serviceClients, undefined)
})

t.test('what the app says has ended is inactive, too', async (t) => {
  const user = await signInWithSecondFactor(app, header)
  app.twoFactor.revocations.announce({ userId: user.userId })
  t.equal((await ask({ token: tokenOf(user) })).body, INACTIVE)
  t.equal((await Session.getAllSessionHandlesForUser(user.userId)).length, 1, 'though the Core still has it')
})
