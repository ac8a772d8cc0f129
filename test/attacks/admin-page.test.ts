import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify from 'fastify'
import t from 'tap'
import { fastify2fa, listPersonSessions } from '../../src/index.js'
import { UserRoles } from '../../src/supertokens/for-hosts.js'
import { advance, resetClock, signIn } from '../../src/testing/index.js'
import { recordAudit } from '../audit/record.js'
import { testCore } from '../helper.js'
import { makeEvent } from '../audit/events.js'
import { administrator, confirm, give, idOf, PAGE_ROLES, type Administrator } from '../hosted-pages/administrators.js'
import { securityApp, signInAgain, signUpWithPhone } from '../hosted-pages/security.js'
import { ORIGIN } from '../hosted-pages/visit.js'
import { resetSdk } from '../reset-sdk.js'

const folder = mkdtempSync(join(tmpdir(), 'fastify-2fa-'))
t.teardown(() => { rmSync(folder, { recursive: true }) })
const auditFile = join(folder, 'audit.log')
const app = await securityApp({ admin: { page: PAGE_ROLES }, audit: { file: { path: auditFile } }, accountRecovery: true, secondFactors: ['sms', 'totp'] })
const ACTS = ['unlock', 'reset-factor', 'end-session', 'end-sessions', 'start-recovery', 'stop-recovery', 'force-password-change', 'delete']
const because = { reason: 'ticket 4711' }
const { account: victim } = await signUpWithPhone(app)
const id = await idOf(app, victim)

const cookieOf = ({ person }: Administrator): string => [...person.jar].filter(([, { path }]) => path === '/' || path === '/auth').map(([name, { value }]) => `${name}=${value}`).join('; ')

/** What an administrator sees of the victim. */
async function stateOf (watcher: Administrator): Promise<string> {
  await watcher.person.open(`/auth/admin/person?id=${id}`)
  if (!watcher.person.shown.url.startsWith('/auth/admin/person')) throw new Error(`it is at ${watcher.person.shown.url}: ${watcher.person.shown.text}`)
  return watcher.person.shown.text.replace(/Last used on [^.]*\./g, '').replace(/Audit log.*All events of this person/, '')
}

t.test('an administrator finds a person, and does what the role may do, audited with who and why', async (t) => {
  const events = recordAudit(t)
  const boss = await administrator(app, 'admin')
  const { account } = await signUpWithPhone(app)
  const other = await idOf(app, account)
  const { person } = boss
  await person.open('/auth/admin')
  t.equal(person.shown.title, 'Administration')
  await person.press('Search', { search: account.login.slice(0, 8) })
  t.match(person.shown.text, account.login)
  t.equal(person.shown.url, '/auth/admin', 'what was searched for is in no address')
  await person.follow(`Show: ${account.login}`)
  t.match(person.shown, { title: account.login, text: /A code by text message to \+1•+\d\d/ })
  t.match(events.at(-1), { type: 'admin.viewed', actor: `user:${boss.userId}`, userId: other })

  await person.follow('Reset: A code by text message')
  t.match(person.shown, { title: 'Reset this factor', text: /signed out everywhere/ })
  await person.press('Reset this factor', because)
  t.match(person.shown, { url: `/auth/admin/person?id=${other}`, text: /It is done, and in the audit log\..*Without a second factor.*There are none\./ })
  t.match(events.find(({ type }) => type === 'second-factor.reset'), { userId: other, actor: `user:${boss.userId}`, reason: 'ticket 4711' })
  await person.follow('Delete this account')
  await person.press('Delete this account', because)
  t.match(person.shown, { url: '/auth/admin', text: /It is done/ })
  t.match(events.findLast(({ type }) => type !== 'admin.viewed'), { type: 'user.deleted', userId: other, actor: `user:${boss.userId}` })
})

