import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { listAuditEvents, type AuditEvent } from '../../src/index.js'
import { newPhoneNumber, signInWithSecondFactor, signUp } from '../../src/testing/index.js'
import { recordAudit } from '../audit/record.js'
import { build } from '../helper.js'
import { admin, ADMIN, client, HELPDESK, OLD_ADMIN, READER } from './admin-helper.js'

const folder = mkdtempSync(join(tmpdir(), 'fastify-2fa-'))
t.teardown(() => { rmSync(folder, { recursive: true }) })
const app = await build(t, { admin, audit: { file: { path: join(folder, 'audit.log') } }, accountRecovery: true, secondFactors: ['sms', 'totp'], factorKeys: ['k'.repeat(32)] })
const call = client(app)
const because = { reason: 'ticket 4711' }

t.test('a change is made, audited with who and why, and the owner is told', async (t) => {
  const events = recordAudit(t)
  const user = await signInWithSecondFactor(app)
  t.match(await call(`POST /admin/v1/users/${user.userId}/unlock`, because, { key: HELPDESK }), { statusCode: 200, headers: { 'cache-control': 'no-store' }, json: { status: 'OK' } })
  t.match(events.at(-1), { type: 'second-factor.unlocked', userId: user.userId, actor: 'key:desk', reason: 'ticket 4711' })
  const { json } = await call(`POST /admin/v1/users/${user.userId}/factors/sms/reset`, { ...because, onBehalfOf: 'jane@corp' })
  t.strictSame(json, { status: 'OK', removed: ['sms', 'recovery-code'], hasNone: true, passwordChangeRequired: true })
  t.match(events.find(({ type }) => type === 'second-factor.reset'), { actor: 'key:ops for jane@corp', userId: user.userId })
  t.match(app.twoFactor.outbox.last(user.email)?.body, /second factor/)
})

t.test('every key of a rotation works', async (t) => {
  const { userId } = await signInWithSecondFactor(app)
  for (const key of [ADMIN, OLD_ADMIN]) t.equal((await call(`POST /admin/v1/users/${userId}/unlock`, because, { key })).statusCode, 200)
})

t.test('a change needs a reason, and nothing that is not known', async (t) => {
  const { userId } = await signInWithSecondFactor(app)
  const bodies = [undefined, {}, { reason: '' }, { reason: ' ' }, { reason: 'a\nb' }, { reason: 'x'.repeat(513) }, { reason: 5 }, { reason: 'x', resaon: 'y' }, { reason: 'x', onBehalfOf: 'a\u0000' }, { reason: 'x', onBehalfOf: 'x'.repeat(57) }, []]
  for (const body of bodies) {
    const { statusCode, json } = await call(`POST /admin/v1/users/${userId}/unlock`, body)
    t.match({ statusCode, json }, { statusCode: 400, json: { error: 'invalid_request', code: 'AUTH_BODY_INVALID' } }, JSON.stringify(body))
  }
})

t.test('an idempotency key makes a change once, whatever is lost on the way', async (t) => {
  const events = recordAudit(t)
  const { userId } = await signInWithSecondFactor(app)
  const headers = { 'idempotency-key': 'change-1' }
  const route = `POST /admin/v1/users/${userId}/recovery`
  const first = await call(route, because, { headers })
  t.match(first, { statusCode: 200, json: { status: 'OK', readyAt: Number } })
  const again = await call(route, because, { headers })
  t.match(again, { statusCode: 200, headers: { 'idempotency-replayed': 'true' } })
  t.equal(again.body, first.body)
  t.equal(events.filter(({ type }) => type === 'recovery.started').length, 1)

  t.match(await call(route, { reason: 'another' }, { headers }), { statusCode: 422, json: { code: 'AUTH_IDEMPOTENCY_KEY_REUSED' } }, 'another body')
  t.match(await call(`POST /admin/v1/users/${userId}/unlock`, because, { headers }), { statusCode: 422 }, 'another route')
  const others = await call(route, because, { headers, key: HELPDESK })
  t.match(others, { statusCode: 200 })
  t.notOk('idempotency-replayed' in others.headers, 'nobody gets the answer of another key')
  for (const key of ['', 'a b', 'x'.repeat(256), 'ü']) t.match(await call(route, because, { headers: { 'idempotency-key': key } }), { statusCode: 400, json: { code: 'AUTH_IDEMPOTENCY_KEY_INVALID' } }, key)
})

