import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { convertToRecipeUserId } from 'supertokens-node'
import t from 'tap'
import { addPersonRole, deletePerson, showPerson } from '../../src/index.js'
import { Multitenancy } from '../../src/supertokens/for-hosts.js'
import { signInWithSecondFactor, type SignedInUser } from '../../src/testing/index.js'
import { makeEvent } from '../audit/events.js'
import { recordAudit } from '../audit/record.js'
import { securityApp } from '../hosted-pages/security.js'
import { ORIGIN } from '../hosted-pages/visit.js'

const folder = mkdtempSync(join(tmpdir(), 'fastify-2fa-'))
t.teardown(() => { rmSync(folder, { recursive: true }) })
const app = await securityApp({ admin: { page: true }, audit: { file: { path: join(folder, 'audit.log') } }, accountRecovery: true })
await Multitenancy.createOrUpdateTenant('acme', { firstFactors: ['emailpassword', 'otp-phone'] })

const ACTS = ['unlock', 'reset-factor', 'end-session', 'end-sessions', 'start-recovery', 'stop-recovery', 'force-password-change', 'delete']

/** Somebody whom a tenant has made its administrator. */
async function administratorOf (tenantId: string): Promise<SignedInUser> {
  const user = await signInWithSecondFactor(app, { apiBasePath: `/auth/${tenantId}` })
  await addPersonRole(app, user.userId, { role: 'admin', tenantId, create: true, by: 'otto', reason: 'administrator' })
  return user
}

const browser = { accept: 'text/html', origin: ORIGIN, 'sec-fetch-site': 'same-origin' }
const open = ({ session }: SignedInUser, url: string) => session.inject({ method: 'GET', url, headers: browser })
const send = ({ session }: SignedInUser, url: string, fields: Record<string, string>) =>
  session.inject({ method: 'POST', url, payload: new URLSearchParams(fields).toString(), headers: { ...browser, 'content-type': 'application/x-www-form-urlencoded' } })

t.test('attack: the administrator of one tenant neither sees nor changes people of others', async (t) => {
  const boss = await administratorOf('acme')
  const victim = await signInWithSecondFactor(app)
  const both = await signInWithSecondFactor(app, { apiBasePath: '/auth/acme' })
  t.match(await Multitenancy.associateUserToTenant('public', convertToRecipeUserId(both.userId)), { status: 'OK' })
  for (const { userId, email } of [victim, both]) {
    const before = await showPerson(app, userId)
    const events = recordAudit(t)
    for (const answer of [await open(boss, '/auth/admin'), await send(boss, '/auth/admin', { search: email.slice(0, 8) })]) t.match(answer, { statusCode: 200, body: new RegExp(`^(?:(?!${email}).)*$`, 's') })
    t.match(await open(boss, `/auth/admin/person?id=${userId}`), { statusCode: 404, body: /There is no such person/ })
    t.match(events.at(-1), { type: 'admin.refused', actor: `user:${boss.userId}`, userId, reason: 'read: AUTH_USER_UNKNOWN' })
    for (const act of ACTS) {
      t.equal((await open(boss, `/auth/admin/${act}?id=${userId}`)).statusCode, 404, act)
      t.equal((await send(boss, `/auth/admin/${act}`, { id: userId, item: 'sms', reason: 'ticket 4711' })).statusCode, 404, act)
    }
    t.strictSame(await showPerson(app, userId), before)
  }
})

t.test('they administer their own people, and those of the default tenant everybody', async (t) => {
  const [boss, top] = [await administratorOf('acme'), await administratorOf('public')]
  const one = await signInWithSecondFactor(app, { apiBasePath: '/auth/acme' })
  t.match(await open(boss, '/auth/admin'), { body: new RegExp(one.email) })
  for (const administrator of [boss, top]) {
    t.match(await open(administrator, `/auth/admin/person?id=${one.userId}`), { statusCode: 200, body: new RegExp(one.email) })
    t.match(await send(administrator, '/auth/admin/end-sessions', { id: one.userId, reason: 'ticket 4711' }), { statusCode: 303 })
  }
  t.equal((await showPerson(app, one.userId)).sessions, 0)
})

t.test('attack: the administrator of one tenant reads no events of other people, however they ask', async (t) => {
  const boss = await administratorOf('acme')
  const [victim, both, gone] = [await signInWithSecondFactor(app), await signInWithSecondFactor(app, { apiBasePath: '/auth/acme' }), await signInWithSecondFactor(app, { apiBasePath: '/auth/acme' })]
  await Multitenancy.associateUserToTenant('public', convertToRecipeUserId(both.userId))
  await deletePerson(app, gone.userId, { by: 'otto', reason: 'asked for' })
  const one = await signInWithSecondFactor(app, { apiBasePath: '/auth/acme' })
  const ofOperator = { actor: 'user:otto', reason: 'of an operator', address: '203.0.113.9', tenantId: 'acme' }
  for (const event of [{ userId: one.userId, ...ofOperator }, { userId: victim.userId, ...ofOperator }, { reason: 'of nobody at all' }, { tenantId: 'public', reason: 'of strangers elsewhere' }, { tenantId: 'acme', reason: 'of strangers here' }, { userId: one.userId, tenantId: 'public', reason: 'elsewhere' }]) {
    app.twoFactor.auditTrail!.record(makeEvent('code.refused', { ...event, ...('userId' in event ? {} : { userId: undefined }) } as object))
  }
  const pages = [
    await open(boss, '/auth/admin/audit'),
    ...await Promise.all([{ type: 'second-factor.passed' }, { actor: 'user:otto' }, { type: 'first-factor.passed', result: 'ok' }, { result: 'failed' }].map((fields) => send(boss, '/auth/admin/audit', fields)))
  ]
  for (const { statusCode, body } of pages) {
    t.equal(statusCode, 200)
    for (const { userId } of [victim, both, gone]) t.notOk(body.includes(userId))
    for (const text of ['of nobody at all', 'of strangers elsewhere', '203.0.113.9', 'reason: elsewhere']) t.notOk(body.includes(text), text)
  }
  t.match(pages[1]!.body, one.userId)
  t.match(pages[2]!.body, /of an operator/)
  t.match(pages[4]!.body, /of strangers here/)
  for (const { userId } of [victim, both, gone]) {
    t.match(await open(boss, `/auth/admin/audit?userId=${userId}`), { statusCode: 404, body: /There is no such person/ })
    t.match(await send(boss, '/auth/admin/audit', { userId }), { statusCode: 404 })
  }
  t.match(await open(boss, `/auth/admin/person?id=${one.userId}`), { statusCode: 200, body: /second-factor\.passed/ })
  const top = await administratorOf('public')
  t.match(await open(top, `/auth/admin/audit?userId=${gone.userId}`), { statusCode: 200, body: /user\.deleted/ }, 'those of the default tenant read all, also of people who are gone')
})
