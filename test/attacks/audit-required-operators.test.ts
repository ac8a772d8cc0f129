import { renameSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { addPersonRole, deletePerson, exportPerson, forcePasswordChange, removePersonRole, revokePersonSession, revokePersonSessions, showPerson, startAccountRecovery } from '../../src/index.js'
import { signInWithSecondFactor } from '../../src/testing/index.js'
import { build } from '../helper.js'
import { admin, client } from '../routes/admin-helper.js'

const because = { by: 'otto', reason: 'ticket 4711' }

async function withoutDisk (t: Parameters<typeof build>[0]) {
  const dir = t.testdir({ there: {} })
  const app = await build(t, { admin, accountRecovery: true, audit: { required: true, file: { path: join(dir, 'there', 'audit.log') } } })
  const user = await signInWithSecondFactor(app)
  const handle = (await app.twoFactor.operations.core.sessionsOf(user.userId))[0]!
  renameSync(join(dir, 'there'), join(dir, 'gone'))
  return { app, user, handle, call: client(app) }
}

t.test('attack: with audit.required, nobody takes data out in the moment in which the disk goes', async (t) => {
  const { app, user, call } = await withoutDisk(t)
  const { statusCode, body, json } = await call(`POST /admin/v1/users/${user.userId}/export`, { reason: 'curious' })
  t.match({ statusCode, json }, { statusCode: 503, json: { code: 'AUTH_AUDIT_UNAVAILABLE' } })
  t.notMatch(body, user.email)
  await t.rejects(exportPerson(app, user.userId, because), { code: 'AUTH_AUDIT_UNAVAILABLE' })
})

t.test('attack: with audit.required, functions for operators do nothing while the disk is gone', async (t) => {
  const { app, user: { userId, session }, handle, call } = await withoutDisk(t)
  t.equal((await call(`POST /admin/v1/users/${userId}/unlock`, { reason: 'notices' })).statusCode, 503)
  const acts: Record<string, () => Promise<unknown>> = {
    deletePerson: () => deletePerson(app, userId, because),
    exportPerson: () => exportPerson(app, userId, because),
    revokePersonSession: () => revokePersonSession(app, handle, because),
    revokePersonSessions: () => revokePersonSessions(app, userId, because),
    addPersonRole: () => addPersonRole(app, userId, { role: 'admin', create: true, ...because }),
    removePersonRole: () => removePersonRole(app, userId, { role: 'admin', ...because }),
    startAccountRecovery: () => startAccountRecovery(app, userId, because),
    forcePasswordChange: () => forcePasswordChange(app, userId, because)
  }
  for (const [name, act] of Object.entries(acts)) await t.rejects(async () => { await act() }, { code: 'AUTH_AUDIT_UNAVAILABLE' }, name)
  t.match(await showPerson(app, userId), { userId, roles: { public: [] }, sessions: 1 })
  t.equal((await session.inject('/me')).statusCode, 200)
})

t.test('attack: with audit.required, nobody is deleted in the moment in which the disk goes', async (t) => {
  const { app, user: { userId } } = await withoutDisk(t)
  await t.rejects(deletePerson(app, userId, because), { code: 'AUTH_AUDIT_UNAVAILABLE' })
  const person = await showPerson(app, userId)
  t.match(person, { userId, factors: [{ factor: 'sms' }], sessions: 0 }, 'signed out, and nothing of theirs is gone')
  t.notOk(person.deletingSince, 'nor has it begun')
})

t.test('attack: with audit.required, nobody looks at people while the disk is gone', async (t) => {
  const { user, call } = await withoutDisk(t)
  for (const path of [`/users/${user.userId}`, `/users/${user.userId}/sessions`, '/users']) {
    const { statusCode, body } = await call(`GET /admin/v1${path}`)
    t.equal(statusCode, 503, path)
    t.notMatch(body, user.email)
  }
})
