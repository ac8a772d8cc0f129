import { PassThrough } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import Fastify from 'fastify'
import t from 'tap'
import type { ServiceOptions } from '../../src/app.js'
import { fastify2fa } from '../../src/index.js'
import type { LimitsOptions } from '../../src/limits/options.js'
import { enrolTotp, signInWithSecondFactor, signUp } from '../../src/testing/index.js'
import { UserRoles } from '../../src/supertokens/for-hosts.js'
import { recordAudit } from '../audit/record.js'
import { build, testCore } from '../helper.js'
import { administrator } from '../hosted-pages/administrators.js'
import { admin, ADMIN, client, HELPDESK, OLD_ADMIN, READER } from '../routes/admin-helper.js'

const SERVICE = 'the-secret-of-the-orders-service-01'
const limits = { sends: false, signUps: false, mails: false, signIn: { perAddress: 4, waits: [600], refusalTime: 0 }, admin: { perMinute: 500, changesPerMinute: 44 } } satisfies LimitsOptions

const lines: string[] = []
const options = {
  admin: { ...admin, page: { helpdesk: 'support', admin: 'admin' } },
  hostedPages: true,
  appInfo: { websiteDomains: ['http://localhost:3000', 'http://localhost:3001'] },
  serviceClients: [{ id: 'orders', secrets: [SERVICE] }],
  secondFactors: ['sms', 'totp'],
  factorKeys: ['k'.repeat(32)],
  accountRecovery: true,
  limits
} satisfies ServiceOptions
const app = await build(t, options, { logger: { level: 'info', stream: { write: (line: string) => { lines.push(line) } } } })
const call = client(app)
const because = { reason: 'attack' }
const victim = await signInWithSecondFactor(app)
const unlock = `POST /admin/v1/users/${victim.userId}/unlock`

t.test('without a key of the API, nobody learns or does anything', async (t) => {
  const events = recordAudit(t)
  const user = await signInWithSecondFactor(app, { transferMethod: 'header' })
  const wrong: Record<string, string> = {
    'no key': '',
    'the key of a service': `Bearer ${SERVICE}`,
    'the same as Basic': `Basic ${Buffer.from(`orders:${SERVICE}`).toString('base64')}`,
    'a right key as Basic': `Basic ${Buffer.from(`ops:${ADMIN}`).toString('base64')}`,
    'a key and something': `Bearer ${ADMIN} x`,
    'a shorter key': `Bearer ${ADMIN.slice(0, -1)}`,
    'the hash of a key': `Bearer ${String(admin.keys![2]!.secrets[0])}`,
    'a session': `Bearer ${user.session.tokens.get('st-access-token')!}`,
    'two keys': `Bearer ${ADMIN}, Bearer ${ADMIN}`
  }
  for (const [i, [name, authorization]] of Object.entries(wrong).entries()) {
    const more = { key: '', remoteAddress: `192.0.2.${i + 1}`, headers: authorization === '' ? {} : { authorization } }
    const [known, unknown] = [await call(unlock, because, more), await call('GET /admin/v1/nothing/here', undefined, more)]
    t.match(known, { statusCode: 401, headers: { 'www-authenticate': /^Bearer /, 'cache-control': 'no-store' }, json: { error: 'invalid_key', code: 'AUTH_ADMIN_KEY_REFUSED' } }, name)
    t.equal(known.body, unknown.body, 'whatever the path')
  }
  const refused = events.filter(({ type }) => type === 'admin.refused')
  t.equal(refused.length, 2 * Object.keys(wrong).length)
  t.match([refused[0], refused[2]], [{ reason: 'no key or certificate', address: '192.0.2.1' }, { reason: 'a wrong key', address: '192.0.2.2' }])
})

t.test('attack: a stranger fills the audit with refusals; what is not told is counted', async (t) => {
  const time = { now: Date.now() + 600_000 }
  t.intercept(Date, 'now', { value: () => time.now })
  const events = recordAudit(t)
  for (let i = 0; i < 70; i++) await call('GET /admin/v1/stats', undefined, { key: '' })
  t.equal(events.length, 60)
  time.now += 60_000
  await call('GET /admin/v1/stats', undefined, { key: '' })
  t.match(events.at(-1), { type: 'admin.refused', reason: 'no key or certificate; 10 more before' })
})

t.test('cookies of a browser are no key, whoever is signed in', async (t) => {
  const user = await signInWithSecondFactor(app)
  const response = await user.session.inject({ method: 'POST', url: `/admin/v1/users/${victim.userId}/unlock`, payload: because })
  t.equal(response.statusCode, 401)
})