t.test('what was refused may be sent again with its key', async (t) => {
  const { userId } = await signInWithSecondFactor(app)
  const send = () => call(`DELETE /admin/v1/users/${userId}/recovery`, because, { headers: { 'idempotency-key': 'refused' } })
  t.match(await send(), { statusCode: 409, json: { code: 'AUTH_OPERATION_REFUSED' } })
  await call(`POST /admin/v1/users/${userId}/recovery`, because)
  t.match(await send(), { statusCode: 200 })
})

t.test('the helpdesk starts recoveries, and only an admin shortens their wait', async (t) => {
  const events = recordAudit(t)
  const { userId } = await signInWithSecondFactor(app)
  const route = `POST /admin/v1/users/${userId}/recovery`
  t.match(await call(route, { ...because, wait: 0 }, { key: HELPDESK }), { statusCode: 403, json: { error: 'forbidden', code: 'AUTH_ADMIN_ROLE_TOO_LOW' } })
  t.match(events.at(-1), { type: 'admin.refused', actor: 'key:desk', userId, reason: 'shorten-recovery: AUTH_ADMIN_ROLE_TOO_LOW' })
  t.equal((await call(route, because, { key: HELPDESK })).statusCode, 200)
  const { json } = await call(route, { ...because, wait: 0 })
  t.ok((json.readyAt as number) <= Date.now())
})

t.test('refusals of an operation are those of the command', async (t) => {
  const events = recordAudit(t)
  const { userId } = await signInWithSecondFactor(app)
  t.match(await call('POST /admin/v1/users/nobody/unlock', because), { statusCode: 404, json: { error: 'not_found', code: 'AUTH_USER_UNKNOWN' } })
  t.match(events.at(-1), { type: 'admin.refused', actor: 'key:ops', userId: 'nobody', reason: 'unlock: AUTH_USER_UNKNOWN' })
  t.match(await call(`POST /admin/v1/users/${userId}/factors/word/reset`, because), { statusCode: 409, json: { error: 'conflict', code: 'AUTH_OPERATION_REFUSED', message: /no factor "word"/ } })
  t.match(await call(`POST /admin/v1/users/${userId}/number`, { ...because, number: newPhoneNumber() }), { statusCode: 409 })
  t.match(await call(`POST /admin/v1/users/${userId}/force-password-change`, because), { statusCode: 200 })
  t.match(await call(`POST /admin/v1/users/${userId}/force-password-change`, because, { key: READER }), { statusCode: 403 })
})

t.test('people are listed a page at a time, and each is seen as the role may see them', async (t) => {
  const events = recordAudit(t)
  const users = [await signUp(app), await signUp(app), await signUp(app)]
  const first = await call('GET /admin/v1/users?limit=2')
  const people = first.json.people as Array<{ userId: string, logins: Array<{ email: string }> }>
  t.strictSame(people.map(({ userId }) => userId), [users[2]!.userId, users[1]!.userId])
  t.equal(people[0]!.logins[0]!.email, users[2]!.email)
  const second = await call(`GET /admin/v1/users?limit=1&cursor=${encodeURIComponent(String(first.json.next))}`)
  t.match(second.json, { people: [{ userId: users[0]!.userId }] })
  t.notOk(JSON.stringify(second.json).includes('passwordless'), 'users of phones are no people')

  const found = await call(`GET /admin/v1/users?search=${encodeURIComponent(users[1]!.email)}`, undefined, { key: READER })
  t.match(found.json, { people: [{ userId: users[1]!.userId, logins: [{ email: /^.•••@/ }] }] })
  const shown = await call(`GET /admin/v1/users/${users[1]!.userId}`, undefined, { key: READER })
  t.match(shown, { statusCode: 200, headers: { 'cache-control': 'no-store' }, json: { person: { userId: users[1]!.userId, logins: [{ email: /^.•••@/ }], sessions: 1, factors: [] } } })
  t.notOk(shown.body.includes(users[1]!.email))
  t.match(events.at(-1), { type: 'admin.viewed', actor: 'key:dashboard', userId: users[1]!.userId })
  t.match((await call(`GET /admin/v1/users/${users[1]!.userId}`)).json, { person: { logins: [{ email: users[1]!.email }] } })
})

