import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { exportUsers } from '../../src/embedded-core/index.js'
import { SCHEMA_VERSION, STEPS } from '../../src/embedded-core/storage/schema.js'
import { openStorage } from '../../src/embedded-core/storage/storage.js'
import { countActive } from '../../src/embedded-core/users/activity.js'
import { countPersons } from '../../src/embedded-core/users/lists.js'
import { searchUsers } from '../../src/embedded-core/users/search.js'
import type { RecipeId } from '../../src/embedded-core/users/accounts.js'
import { codeAt } from '../../src/embedded-core/totp/codes.js'
import { openCore, type CodeJson, type SessionJson, type SignedIn } from './client.js'
import { damage, newFile } from './damage.js'
import { Database } from './drivers.js'
import { fileOfVersionOne, recordedByVersionOne } from './version-one.js'

/** What is known of a file that the last release with schema version 1 has written: of the plain one the signing keys are left out. */
interface Known {
  time: number
  secretKey?: string
  ann: string
  phone: string
  users: object[]
  totpSecret: string
  resetToken: string
  pendingVerification: string
  code: Pick<CodeJson, 'preAuthSessionId' | 'deviceId' | 'userInputCode'>
  accessToken: string
  refreshToken: string
  handle: string
  refreshTokenOfB: string
}

function restore (t: Test, name: 'plain' | 'sealed'): { file: string, known: Known } {
  return { file: fileOfVersionOne(t, name), known: JSON.parse(recordedByVersionOne(`${name}.json`)) as Known }
}

function versionOf (file: string): unknown {
  const db = new Database(file)
  const version = db.prepare('PRAGMA user_version').get()?.user_version
  db.close()
  return version
}

const password = 'correct horse'
const REFRESH = { enableAntiCsrf: false, useDynamicSigningKey: true }

for (const name of ['plain', 'sealed'] as const) {
  t.test(`a file of schema version 1 (${name}) is brought up at start, with those of its apps, and all that is in it works`, async (t) => {
    const { file, known } = restore(t, name)
    const { ann, code } = known
    t.strictSame([versionOf(file), versionOf(`${file}-app-b`)], [1, 1])
    const { core, get, post } = await openCore(t, { file, now: () => known.time + 60_000, ...(known.secretKey !== undefined && { secretKey: known.secretKey }) })
    const expectOk = async (path: string, body: object) => {
      const reply = await post<SessionJson & SignedIn>(path, body)
      t.equal(reply.body.status, 'OK', path)
      return reply.body
    }

    t.strictSame((await get('/users')).body.users, known.users, 'the list of users is what it was')
    t.equal((await get('/users/count?includeAllTenants=true')).body.count, 3)
    t.equal((await get('/users/count/active?since=0')).body.count, 3)
    t.equal((await expectOk('/recipe/signin', { email: 'ann@example.com', password })).user.id, ann)
    t.equal((await expectOk('/t1/recipe/signin', { email: 'bob@example.com', password })).user.id, 'bob', 'who has an external id keeps it')
    t.equal((await expectOk('/recipe/signinup', { thirdPartyId: 'google', thirdPartyUserId: 'g1', email: { id: 'ann@example.com', isVerified: true } })).user.id, ann, 'a linked login stays linked')
    t.equal((await expectOk('/recipe/signinup/code/consume', code)).user.id, known.phone, 'a code that was on its way is taken')
    t.strictSame((await get(`/recipe/user/metadata?userId=${ann}`)).body.metadata, { passwordlessUserId: known.phone })
    t.strictSame((await get(`/recipe/user/roles?userId=${ann}`)).body.roles, ['admin'])
    t.equal((await get(`/recipe/user/email/verify?userId=${ann}&email=ann@example.com`)).body.isVerified, true)
    await expectOk('/t1/recipe/user/email/verify', { method: 'token', token: known.pendingVerification })
    await expectOk('/t1/recipe/user/password/reset/token/consume', { method: 'token', token: known.resetToken })
    await expectOk('/recipe/totp/verify', { userId: ann, totp: codeAt(known.totpSecret, 30, known.time + 60_000) })
    t.match((await get('/bulk-import/users')).body.users, [{ status: 'FAILED', loginMethods: [{ email: 'late@example.com', plainTextPassword: password }] }])
    t.match((await get('/t1/recipe/multitenancy/tenant/v2')).body, { firstFactors: ['emailpassword'] })
    if (name === 'sealed') await expectOk('/recipe/session/verify', { accessToken: known.accessToken, enableAntiCsrf: false, doAntiCsrfCheck: false, checkDatabase: true })
    t.match(await expectOk('/recipe/session/refresh', { refreshToken: known.refreshToken, ...REFRESH }), { session: { handle: known.handle, userDataInJWT: { a: 1 } } })
    await expectOk('/appid-b/recipe/signin', { email: 'cat@example.com', password })
    await expectOk('/appid-b/recipe/session/refresh', { refreshToken: known.refreshTokenOfB, ...REFRESH })
    await core.close()
    for (const one of [file, `${file}-app-b`]) {
      t.equal(versionOf(one), SCHEMA_VERSION)
      t.strictSame(damage(one), [])
    }
  })
}