t.test('a key in the address is none, and is in no log', async (t) => {
  lines.length = 0
  for (const query of [`key=${ADMIN}`, `access_token=${ADMIN}`, `api_key=${ADMIN}&authorization=Bearer%20${ADMIN}`]) {
    t.equal((await call(`${unlock}?${query}`, because, { key: '' })).statusCode, 401)
    t.equal((await call(`GET /admin/v1/nothing?${query}`, undefined, { key: '' })).statusCode, 401)
    t.match(await call(`${unlock}?${query}`, because), { statusCode: 400, json: { code: 'AUTH_BODY_INVALID' } }, 'and whoever does it beside a right one is told')
  }
  t.ok(lines.some((line) => line.includes('/users/:id/unlock')))
  for (const line of lines) t.notOk(line.includes(ADMIN), line)
})

t.test('an address or a number in the place of an id is in no log and no audit event', async (t) => {
  const events = recordAudit(t)
  lines.length = 0
  for (const name of [victim.email, encodeURIComponent(victim.phoneNumber), victim.phoneNumber.slice(1)]) {
    for (const [key, status] of [[ADMIN, 404], [READER, 403]] as const) t.equal((await call(`POST /admin/v1/users/${name}/unlock`, because, { key })).statusCode, status)
    t.equal((await call(`GET /admin/v1/users?search=${name}`)).statusCode, 200)
  }
  const written = JSON.stringify(events) + lines.join()
  t.ok(written.includes('/admin/v1/users/:id/unlock'))
  t.notOk(written.includes(victim.email) || written.includes(victim.phoneNumber.slice(1)))
})