t.test('factors, sessions and roles are shown; sessions are ended, roles given and taken', async (t) => {
  const events = recordAudit(t)
  const user = await signInWithSecondFactor(app)
  const at = `/admin/v1/users/${user.userId}`
  t.match((await call(`GET ${at}/factors`, undefined, { key: READER })).json, { status: 'OK', factors: [{ factor: 'sms', phone: /•/ }, { factor: 'recovery-code' }] })
  const { json: { sessions, total } } = await call(`GET ${at}/sessions`, undefined, { key: READER })
  const [{ handle }] = sessions as [{ handle: string }]
  t.equal(total, 1)

  t.strictSame((await call(`POST ${at}/roles`, { ...because, role: 'editor' })).json.code, 'AUTH_OPERATION_REFUSED')
  t.strictSame((await call(`POST ${at}/roles`, { ...because, role: 'editor', create: true })).json, { status: 'OK', added: true })
  t.strictSame((await call(`GET ${at}/roles`)).json, { status: 'OK', roles: { public: ['editor'] } })
  t.strictSame((await call(`DELETE ${at}/roles`, { ...because, role: 'editor' })).json, { status: 'OK', removed: true })

  t.strictSame((await call(`DELETE /admin/v1/sessions/${handle}`, because, { key: HELPDESK })).json, { status: 'OK', existed: true, userId: user.userId })
  t.equal((await user.session.inject('/sessioninfo')).statusCode, 401)
  t.strictSame((await call(`DELETE /admin/v1/sessions/${handle}`, because, { key: HELPDESK })).json, { status: 'OK', existed: false })
  t.strictSame((await call(`DELETE ${at}/sessions`, because, { key: HELPDESK })).json, { status: 'OK', revoked: 0 })
  t.strictSame(events.filter(({ actor }) => actor !== undefined).map(({ type }) => type), ['admin.viewed', 'admin.viewed', 'admin.refused', 'role.added', 'admin.viewed', 'role.removed', 'session.revoked', 'session.all-revoked'])
})

t.test('what is known of a person is exported, and the person deleted', async (t) => {
  const events = recordAudit(t)
  const user = await signInWithSecondFactor(app)
  const at = `/admin/v1/users/${user.userId}`
  const exported = await call(`POST ${at}/export`, because)
  t.match(exported.json, { status: 'OK', export: { format: 'fastify-2fa-person', userId: user.userId, logins: [{ email: user.email }] } })
  t.match(await call(`DELETE ${at}`, because), { statusCode: 200, json: { status: 'OK', existed: true, sharedPhones: 0 } })
  t.strictSame((await call(`DELETE ${at}`, because)).json, { status: 'OK', existed: false, sharedPhones: 0 }, 'once more does no harm')
  t.equal((await call(`GET ${at}`)).statusCode, 404)
  t.match(events.filter(({ type }) => type.startsWith('user.')), [{ type: 'user.exported', actor: 'key:ops', reason: 'ticket 4711' }, { type: 'user.deletion-started' }, { type: 'user.deleted', userId: user.userId }])
})

t.test('times are seconds or texts, as for the command', async (t) => {
  for (const [wait, seconds] of [['24h', 86_400], ['90s', 90], [3600, 3600], [0, 0]] as const) {
    const { userId } = await signInWithSecondFactor(app)
    const { json } = await call(`POST /admin/v1/users/${userId}/recovery`, { ...because, wait })
    t.match(json, { status: 'OK' })
    t.ok(Math.abs(Number((json as { readyAt: number }).readyAt) - Date.now() - seconds * 1000) < 60_000, String(wait))
  }
  const { userId } = await signInWithSecondFactor(app)
  for (const wait of ['soon', '24', '', -1, ['24h'], { h: 1 }, null, '0h']) t.match(await call(`POST /admin/v1/users/${userId}/recovery`, { ...because, wait }), { statusCode: 400, json: { message: /^wait must be a number of seconds, or a time such as/ } })
})

t.test('figures are for everybody with a key', async (t) => {
  t.match((await call('GET /admin/v1/stats', undefined, { key: READER })).json, { status: 'OK', people: Number, tenants: { public: Number }, active: { day: Number } })
  t.match((await call('GET /admin/v1/stats?everybody=true&sessions=true', undefined, { key: READER })).json, { counted: { enrolled: { sms: Number }, sessions: Number } })
  t.equal((await call('GET /admin/v1/stats?everybody=yes')).statusCode, 400)
  const answers = await Promise.all([1, 2, 3].map(() => call('GET /admin/v1/stats?everybody=true')))
  t.ok(answers.some(({ statusCode }) => statusCode === 200))
  t.ok(answers.every(({ statusCode }) => [200, 503].includes(statusCode)))
})