t.test('a file of schema version 2 is brought up, and what is kept of its rows is what the rows say', async (t) => {
  const file = newFile(t)
  const old = openStorage(file, { steps: STEPS.slice(0, 2) })
  old.transaction(() => {
    for (let index = 0; index < 60; index++) {
      const [id, primary] = [`user-${index}`, `user-${index - index % 3 % 2}`]
      const recipe = ['emailpassword', 'thirdparty', 'passwordless'][index % 3] as string
      old.run('INSERT INTO users (user_id, primary_id, recipe, time_joined, email, phone, provider) VALUES (?, ?, ?, ?, ?, ?, ?)',
        id, primary, recipe, index, recipe === 'passwordless' ? null : `${id}@example.com`, recipe === 'passwordless' ? `+1${index}` : null, recipe === 'thirdparty' ? 'google' : null)
      for (const tenantId of index % 4 === 0 ? ['public', 't1'] : ['public']) {
        old.run('INSERT INTO user_tenants (tenant_id, user_id, primary_id, primary_time, recipe) VALUES (?, ?, ?, ?, ?)', tenantId, id, primary, index - index % 3 % 2, recipe)
      }
      old.run('INSERT INTO active_users (user_id, last_active) VALUES (?, ?)', id, index * 1_000_000)
      old.run('INSERT INTO bulk_import (id, status, raw, created_at, updated_at) VALUES (?, ?, \'{}\', 0, 0)', id, index < 7 ? 'FAILED' : 'NEW')
      old.run('INSERT INTO devices (tenant_id, device_hash, phone, salt) VALUES (\'public\', ?, \'+1\', \'\')', id)
      for (const time of [index, 2 * index + 1]) old.run('INSERT INTO codes (code_id, tenant_id, device_hash, link_code_hash, created_at) VALUES (?, \'public\', ?, ?, ?)', `${id}-${time}`, id, `${id}-${time}`, time)
    }
  })
  old.close()
  t.equal(versionOf(file), 2)

  const db = openStorage(file)
  for (const recipes of [[], ['emailpassword'], ['thirdparty', 'passwordless']] satisfies RecipeId[][]) {
    for (const tenantId of [undefined, 'public', 't1']) {
      t.equal(countPersons(db, tenantId, recipes), db.get(`SELECT count(DISTINCT primary_id) AS n FROM user_tenants
        WHERE (?1 IS NULL OR tenant_id = ?1) AND (?2 = '[]' OR recipe IN (SELECT value FROM json_each(?2)))`, tenantId ?? null, JSON.stringify(recipes))?.n)
    }
  }
  for (const since of [0, 1, 29_500_000, 59_000_000, 59_000_001]) t.equal(countActive(db, since), db.get('SELECT count(*) AS n FROM active_users WHERE last_active >= ?', since)?.n)
  t.match(db.all('SELECT status, users FROM bulk_import_counts'), [{ status: 'FAILED', users: 7 }, { status: 'NEW', users: 53 }])
  t.equal(db.get('SELECT count(*) AS n FROM devices WHERE last_code <> (SELECT max(created_at) FROM codes c WHERE c.device_hash = devices.device_hash)')?.n, 0)
  t.equal((await searchUsers(db, 'public', { email: ['user-1'], phone: [], provider: [] }, 'ASC')).length,
    db.get('SELECT count(DISTINCT primary_id) AS n FROM users WHERE email LIKE \'user-1%\'')?.n)
  db.close()
  t.strictSame(damage(file), [])
})