t.test('no page of a browser calls it, and there is no CORS', async (t) => {
  const events = recordAudit(t)
  for (const headers of [{ origin: 'http://localhost:3000' }, { origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-origin' }]) {
    const answer = await call(unlock, because, { headers })
    t.match(answer, { statusCode: 403, json: { code: 'AUTH_ADMIN_FROM_BROWSER' } })
    t.strictSame(Object.keys(answer.headers).filter((name) => name.startsWith('access-control')), [])
  }
  t.match(events, [{ type: 'admin.refused', actor: 'key:ops', reason: 'a page of a browser' }])
  t.equal((await call(unlock, because, { key: '', headers: { origin: 'https://evil.example' } })).statusCode, 401, 'strangers fill no audit by it')
  const preflight = await app.inject({ method: 'OPTIONS', url: `/admin/v1/users/${victim.userId}/unlock`, headers: { origin: 'http://localhost:3000', 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' } })
  t.ok(preflight.statusCode >= 400)
  t.strictSame(Object.keys(preflight.headers).filter((name) => name.startsWith('access-control')), [])
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
    t.match(await call(unlock, because, { headers: { 'content-type': type } }), { statusCode: 415, json: { message: /Content-Type: application\/json/ } }, 'what forms can send is not read')
  }
})

t.test('a reader changes nothing, and what it tries is audited', async (t) => {
  const events = recordAudit(t)
  const changes = ['POST unlock', 'POST factors/sms/reset', 'POST force-password-change', 'POST recovery', 'DELETE recovery']
  for (const change of changes) {
    const [method, path] = change.split(' ')
    t.match(await call(`${method} /admin/v1/users/${victim.userId}/${path}`, because, { key: READER }), { statusCode: 403, json: { code: 'AUTH_ADMIN_ROLE_TOO_LOW' } }, change)
  }
  t.equal((await call(`POST /admin/v1/users/${victim.userId}/number`, { ...because, number: '+12125550123' }, { key: READER })).statusCode, 403)
  t.equal(events.filter(({ type, actor }) => type === 'admin.refused' && actor === 'key:dashboard').length, changes.length + 1)
  t.equal(events.length, changes.length + 1)
})

t.test('the helpdesk takes away no last factor, whichever way', async (t) => {
  const user = await signInWithSecondFactor(app)
  const reset = (factor: string, more: object = {}) => call(`POST /admin/v1/users/${user.userId}/factors/${factor}/reset`, { ...because, ...more }, { key: HELPDESK })
  t.match(await reset('sms'), { statusCode: 409, json: { code: 'AUTH_ADMIN_LAST_FACTOR' } })
  t.match(await reset('all'), { statusCode: 403, json: { code: 'AUTH_ADMIN_ROLE_TOO_LOW' } })
  t.match(await reset('sms', { keepPassword: true }), { statusCode: 403 })
  await enrolTotp(app, user)
  const both = await Promise.all([reset('sms'), reset('totp')])
  t.strictSame(both.filter(({ statusCode }) => statusCode === 200).length, 1, 'nor two at the same moment')
  const left = both[0].statusCode === 200 ? 'totp' : 'sms'
  t.match(await reset(left), { statusCode: 409 })
})

t.test('attack: the helpdesk resets the only factor that works, beside one that is switched off or broken', async (t) => {
  const passkey = { credentialId: 'c', publicKey: 'p', counter: 0, userHandle: 'u', transports: [], createdAt: 1 }
  for (const [left, why] of [[{ 'fastify-2fa:passkey:1': passkey }, 'switched off'], [{ 'fastify-2fa:email': 'alice@example.com' }, 'switched off'], [{ 'fastify-2fa:totp:1': { name: 'App', secret: 'of another key', since: 1 } }, 'broken']] as const) {
    const user = await signInWithSecondFactor(app)
    await app.twoFactor.operations.core.update(user.userId, left)
    const reset = (factor: string, key?: string) => call(`POST /admin/v1/users/${user.userId}/factors/${factor}/reset`, because, { ...(key !== undefined && { key }) })
    const factor = Object.keys(left)[0]!.split(':')[1]!
    t.match(await reset('sms', HELPDESK), { statusCode: 409, json: { code: 'AUTH_ADMIN_LAST_FACTOR' } }, `${factor} is ${why}`)
    t.match(await reset(factor, HELPDESK), { statusCode: 200, json: { removed: [factor], hasNone: false, passwordChangeRequired: false } }, 'that one may go')
    await app.twoFactor.operations.core.update(user.userId, left)
    const all = await reset('sms')
    t.match(all, { statusCode: 200, json: { hasNone: true, passwordChangeRequired: true } }, 'an admin may reset the last one, and it takes the password with it')
    t.strictSame((all.json.removed as string[]).toSorted(), [factor, 'recovery-code', 'sms'].toSorted(), 'and what nobody could use, so that the person can enrol again')
  }
})

t.test('the helpdesk changes no account of an administrator', async (t) => {
  const events = recordAudit(t)
  const user = await signUp(app)
  for (const role of ['admin', 'support']) {
    await UserRoles.createNewRoleOrAddPermissions(role, [])
    await UserRoles.addRoleToUser('public', user.userId, role)
    t.match(await call(`POST /admin/v1/users/${user.userId}/unlock`, because, { key: HELPDESK }), { statusCode: 403 }, role)
    t.match(events.at(-1), { type: 'admin.refused', actor: 'key:desk', userId: user.userId })
    t.equal((await call(`POST /admin/v1/users/${user.userId}/unlock`, because)).statusCode, 200)
    await UserRoles.removeUserRole('public', user.userId, role)
  }
})

t.test('who sees masked addresses cannot read them letter by letter', async (t) => {
  const { email, phoneNumber } = victim
  const masked = (search: string, key = READER) => call(`GET /admin/v1/users?search=${encodeURIComponent(search)}`, undefined, { key })
  for (const search of [email.slice(0, 1), email.slice(0, -1), email.slice(email.indexOf('@') + 1), phoneNumber.slice(0, -1), `${phoneNumber.slice(0, 5)}`, victim.userId.slice(0, 8)]) {
    for (const key of [READER, HELPDESK]) t.strictSame((await masked(search, key)).json, { status: 'OK', people: [] }, search)
  }
  t.match((await masked(email)).json, { people: [{ userId: victim.userId }] })
  t.match((await masked(victim.userId)).json, { people: [{ userId: victim.userId }] })
  for (const path of ['', `/${victim.userId}`, `/${victim.userId}/factors`, `/${victim.userId}/sessions`]) {
    const { statusCode, body } = await call(`GET /admin/v1/users${path}`, undefined, { key: HELPDESK })
    t.equal(statusCode, 200)
    t.notOk(body.includes(email) || body.includes(phoneNumber), path)
  }
})

t.test('the helpdesk neither exports nor deletes, and ends no session of an administrator', async (t) => {
  const administrator = await signUp(app)
  await UserRoles.createNewRoleOrAddPermissions('admin', [])
  await UserRoles.addRoleToUser('public', administrator.userId, 'admin')
  const { json } = await call(`GET /admin/v1/users/${administrator.userId}/sessions`)
  const [{ handle }] = json.sessions as [{ handle: string }]
  const routes = [`POST /admin/v1/users/${victim.userId}/export`, `DELETE /admin/v1/users/${victim.userId}`, `DELETE /admin/v1/sessions/${handle}`, `DELETE /admin/v1/users/${administrator.userId}/sessions`, `POST /admin/v1/users/${victim.userId}/force-password-change`]
  for (const route of routes) t.match(await call(route, because, { key: HELPDESK }), { statusCode: 403, json: { code: 'AUTH_ADMIN_ROLE_TOO_LOW' } }, route)
  for (const method of ['POST', 'DELETE']) t.equal((await call(`${method} /admin/v1/users/${victim.userId}/roles`, { ...because, role: 'admin' }, { key: HELPDESK })).statusCode, 403)
  t.match(await call(`DELETE /admin/v1/users/${administrator.userId}/sessions`, because, { key: HELPDESK }), { json: { message: 'The role helpdesk may not change an account that opens the admin page.' } })
  t.equal((await administrator.session.inject('/examples/session')).statusCode, 200, 'it goes on')
  t.match((await call(`GET /admin/v1/users/${victim.userId}`)).json, { person: { sessions: 1 } })
})

t.test('paths lead nowhere else', async (t) => {
  const paths = [
    '/admin/v1/users/../sessions', '/admin/v1/users/..', '/admin/v1/users/%2e%2e/unlock', '/admin/v1/users/../../sessioninfo', `/admin/v1/users/${victim.userId}%2funlock`, `/admin/v1/users/a%2f..%2f${victim.userId}/unlock`,
    '/admin/v1/users/a%5cb/unlock', '/admin/v1/users/%00/unlock', '/admin/v1/users/%0d%0ax/unlock', '/admin/v1/users//unlock', `/admin/v1/users/${victim.userId}/unlock/`, `/admin/v1/users/${victim.userId};x/unlock`, `/admin/v1/users/${'x'.repeat(129)}/unlock`,
    `/ADMIN/v1/users/${victim.userId}/unlock`, `/admin/v1//users/${victim.userId}/unlock`
  ]
  for (const path of paths) {
    const { statusCode } = await call(`POST ${path}`, because)
    t.ok(statusCode === 404 || statusCode === 400, `${statusCode} ${path}`)
  }
})

t.test('names of prototypes in a body are refused', async (t) => {
  const bodies = ['{"reason":"x","__proto__":{"role":"admin"}}', '{"reason":"x","constructor":{"prototype":{"role":"admin"}}}', '{"__proto__":{"reason":"x"}}', '{"reason":"x","toString":"y"}', 'null', '"x"', '[]', '{']
  for (const payload of bodies) {
    const { statusCode } = await app.inject({ method: 'POST', url: `/admin/v1/users/${victim.userId}/unlock`, payload, headers: { authorization: `Bearer ${ADMIN}`, 'content-type': 'application/json' } })
    t.equal(statusCode, 400, payload)
  }
  t.equal(({} as { role?: string }).role, undefined)
  t.equal((await call(unlock, { reason: 'x', onBehalfOf: 'y'.repeat(20_000) })).statusCode, 413)
})

t.test('where no audit file is kept, the answer says which setting is missing', async (t) => {
  const events = recordAudit(t)
  t.match(await call('GET /admin/v1/audit', undefined, { key: READER }), { statusCode: 409, json: { error: 'conflict', code: 'AUTH_AUDIT_NOT_KEPT', message: /AUDIT_FILE/ } })
  t.match(events.at(-1), { type: 'admin.refused', actor: 'key:dashboard', reason: 'read-audit: AUTH_AUDIT_NOT_KEPT' })
  t.equal((await call('GET /admin/v1/audit', undefined, { key: '' })).statusCode, 401)
})

t.test('an actor cannot be made to look like another one', async (t) => {
  const events = recordAudit(t)
  t.equal((await call(unlock, { reason: 'x', onBehalfOf: 'user:admin' }, { key: HELPDESK })).statusCode, 200)
  t.equal(events.at(-1)?.actor, 'key:desk for user:admin')
  t.equal((await call(unlock, { reason: 'x', onBehalfOf: 'a\nactor: key:ops' }, { key: HELPDESK })).statusCode, 400)
})

t.test('guesses of keys are slowed down, and right keys are not', async (t) => {
  const remoteAddress = '198.51.100.7'
  const guess = (i: number) => call('GET /admin/v1/stats', undefined, { key: `${OLD_ADMIN.slice(0, -2)}${i}x`, remoteAddress })
  const codes = []
  for (let i = 0; i < 6; i++) codes.push((await guess(i)).statusCode)
  t.strictSame(codes, [401, 401, 401, 401, 429, 429])
  t.match(await guess(7), { headers: { 'retry-after': /^\d+$/ }, json: { error: 'too_many_requests', code: 'AUTH_LIMIT_REACHED' } })
  t.equal((await call(unlock, because, { remoteAddress })).statusCode, 200)
})

t.test('a stolen key changes a few accounts a minute, and holds up no other one', async (t) => {
  const codes = new Set<number>()
  for (let i = 0; i < 45; i++) codes.add((await call('POST /admin/v1/users/nobody/unlock', because, { key: HELPDESK })).statusCode)
  t.ok(codes.has(429))
  t.match(await call('POST /admin/v1/users/nobody/unlock', because, { key: HELPDESK }), { statusCode: 429, headers: { 'retry-after': /^\d+$/ } })
  t.not((await call('POST /admin/v1/users/nobody/unlock', because, { key: OLD_ADMIN })).statusCode, 429)
})

t.test('a key that is withdrawn does nothing more, also with what its holder is still sending', async (t) => {
  const events = recordAudit(t)
  const user = await signInWithSecondFactor(app)
  const keys = options.admin.keys!
  const sent = new PassThrough()
  const answer = app.inject({ method: 'POST', url: `/admin/v1/users/${user.userId}/force-password-change`, payload: sent, headers: { authorization: `Bearer ${ADMIN}`, 'content-type': 'application/json' } })
  sent.write('{"reason":')
  await setImmediate()
  await app.twoFactor.reload({ admin: { keys: [keys[0]!, keys[1]!, { name: 'ops', role: 'admin', secrets: [OLD_ADMIN] }] } })
  sent.end('"attack"}')
  t.match(await answer, { statusCode: 401 })
  t.match(events.at(-1), { type: 'admin.refused', reason: 'a wrong key' })
  t.equal((await call(`POST /admin/v1/users/${user.userId}/sessions`, because)).statusCode, 401)
  t.notOk(events.some(({ type }) => type === 'password.change-required'))
  await app.twoFactor.reload({ admin: options.admin })
})

t.test('what a key has done is not done again with the next one, and whoever gets its name with another role sees nothing of it', async (t) => {
  const user = await signInWithSecondFactor(app)
  const [OWN, NEXT] = ['tool-key-0123456789-abcdefghijklmn', 'tool-next-key-0123456789-abcdefghi']
  const send = (key: string) => call(`POST /admin/v1/users/${user.userId}/recovery`, because, { key, headers: { 'idempotency-key': 'before-and-after' } })
  const use = (secret: string, role: 'admin' | 'helpdesk') => app.twoFactor.reload({ admin: { keys: [{ name: 'tool', role, secrets: [secret] }] } })
  await use(OWN, 'helpdesk')
  const first = await send(OWN)
  t.equal(first.statusCode, 200)
  await use(NEXT, 'helpdesk')
  const again = await send(NEXT)
  t.match(again, { statusCode: 200, headers: { 'idempotency-replayed': 'true' } })
  t.equal(again.body, first.body)
  t.equal((await send(OWN)).statusCode, 401)
  await use(NEXT, 'admin')
  t.notOk('idempotency-replayed' in (await send(NEXT)).headers)
  await app.twoFactor.reload({ admin: options.admin })
})

t.test('a new key lifts no limit of the old one', async (t) => {
  const NEXT = 'reader-next-key-0123456789-abcdefg'
  const look = (key: string) => call('GET /admin/v1/nothing', undefined, { key })
  while ((await look(READER)).statusCode !== 429);
  await app.twoFactor.reload({ admin: { keys: [{ name: 'dashboard', role: 'reader', secrets: [NEXT] }] } })
  t.equal((await look(NEXT)).statusCode, 429)
  await app.twoFactor.reload({ admin: options.admin })
})

t.test('administrators on the page have no key, and go on without one', async (t) => {
  const boss = await administrator(app, 'admin')
  await app.twoFactor.reload({ admin: { keys: [] } })
  t.equal((await call('GET /admin/v1/stats')).statusCode, 401)
  await boss.person.open('/auth/admin')
  t.equal(boss.person.shown.title, 'Administration')
  await app.twoFactor.reload({ admin: options.admin })
})

t.test('a host keeps its own /admin, and without keys there is nothing else', async (t) => {
  for (const own of [options.admin, undefined]) {
    const host = Fastify()
    t.teardown(() => host.close())
    host.get('/admin', { config: { secondFactor: false } }, async () => 'mine')
    host.get('/admin/*', { config: { secondFactor: false } }, async () => 'mine too')
    await host.register(fastify2fa, { ...(await testCore()).options, ...options, admin: own ?? {} })
    await host.ready()
    t.equal((await host.inject('/admin')).body, 'mine')
    t.equal((await host.inject('/admin/v2/users')).body, 'mine too')
    const { statusCode, body } = await host.inject('/admin/v1/users')
    t.match({ statusCode, body }, own === undefined ? { statusCode: 200, body: 'mine too' } : { statusCode: 401 })
  }
})