t.test('queries are read strictly', async (t) => {
  for (const query of ['limt=5', 'limit=x', 'limit=-1', 'limit=0', 'limit=501', 'order=up', 'search=a&search=b', 'cursor=', 'search=%00']) t.equal((await call(`GET /admin/v1/users?${query}`)).statusCode, 400, query)
  for (const query of ['cursor=x', 'search=a&cursor=x', 'tenantId=nobody']) t.match(await call(`GET /admin/v1/users?${query}`), { statusCode: 409, json: { code: 'AUTH_OPERATION_REFUSED' } }, query)
})

t.test('the audit is read a page at a time, by filters, and that is audited', async (t) => {
  const events = recordAudit(t)
  const user = await signInWithSecondFactor(app)
  await call(`POST /admin/v1/users/${user.userId}/unlock`, { ...because, onBehalfOf: 'jane' })
  const get = async (query: string, key = ADMIN) => await call(`GET /admin/v1/audit?${query}`, undefined, { key })
  const found = await get(`userId=${user.userId}&result=ok`)
  t.match(found, { statusCode: 200, headers: { 'cache-control': 'no-store' } })
  const ofUser = events.filter(({ userId, type }) => userId === user.userId && type !== 'admin.viewed')
  t.strictSame(found.json, { status: 'OK', events: ofUser.reverse(), damaged: 0, lookedBackTo: found.json.lookedBackTo }, 'as they were published, the newest first')
  t.match(events.at(-1), { type: 'admin.viewed', actor: 'key:ops', userId: user.userId })
  t.match((await get('actor=key:ops&type=second-factor&limit=1')).json, { events: [{ type: 'second-factor.unlocked', actor: 'key:ops for jane', reason: 'ticket 4711' }], next: String })
  t.match(events.at(-1), { type: 'admin.viewed', reason: '1 audit events' })

  const first = await get('limit=3&since=1h')
  const second = await get(`limit=3&since=1h&cursor=${String(first.json.next)}`)
  const ids = [first, second].flatMap(({ json }) => (json.events as AuditEvent[]).map(({ id }) => id))
  t.equal(new Set(ids).size, 6)
  t.strictSame(ids, [...ids].sort().reverse())
  t.match(await listAuditEvents(app, { userId: user.userId, type: 'second-factor.unlocked' }), { events: [{ type: 'second-factor.unlocked', actor: 'key:ops for jane' }] })

  for (const query of ['type=nothing', 'result=good', 'since=yesterday', 'until=2026-13-01', 'limit=501', 'user=x', 'userId=a&userId=b']) t.match(await get(query), { statusCode: 400, json: { code: 'AUTH_BODY_INVALID' } }, query)
  t.match(await get('cursor=x'), { statusCode: 409, json: { code: 'AUTH_OPERATION_REFUSED' } })
  t.match(await get('userId=nobody@example.com'), { statusCode: 200, json: { events: [] } })
  t.notOk(JSON.stringify(events.at(-1)).includes('nobody@example.com'), 'what is typed in the place of an id is in no event')
})

t.test('attack: who sees masked addresses of people sees none of clients, and cannot ask for one', async (t) => {
  for (const [remoteAddress, network] of [['198.51.100.23', '198.51.100.•••'], ['2001:db8:1:2::3', '2001:db8:1::/48']] as const) {
    await call('GET /admin/v1/stats', undefined, { key: 'a wrong key that is long enough 123', remoteAddress })
    for (const key of [READER, HELPDESK]) {
      const { json, body } = await call('GET /admin/v1/audit?type=admin.refused&limit=1', undefined, { key })
      t.match(json, { events: [{ reason: 'a wrong key', address: network }] })
      t.notOk(body.includes(remoteAddress))
    }
    t.match((await call('GET /admin/v1/audit?type=admin.refused&limit=1')).json, { events: [{ address: remoteAddress }] })
  }
  t.equal((await call('GET /admin/v1/audit?address=198.51.100.23', undefined, { key: READER })).statusCode, 400)
})
