import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import t from 'tap'
import { addPersonRole, exportPerson, listPeople, listPersonRoles, listPersonSessions, readStats, removePersonRole, revokePersonSession, revokePersonSessions, showPerson } from '../../src/index.js'
import { enrolTotp, signIn, signInWithSecondFactor, signUp } from '../../src/testing/index.js'
import { changePhone, isAlive } from '../account/change.js'
import { recordAudit } from '../audit/record.js'
import { build as buildApp } from '../helper.js'
import { pathTo } from '../root.js'

const BECAUSE = { by: 'otto', reason: 'asked in person' }
const build = async (t: Parameters<typeof buildApp>[0]) => await buildApp(t, { secondFactors: ['sms', 'totp'], factorKeys: ['f'.repeat(32)] })

t.test('pages stay as they are while people sign up, and the users of phones are nobody', async (t) => {
  const app = await build(t)
  const before = (await readStats(app)).people
  const people = [await signInWithSecondFactor(app), await signUp(app), await signUp(app)].map(({ userId }) => userId)
  t.equal((await readStats(app)).people, before + 3, 'one of them has a phone')
  for (const order of ['newest', 'oldest'] as const) {
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await listPeople(app, { order, limit: 2, cursor })
      seen.push(...page.people.map(({ userId }) => userId))
      if (seen.length === 2) await signUp(app)
      cursor = page.next
    } while (cursor !== undefined)
    t.equal(new Set(seen).size, seen.length, 'nobody twice')
    t.strictSame(people.filter((id) => !seen.includes(id)), [], 'nobody is missing')
  }
})

t.test('people are found by the beginning of an address, by a pinned phone and by id', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app, { email: 'alice.searched@example.net' })
  const found = async (search: string) => (await listPeople(app, { search })).people.map(({ userId }) => userId)
  t.strictSame(await found('Alice.Searched'), [alice.userId])
  t.strictSame(await found('example.net'), [alice.userId], 'by the domain')
  t.strictSame(await found(alice.phoneNumber), [alice.userId])
  t.strictSame(await found(`${alice.phoneNumber.slice(0, 2)} ${alice.phoneNumber.slice(2, 8)}`).then((ids) => ids.includes(alice.userId)), true, 'as people write the beginning of a number')
  t.strictSame(await found(alice.userId), [alice.userId])
  const phoneUserId = String((await app.twoFactor.operations.core.metadata(alice.userId)).passwordlessUserId)
  t.strictSame(await found(phoneUserId), [], 'the user of the phone is no person')
  // A helpdesk that finds an account by a number takes whoever has that number for its owner. It may be somebody else's by now.
  const next = await changePhone(app, alice)
  t.strictSame(await found(alice.phoneNumber), [], 'a former number finds nobody')
  t.strictSame(await found(next), [alice.userId])
  for (const n of [1, 2, 3]) await signUp(app, { email: `page.${n}@example.info` })
  const first = await listPeople(app, { search: 'page.', limit: 2 })
  await signUp(app, { email: 'page.4@example.info' })
  const second = await listPeople(app, { search: 'page.', limit: 2, cursor: first.next })
  t.strictSame([...first.people, ...second.people].map(({ logins }) => logins[0]!.email).sort(), ['page.1@example.info', 'page.2@example.info', 'page.3@example.info'])
  t.notOk(second.next)
  for (const query of [{ limit: 501 }, { search: 'a;b' }, { search: 'x'.repeat(300) }, { cursor: '!' }, { search: 'a', cursor: '!' }, { order: 'best' as 'newest' }, { tenantId: 'nowhere' }]) {
    await t.rejects(listPeople(app, query), { code: 'AUTH_OPERATION_REFUSED' }, JSON.stringify(query).slice(0, 40))
  }
})

