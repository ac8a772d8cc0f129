import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Fastify from 'fastify'
import t from 'tap'
import { service } from '../../src/app.js'
import { passSecondFactor, requestCode, signIn } from '../../src/testing/sign-in.js'
import { formatProblems } from './format.js'
import { call, command, KEY, openCore, readExport } from './helper.js'
import type { People } from './populate.js'

const folder = t.testdir()
const file = join(folder, 'core.sqlite')
const out = join(folder, 'users.ndjson')
let child: ChildProcess
let people: People

t.before(async () => {
  child = fork(new URL('./populate.js', import.meta.url), [file])
  t.teardown(() => child.kill('SIGKILL'))
  const [message] = await once(child, 'message') as [{ people: People }]
  people = message.people
})

t.test('while the service runs, its file is not exported, and it is said what to do', async (t) => {
  const { code, err } = await command(['export', '--file', file, '--out', out])
  t.equal(code, 1)
  t.match(err, /in use by another embedded Core.*Stop the service.*CORE_FILE_IN_USE/)
  t.notOk(existsSync(out), 'nothing half-written stays behind')
  child.send('stop')
  await once(child, 'exit')
})

t.test('everybody is exported, in the real Core\'s format', async (t) => {
  const { code, out: printed, err } = await command(['export', '--out', out], { env: { EMBEDDED_CORE_FILE: file } })
  t.equal(code, 0)
  t.equal(printed, '')
  t.equal(err, `left out: 1 login methods without a tenant
left out: 1 metadata of ids that are not users
left out: 1 roles of ids that are not users, or in tenants that the user is not in
left out: 1 authenticators that were never verified, or of ids that are not users
left out: 1 own ids of linked login methods (their users keep theirs)
left out: 1 notes on mapped ids (externalUserIdInfo)
12 users exported to ${out}
`)
  t.equal(statSync(out).mode & 0o777, 0o600)
  const { header, users } = readExport(out)
  t.match(header, { format: 1, users: 12, roles: [{ role: 'admin', permissions: ['read', 'write'] }, { role: 'nobody-has-it', permissions: [] }] })
  t.strictSame(formatProblems(users as object as Array<Record<string, unknown>>, { roles: header.roles.map(({ role }) => role), tenants: header.tenants.map(({ tenantId }) => tenantId) }), [])
  const phones = users.map(({ loginMethods: [method] }) => method?.recipeId === 'passwordless')
  t.strictSame(phones, phones.toSorted().toReversed(), 'phones come first')
  const byId = new Map(users.map((user) => [user.externalUserId, user]))
  t.ok(byId.has('phone-of-frank'))
  t.equal(byId.get(people.frank.userId)?.userMetadata?.passwordlessUserId, 'phone-of-frank', 'under the id that the phone now has')
  t.equal(byId.get(people.alice.userId)?.userMetadata?.passwordlessUserId, byId.get(people.bob.userId)?.userMetadata?.passwordlessUserId)

  const again = await command(['export', '--file', file])
  t.equal(again.out, readFileSync(out, 'utf8'), 'to stdout as well, and an export changes nothing')
  t.match(await command(['export', '--file', file, '--out', out]), { code: 1, err: /already exists/ })
})

t.test('the new Core has them all as they were, and the service goes on with it', async (t) => {
  const core = await openCore(t)
  const imported = await command(['import', '--in', out, '--to', core.connectionURI, '--api-key', KEY, '--batch', '5'])
  t.strictSame([imported.code, imported.out], [0, '12 users: 12 imported, 0 already there, 0 failed\n'])

  await t.test('every single field of them', async (t) => {
    await core.close()
    const lines = (text: string) => text.trimEnd().split('\n').toSorted()
    const { out: copy } = await command(['export', '--file', core.file])
    t.strictSame(lines(copy), lines(readFileSync(out, 'utf8')))
  })

  const { connectionURI, apiKey } = await openCore(t, core.file)
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(service, { core: { connectionURI, apiKey: apiKey as string }, sms: { provider: 'log' }, mail: { provider: 'log' }, limits: { sends: false, signIn: false, signUps: false }, maxEventLoopDelay: 0 })
  await app.ready()

  await t.test('the old password, the old id and the phone that was pinned', async (t) => {
    for (const name of ['alice', 'bob', 'erin', 'frank'] as const) {
      const person = people[name]
      const signedIn = await signIn(app, person)
      t.equal(signedIn.userId, person.userId, name)
      const elsewhere = await signedIn.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: '+12125559999' } })
      t.match(elsewhere.json(), { code: 'AUTH_PHONE_MISMATCH' }, 'no other phone can be enrolled')
      await passSecondFactor(app, signedIn)
      t.equal((await signedIn.session.inject('/sessioninfo')).statusCode, 200)
    }
  })

  await t.test('who had not enrolled still can, and who was locked still is', async (t) => {
    const carol = await signIn(app, people.carol)
    await passSecondFactor(app, carol)
    t.equal((await carol.session.inject('/sessioninfo')).statusCode, 200)
    await t.rejects(requestCode(app, await signIn(app, people.dave)), /SIGN_IN_UP_NOT_ALLOWED/)
  })

  await t.test('roles, authenticators, tenants and their settings', async (t) => {
    const { userId } = people.alice
    t.strictSame(await call(connectionURI, 'GET', `/recipe/user/roles?userId=${userId}`), { status: 'OK', roles: ['admin'] })
    t.match(await call(connectionURI, 'GET', `/recipe/totp/device/list?userId=${userId}`), { devices: [{ name: 'phone', verified: true }] })
    t.match(await call(connectionURI, 'GET', '/t1/recipe/multitenancy/tenant/v2'), { firstFactors: ['emailpassword'], thirdParty: { providers: [{ clients: [{ clientSecret: 'hush' }] }] } })
    t.match(await call(connectionURI, 'GET', '/recipe/multitenancy/tenant/v2'), { requiredSecondaryFactors: ['otp-phone'] })
    t.match(await call(connectionURI, 'POST', '/t1/recipe/signin', { email: 't1@example.com', password: 'correct horse 1' }), { status: 'OK' })
    t.match(await call(connectionURI, 'POST', '/recipe/signin', { email: 'linked@example.com', password: 'correct horse 1' }), { user: { isPrimaryUser: true, loginMethods: [{}, {}] } })
  })

  await t.test('a second import of the same file changes nothing', async (t) => {
    const { code, out: printed, err } = await command(['import', '--in', out, '--to', connectionURI, '--api-key', KEY])
    t.equal(code, 0)
    t.equal(printed, '12 users: 0 imported, 12 already there, 0 failed\n')
    t.notMatch(err, 'line')
    t.match(await call(connectionURI, 'GET', '/bulk-import/users/count'), { count: 0 }, 'and leaves nothing in the queue')
    const carol = await signIn(app, people.carol)
    t.notMatch((await carol.session.inject({ method: 'POST', url: '/auth/signinup/code', payload: { phoneNumber: '+12125559999' } })).json(), { status: 'OK' }, 'what has happened since stays')
  })
})