t.test('a session, a recovery and a lock are ended and begun', async (t) => {
  const { person } = await administrator(app, 'support')
  const { account, person: somebody } = await signUpWithPhone(app, { headers: { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0' } })
  const other = await idOf(app, account)
  await person.open(`/auth/admin/person?id=${other}`)
  await person.follow('Start a recovery')
  await person.press('Start a recovery', because)
  t.match(person.shown.text, /A recovery is under way/)
  await person.follow('End the recovery')
  await person.press('End the recovery', because)
  t.notMatch(person.shown.text, /A recovery is under way/)
  await person.follow(/^End: Firefox/)
  await person.press('End this session', because)
  t.match(person.shown.text, /There are none\./)
  await somebody.open('/auth/security')
  t.equal(somebody.shown.title, 'Sign in')
})

t.test('without a role nobody sees or does anything, and it is audited', async (t) => {
  const events = recordAudit(t)
  const boss = await administrator(app, 'admin')
  const before = await stateOf(boss)
  const nobody = await administrator(app, 'editor')
  for (const path of ['/auth/admin', `/auth/admin/person?id=${id}`, ...ACTS.map((act) => `/auth/admin/${act}?id=${id}`)]) {
    await nobody.person.open(path)
    t.match(nobody.person.shown, { status: 403, text: /Your account has no role for administration/ }, path)
  }
  for (const act of ACTS) {
    await nobody.person.post(`/auth/admin/${act}`, { id, item: 'sms', ...because })
    t.equal(nobody.person.shown.status, 403, act)
  }
  await nobody.person.post('/auth/admin', { search: victim.login })
  t.equal(nobody.person.shown.status, 403)
  t.notMatch(nobody.person.shown.text, victim.login)
  t.match(events.filter(({ type }) => type === 'admin.refused').at(-1), { actor: `user:${nobody.userId}` })
  t.equal(await stateOf(boss), before)
})

t.test('without a second factor, or with an old one, it is asked for first', async (t) => {
  t.teardown(resetClock)
  const boss = await administrator(app, 'admin')
  const before = await stateOf(boss)
  const thief = await signInAgain(app, boss.account)
  for (const path of ['/auth/admin', `/auth/admin/person?id=${id}`, `/auth/admin/delete?id=${id}`]) {
    await thief.open(path)
    t.equal(thief.shown.title, 'Second factor', path)
    await thief.open(`${path}${path.includes('?') ? '&' : '?'}once-more=1`)
    t.equal(thief.shown.title, 'Second factor', path)
  }
  for (const act of ACTS) {
    await thief.post(`/auth/admin/${act}`, { id, item: 'sms', ...because })
    t.equal(thief.shown.title, 'Second factor', act)
  }
  t.equal(await stateOf(boss), before)

  const { person } = boss
  advance('6m')
  t.equal((await person.open(`/auth/admin/person?id=${id}`)).title, victim.login, 'old enough to look')
  await person.open(`/auth/admin/end-sessions?id=${id}`)
  t.match(person.shown, { title: 'Second factor', text: /confirm once more/ })
  await person.post('/auth/admin/end-sessions', { id, reason: 'typed before' })
  t.equal(person.shown.title, 'Second factor', 'a form that was open for long does nothing')
  await confirm(app, boss)
  t.match(person.shown, { title: 'End all sessions', url: new RegExp(`/auth/admin/end-sessions\\?id=${id}`) })
  t.equal(person.shown.document.querySelector('input[name=reason]')!.getAttribute('value'), 'typed before')
  advance('22m')
  await person.open('/auth/admin')
  t.equal(person.shown.title, 'Second factor', 'too old to look')
})

t.test('a session without a second factor is none, also where the account needs none', async (t) => {
  const boss = await administrator(app, 'admin')
  const session = await signIn(app, { email: boss.account.login, phoneNumber: boss.account.phone, password: boss.account.password })
  const response = await session.session.inject({ method: 'POST', url: '/auth/admin/delete', headers: { origin: ORIGIN, 'content-type': 'application/x-www-form-urlencoded' }, payload: new URLSearchParams({ id, ...because }).toString() })
  t.equal(response.statusCode, 303)
  t.match(response.headers.location, '/auth/second-factor')
})

t.test('a role that was taken away a moment ago opens nothing, and a lower one no more than itself', async (t) => {
  const boss = await administrator(app, 'admin')
  await boss.person.open(`/auth/admin/end-sessions?id=${id}`)
  await UserRoles.removeUserRole('public', boss.userId, 'admin')
  await boss.person.press('End all sessions', because)
  t.match(boss.person.shown, { status: 403, text: /no role/ }, 'the form was open already')
  await give(boss.userId, 'auditor')
  await boss.person.open(`/auth/admin/person?id=${id}`)
  t.equal(boss.person.shown.status, 200)
  t.notMatch(boss.person.shown.text, /What you can do|Reset/)
  t.notMatch(boss.person.shown.text, victim.login, 'and masked')
  await boss.person.post('/auth/admin/end-sessions', { id, ...because })
  t.match(boss.person.shown, { status: 403, text: /Your role does not allow this/ })
})

t.test('a session that was ended in the Core opens nothing', async (t) => {
  const boss = await administrator(app, 'admin')
  const { core } = app.twoFactor
  await core.fetch(`${core.connectionURI}/recipe/session/remove`, { method: 'POST', headers: { 'content-type': 'application/json', 'cdi-version': '5.4' }, body: JSON.stringify({ userId: boss.userId }) })
  await boss.person.open('/auth/admin')
  t.equal(boss.person.shown.title, 'Sign in')
})

t.test('the helpdesk takes no last factor, deletes nobody, and touches no administrator', async (t) => {
  const events = recordAudit(t)
  const [desk, boss] = [await administrator(app, 'support'), await administrator(app, 'admin')]
  const before = await stateOf(boss)
  const { person } = desk
  await person.open(`/auth/admin/person?id=${id}`)
  t.notMatch(person.shown.text, /Delete this account|Ask for a new password/)
  for (const [act, item] of [['reset-factor', 'sms'], ['reset-factor', 'all'], ['delete', ''], ['force-password-change', '']] as const) {
    await person.post(`/auth/admin/${act}`, { id, item, ...because })
    t.ok([403, 409].includes(person.shown.status), `${act} ${item} ${person.shown.status}`)
  }
  t.equal(await stateOf(boss), before)
  for (const act of ACTS) {
    await person.post(`/auth/admin/${act}`, { id: boss.userId, item: 'sms', ...because })
    t.equal(person.shown.status, 403, act)
  }
  t.match(events.filter(({ type }) => type === 'admin.refused').at(-1), { actor: `user:${desk.userId}`, userId: boss.userId })
})

t.test('nobody administers their own account, under whichever name', async (t) => {
  const boss = await administrator(app, 'admin')
  const { person, userId } = boss
  await person.open(`/auth/admin/person?id=${userId}`)
  t.notMatch(person.shown.text, /What you can do|Reset/)
  for (const act of ACTS) {
    await person.post(`/auth/admin/${act}`, { id: userId, item: 'sms', ...because })
    t.match(person.shown, { status: 403, text: /You cannot change your own account here/ }, act)
  }
  await person.open('/auth/admin')
  t.equal(person.shown.status, 200, 'it is still there')
  const own = await app.inject({ method: 'POST', url: '/auth/admin/roles', headers: { origin: ORIGIN, cookie: cookieOf(boss) } })
  t.equal(own.statusCode, 404, 'roles are not given here at all')
})

t.test('a session of somebody else than the page showed is not ended', async (t) => {
  const [boss, other] = [await administrator(app, 'admin'), await administrator(app, undefined)]
  const { sessions } = await listPersonSessions(app, other.userId)
  await boss.person.post('/auth/admin/end-session', { id, item: sessions[0]!.handle, ...because })
  t.match(boss.person.shown, { status: 409, text: /There is no such session/ })
  await other.person.open('/auth/security')
  t.equal(other.person.shown.title, 'My security')
})

t.test('a form of another website does nothing, and no page is framed', async (t) => {
  const boss = await administrator(app, 'admin')
  const before = await stateOf(boss)
  for (const act of ['', ...ACTS.map((act) => `/${act}`)]) {
    for (const headers of [{}, { origin: 'null' }, { origin: 'https://evil.example' }, { origin: ORIGIN, 'sec-fetch-site': 'same-site' }, { origin: ORIGIN, 'sec-fetch-site': 'cross-site' }]) {
      const response = await app.inject({ method: 'POST', url: `/auth/admin${act}`, headers: { ...headers, cookie: cookieOf(boss), 'content-type': 'application/x-www-form-urlencoded' }, payload: new URLSearchParams({ id, item: 'sms', ...because }).toString() })
      t.equal(response.statusCode, 403, `${act} ${JSON.stringify(headers)}`)
    }
    if (act !== '') t.equal((await app.inject({ method: 'GET', url: `/auth/admin${act}?${new URLSearchParams({ id, item: 'sms', ...because }).toString()}`, headers: { cookie: cookieOf(boss) } })).statusCode, 200, 'a link only shows')
  }
  t.equal(await stateOf(boss), before)
  t.match(boss.person.shown.headers, { 'x-frame-options': 'DENY', 'content-security-policy': /default-src 'none'.*frame-ancestors 'none'/, 'cache-control': 'no-store', 'referrer-policy': 'same-origin' })
  t.notMatch(String(boss.person.shown.headers['content-security-policy']), /unsafe-inline/)
})

t.test('what people and administrators type is text', async (t) => {
  const boss = await administrator(app, 'admin')
  const attack = '"><script>alert(1)</script>'
  const { account } = await signUpWithPhone(app, { headers: { 'user-agent': `Mozilla/5.0 ${attack} Firefox/130.0` } })
  const other = await idOf(app, account)
  await UserRoles.createNewRoleOrAddPermissions(attack, [])
  await UserRoles.addRoleToUser('public', other, attack)
  const { person } = boss
  const pages = [
    await person.open(`/auth/admin/person?id=${other}`),
    await person.post('/auth/admin', { search: attack }),
    await person.open(`/auth/admin/person?id=${encodeURIComponent(attack)}`),
    await person.open(`/auth/admin/reset-factor?id=${other}&item=${encodeURIComponent(attack)}`),
    await person.post('/auth/admin/reset-factor', { id: other, item: attack, reason: attack }),
    await person.post('/auth/admin/unlock', { id: other, item: attack, reason: `${attack}\n` }),
    await person.open(`/auth/admin?from=${encodeURIComponent(attack)}`)
  ]
  await person.open(`/auth/admin/reset-factor?id=${other}&item=Call%20this%20number&name=Call%20this%20number&reason=Call%20this%20number`)
  t.notMatch(person.shown.text, 'Call this number', 'and a link makes the page say nothing')
  for (const page of pages) {
    t.ok(page.title !== '', page.url)
    t.equal(page.document.querySelectorAll('script').filter((script) => script.getAttribute('src') === undefined).length, 0, page.url)
    t.equal(page.document.querySelectorAll('[onerror], [onload], img[src=x]').length, 0)
  }
  t.match(pages[0]!.document.toString(), /&(?:lt|#60);script/)
})

t.test('attack: whatever strangers have brought into the audit is text', async (t) => {
  const boss = await administrator(app, 'admin')
  const attack = '"><img src=x onerror=alert(1)><script>alert(1)</script>'
  const fields = ['reason', 'requestId', 'traceId', 'tenantId', 'actor', 'account', 'address', 'factor', 'sessionHandle', 'role', 'phone', 'email'] as const
  for (const userId of [id, attack]) app.twoFactor.auditTrail!.record(makeEvent('code.refused', { userId, ...Object.fromEntries(fields.map((name) => [name, `${name}${attack}`])) }))
  app.twoFactor.auditTrail!.record(makeEvent(attack as 'code.refused', { userId: id }))
  const { person } = boss
  const pages = [
    await person.open('/auth/admin/audit'),
    await person.post('/auth/admin/audit', { actor: `actor${attack}` }),
    await person.post('/auth/admin/audit', { userId: attack, requestId: `requestId${attack}` }),
    await person.post('/auth/admin/audit', { since: attack, type: attack, result: attack, from: attack }),
    await person.post('/auth/admin/audit', { from: attack }),
    await person.open(`/auth/admin/audit?userId=${encodeURIComponent(attack)}&from=x`),
    await person.open(`/auth/admin/person?id=${id}`)
  ]
  t.strictSame(pages.map(({ status }) => status), [200, 200, 200, 422, 409, 200, 200])
  for (const page of pages) {
    t.equal(page.document.querySelectorAll('main img, main script, [onerror]').length, 0, page.url)
    t.match(page.headers, { 'cache-control': 'no-store', 'content-security-policy': /default-src 'none'/ })
  }
  for (const shown of [pages[0]!, pages[1]!, pages[2]!, pages[6]!]) for (const name of fields) t.ok(shown.document.toString().includes(`${name}&quot;&gt;&lt;img`) || shown.document.toString().includes(`${name}&#34;&#62;&#60;img`), `${shown.url} has ${name}`)
})

t.test('the audit is searched by a form, page by page, and the page of a person has the newest events', async (t) => {
  t.teardown(resetClock)
  const events = recordAudit(t)
  const [boss, other] = [await administrator(app, 'auditor'), await administrator(app, undefined)]
  for (let i = 0; i < 60; i++) app.twoFactor.auditTrail!.record(makeEvent('code.wrong', { userId: other.userId, reason: `number ${i}.`, address: '198.51.100.23' }))
  const { person } = boss
  await person.open('/auth/admin')
  await person.follow('Audit log')
  t.match(person.shown, { title: 'Audit log', text: /What this replica of the service has written/ })
  t.match(events.at(-1), { type: 'admin.viewed', actor: `user:${boss.userId}`, reason: '50 audit events' })
  await person.press('Search', { userId: other.userId })
  t.equal(person.shown.url, '/auth/admin/audit', 'what was searched for is in no address')
  t.match(person.shown.text, /number 59\..*number 10\./)
  t.notMatch(person.shown.text, /number 9\./)
  t.match(person.shown.text, 'Address: 198.51.100.•••', 'masked, as addresses of people are')
  t.notMatch(person.shown.document.toString(), '198.51.100.23')
  t.match(events.at(-1), { type: 'admin.viewed', userId: other.userId })
  await person.press('Older events')
  t.match(person.shown.text, /number 9\..*number 0\./)
  t.notMatch(person.shown.text, /number 10\./)
  await person.press('Search', { since: 'yesterday' })
  t.match(person.shown, { status: 422, text: /Please enter a time\./ })
  await person.press('Search', { userId: '', since: '2020-01-01T00:00', until: '2020-01-02T00:00' })
  t.match(person.shown, { status: 200, text: /No events are found\./ })

  await person.open(`/auth/admin/person?id=${other.userId}`)
  t.match(person.shown.text, /number 59\..*number 50\./)
  t.notMatch(person.shown.text, /number 49\.|admin\.viewed/)
  await person.follow('All events of this person')
  t.match(person.shown.text, /admin\.viewed.*number 59\./)
  advance('16m')
  await person.open(`/auth/admin/audit?userId=${other.userId}`)
  t.equal(person.shown.title, 'Second factor')
  await confirm(app, boss)
  t.equal(person.shown.url, `/auth/admin/audit?userId=${other.userId}`)
})

t.test('a damaged audit file breaks no page', async (t) => {
  const boss = await administrator(app, 'admin')
  writeFileSync(auditFile, 'no json\n{"sequence":1}\n', { flag: 'a' })
  await boss.person.open('/auth/admin/audit')
  t.match(boss.person.shown, { status: 200, text: /Lines that cannot be read, or were changed: 2/ })
  const nobody = await administrator(app, 'editor')
  for (const page of [await nobody.person.open('/auth/admin/audit'), await nobody.person.post('/auth/admin/audit', { userId: id })]) t.match(page, { status: 403, text: /no role/ })
})

t.test('an address with markup in it is text, too', async (t) => {
  const boss = await administrator(app, 'admin')
  const { core } = app.twoFactor
  const email = '<img/src=x/onerror=alert(1)>@example.com'
  const made = await core.fetch(`${core.connectionURI}/recipe/signup`, { method: 'POST', headers: { 'content-type': 'application/json', 'cdi-version': '5.4' }, body: JSON.stringify({ email, password: 'correct horse 1' }) })
  const { user } = await made.json() as { user?: { id: string } }
  await boss.person.open('/auth/admin')
  t.equal(boss.person.shown.document.querySelectorAll('main img').length, 0)
  await boss.person.open(`/auth/admin/person?id=${user!.id}`)
  t.match(boss.person.shown, { status: 200 })
  t.equal(boss.person.shown.document.querySelectorAll('main img').length, 0)
})

t.test('a change without a reason is none', async (t) => {
  const boss = await administrator(app, 'admin')
  const before = await stateOf(boss)
  for (const reason of ['', '   ', 'x'.repeat(513), 'a\u0007b']) {
    await boss.person.post('/auth/admin/end-sessions', { id, reason })
    t.match(boss.person.shown, { status: 422, text: /Please write why/ })
  }
  t.equal(await stateOf(boss), before)
})

t.test('the page is in the prefix, and not where it is off', async (t) => {
  t.teardown(resetSdk)
  for (const page of [PAGE_ROLES, undefined]) {
    resetSdk()
    const host = Fastify()
    t.teardown(() => host.close())
    host.get('/admin', { config: { secondFactor: false } }, async () => 'mine')
    const options = { ...(await testCore()).options, appInfo: { apiDomain: ORIGIN, websiteDomains: [ORIGIN] as [string], websiteBasePath: '/in/auth' }, hostedPages: true, limits: false as const }
    await host.register(async (scope) => { await scope.register(fastify2fa, { ...options, admin: page === undefined ? {} : { page } }) }, { prefix: '/in' })
    await host.ready()
    t.equal((await host.inject('/admin')).body, 'mine')
    const { statusCode } = await host.inject('/in/auth/admin')
    t.equal(statusCode, page === undefined ? 404 : 303, 'the page')
    t.equal((await host.inject('/auth/admin')).statusCode, 404)
  }
})