t.test('a person, sessions and roles are shown and changed, and every change is audited', async (t) => {
  const app = await build(t)
  const events = recordAudit(t)
  const alice = await signInWithSecondFactor(app)
  const waiting = await signIn(app, alice)
  t.match(await showPerson(app, alice.userId), {
    userId: alice.userId, tenantIds: ['public'], logins: [{ recipe: 'emailpassword', email: alice.email, verified: false }], factors: [{ factor: 'sms', phone: /•/ }], sessions: 2, lastSignInAt: Number, roles: { public: [] }
  })
  const { sessions, total } = await listPersonSessions(app, alice.userId)
  t.equal(total, 2)
  t.match(sessions.map(({ secondFactor }) => secondFactor), [false, true])
  t.strictSame(await revokePersonSession(app, sessions[1]!.handle, BECAUSE), { existed: true, userId: alice.userId })
  t.equal(await isAlive(alice.session), false, 'also with the access token')
  t.equal((await revokePersonSession(app, sessions[1]!.handle, BECAUSE)).existed, false)
  t.equal((await waiting.session.inject('/sessioninfo')).statusCode, 403, 'the other one goes on')
  t.strictSame(await revokePersonSessions(app, alice.userId, BECAUSE), { revoked: 1 })
  t.equal((await waiting.session.inject('/sessioninfo')).statusCode, 401)

  await t.rejects(addPersonRole(app, alice.userId, { role: 'editor', ...BECAUSE }), { code: 'AUTH_OPERATION_REFUSED' })
  t.strictSame(await addPersonRole(app, alice.userId, { role: 'editor', create: true, ...BECAUSE }), { added: true })
  t.strictSame(await listPersonRoles(app, alice.userId), { public: ['editor'] })
  t.strictSame(await removePersonRole(app, alice.userId, { role: 'editor', ...BECAUSE }), { removed: true })
  await t.rejects(addPersonRole(app, alice.userId, { role: ' editor\n', create: true, ...BECAUSE }), { code: 'AUTH_OPERATION_REFUSED' })
  await t.rejects(showPerson(app, 'nobody'), { code: 'AUTH_USER_UNKNOWN' })
  const done = events.filter(({ actor }) => actor === 'otto').map(({ type, role }) => role === undefined ? type : `${type} ${role}`)
  t.strictSame(done, ['session.revoked', 'session.all-revoked', 'role.added editor', 'role.removed editor'])
})

t.test('an export has all that is known and no secret, as its schema says', async (t) => {
  const app = await build(t)
  const alice = await signInWithSecondFactor(app)
  await enrolTotp(app, alice)
  const former = alice.phoneNumber
  const phone = await changePhone(app, alice)
  const { core } = app.twoFactor.operations
  await core.update(alice.userId, { nickname: 'Al', 'fastify-2fa:failures': { lockedAt: '2030-01-01T00:00:00.000Z' } })
  const exported = await exportPerson(app, alice.userId, BECAUSE)
  t.match(exported, {
    userId: alice.userId,
    logins: [{ email: alice.email }],
    secondFactors: { phone, authenticatorApps: [{ since: String }] },
    account: { lockedAt: '2030-01-01T00:00:00.000Z', undoable: [{ purpose: 'undo-factors' }, { phone: former }] },
    metadata: { nickname: 'Al' }
  })
  const validate = new Ajv2020({ allErrors: true, strict: false, validateFormats: false }).compile(JSON.parse(readFileSync(pathTo('docs/person-export.schema.json'), 'utf8')) as object)
  validate(exported)
  t.strictSame(validate.errors, null)
  const text = JSON.stringify(exported)
  const handles = await core.sessionsOf(alice.userId)
  const secrets = JSON.stringify(await core.metadata(alice.userId)).match(/[\w-]{40,}/g) ?? []
  t.ok(secrets.length > 0)
  t.strictSame([...handles, ...secrets, alice.password].filter((secret) => text.includes(secret)), [])
  t.match((await readStats(app, { everybody: true })).counted, { enrolled: { sms: Number, totp: 1 }, locked: 1 })
})