t.test('a file brought up has the very schema of a new one', async (t) => {
  const { file } = restore(t, 'plain')
  const fresh = newFile(t)
  const [before, after] = [fresh, file].map((one) => {
    const storage = openStorage(one)
    t.teardown(() => storage.close())
    return storage.all<{ sql: string }>('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name').map(({ sql }) => sql)
  })
  t.strictSame(after, before)
})

t.test('a step that fails leaves the file as it was, and free, with a copy of it', async (t) => {
  const { file } = restore(t, 'plain')
  const steps = [...STEPS, 'DELETE FROM users', 'CREATE TABLE half (a TEXT) STRICT; DELETE FROM tenants; SELECT nonsense']
  t.throws(() => openStorage(file, { steps }), { code: 'CORE_FILE_UNUSABLE', message: /nonsense/ })
  t.equal(versionOf(file), 1)
  const storage = openStorage(file)
  t.equal(storage.all('SELECT user_id FROM users').length, 4, 'nothing of the steps before is left either')
  t.equal(storage.all('SELECT tenant_id FROM tenants').length, 2)
  t.equal(storage.get('SELECT 1 FROM sqlite_schema WHERE name = \'half\''), undefined)
  storage.close()
})

t.test('what an earlier release can open is kept beside a file that is brought up, and the log says so', async (t) => {
  const { file, known } = restore(t, 'plain')
  const lines: unknown[] = []
  const logger = pino({ level: 'warn' }, { write: (line: string) => { lines.push(JSON.parse(line)) } })
  const { core } = await openCore(t, { file, now: () => known.time, logger, port: false })
  await core.close()
  const kept = readdirSync(dirname(file)).filter((name) => name.includes('.schema-')).map((name) => join(dirname(file), name))
  const [root, app] = kept as [string, string]
  t.match(root, /core\.db\.schema-1-\d{8}T\d{6}Z$/)
  t.equal(app, `${root}-app-b`, 'so that they are the files of a Core')
  t.match(lines, [root, app].map((one) => ({ level: 40, from: 1, to: SCHEMA_VERSION, kept: one, msg: /newer schema/ })))
  for (const one of kept) {
    t.equal(versionOf(one), 1)
    t.equal(statSync(one).mode & 0o777, 0o600)
  }
  await (await openCore(t, { file, now: () => known.time })).core.close()
  t.equal(readdirSync(dirname(file)).filter((name) => name.includes('.schema-')).length, 2, 'once')
  const { post } = await openCore(t, { file: root, now: () => known.time, port: 0 })
  t.equal((await post('/recipe/signin', { email: 'ann@example.com', password })).body.status, 'OK')
  t.equal((await post('/appid-b/recipe/signin', { email: 'cat@example.com', password })).body.status, 'OK')
})

t.test('a file of a later release is refused and left as it is, with what to do', async (t) => {
  const file = newFile(t)
  openStorage(file, { steps: [...STEPS, 'CREATE TABLE later (a TEXT) STRICT'] }).close()
  await t.rejects(openCore(t, { file }), { code: 'CORE_FILE_TOO_NEW', message: /Use the release that wrote it.*To go back, restore a backup.*\.schema-/ })
  t.equal(versionOf(file), SCHEMA_VERSION + 1)
  t.strictSame(readdirSync(dirname(file)), ['core.db'])
})

t.test('a process that is killed in the middle of a step leaves nothing of it', async (t) => {
  const { file, known } = restore(t, 'plain')
  const child = fork(new URL('./migrator.js', import.meta.url), [file])
  t.teardown(() => { child.kill('SIGKILL') })
  t.strictSame(await once(child, 'exit'), [null, 'SIGKILL'])
  const { get, core } = await openCore(t, { file, now: () => known.time })
  t.strictSame((await get('/users')).body.users, known.users)
  await core.close()
  t.equal(versionOf(file), SCHEMA_VERSION)
  t.strictSame(damage(file), [])
})

t.test('an export does not bring a file up: it refuses it', async (t) => {
  const { file } = restore(t, 'plain')
  t.throws(() => exportUsers(file, () => {}), { code: 'CORE_FILE_TOO_OLD' })
  t.equal(versionOf(file), 1)
})
