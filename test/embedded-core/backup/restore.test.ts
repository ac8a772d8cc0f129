import { chownSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, dirname } from 'node:path'
import t from 'tap'
import { backupFile, restoreBackup } from '../../../src/embedded-core/index.js'
import { caller, consume } from '../durability-load.js'
import { openCore } from '../client.js'
import { damage, newFile } from '../damage.js'
import { BACKUP_KEY, beside, PASSWORD, populated, SECRET_KEY, signInStatus } from './stage.js'

const REFRESH = { enableAntiCsrf: false, useDynamicSigningKey: true }

for (const [name, { secretKey, key }] of Object.entries({ plain: {}, encrypted: { key: BACKUP_KEY }, sealed: { secretKey: SECRET_KEY } } as Record<string, { secretKey?: string, key?: string }>)) {
  t.test(`a ${name} backup of a running Core is restored: people sign in, and nothing that was used up works a second time`, async (t) => {
    const { core, file, known, now, get, post } = await populated(t, { ...(secretKey !== undefined && { secretKey }) })
    const path = join(dirname(file), 'a.backup')
    const summary = await core.backup(path, { key })
    t.match(summary, { users: 2, apps: 2 })
    t.equal(statSync(path).mode & 0o777, 0o600)
    t.equal(readFileSync(path).includes('ann@example.com'), key === undefined)
    t.equal(readFileSync(path).includes('BEGIN PRIVATE KEY'), name === 'plain')
    t.notMatch(beside(file).join(), /being-backed-up|unfinished/)

    // What happens after the backup: the session is ended, the code and the link are used.
    await post('/recipe/session/remove', { sessionHandles: [known.session.session.handle] })
    t.equal((await consume(caller(core), known.code)).status, 'OK')
    t.equal((await post('/recipe/user/password/reset/token/consume', { method: 'token', token: known.resetToken })).body.status, 'OK')
    t.equal(await signInStatus({ post }), 'OK')
    await post('/recipe/signup', { email: 'late@example.com', password: PASSWORD })
    const staticKey = ((await get<{ keys: Array<{ kid: string }> }>('/.well-known/jwks.json')).body.keys).find(({ kid }) => kid.startsWith('s-'))
    await core.close()

    const other = newFile(t)
    t.strictSame(await restoreBackup(other, path, { secretKey, key }), summary)
    t.strictSame(beside(other), ['core.db', 'core.db-app-b'])
    t.equal(statSync(other).mode & 0o777, 0o600)
    t.strictSame([damage(other), damage(`${other}-app-b`)], [[], []])
    const restored = await openCore(t, { file: other, now, ...(secretKey !== undefined && { secretKey }) })
    t.equal(await signInStatus(restored), 'OK')
    t.equal(await signInStatus(restored, 'bob@example.com', '/appid-b'), 'OK')
    t.equal(await signInStatus(restored, 'late@example.com'), 'WRONG_CREDENTIALS_ERROR', 'as it was when the backup was made')
    t.equal((await restored.post('/recipe/session/refresh', { refreshToken: known.session.refreshToken.token, ...REFRESH })).body.status, 'UNAUTHORISED')
    t.equal((await restored.post('/recipe/session/verify', { accessToken: known.session.accessToken.token, enableAntiCsrf: false, doAntiCsrfCheck: false, checkDatabase: false })).body.status,
      'TRY_REFRESH_TOKEN', 'even where nobody asks the database')
    t.equal((await consume(caller(restored.core), known.code)).status, 'RESTART_FLOW_ERROR')
    t.equal((await restored.post('/recipe/user/password/reset/token/consume', { method: 'token', token: known.resetToken })).body.status, 'RESET_PASSWORD_INVALID_TOKEN_ERROR')
    t.match((await restored.get<{ keys: object[] }>('/.well-known/jwks.json')).body.keys, [{}, staticKey])
  })
}

t.test('where nothing was used since, as in a move, everything goes on', async (t) => {
  const { core, file, known, now } = await populated(t, { secretKey: SECRET_KEY })
  await core.close()
  const path = join(dirname(file), 'a.backup')
  await backupFile(file, path, { secretKey: SECRET_KEY })
  const other = newFile(t)
  await restoreBackup(other, path, { secretKey: SECRET_KEY, asItWas: true, amend: () => t.fail('nothing is to be changed') as never })
  const moved = await openCore(t, { file: other, now, secretKey: SECRET_KEY })
  t.equal((await moved.post('/recipe/session/verify', { accessToken: known.session.accessToken.token, enableAntiCsrf: false, doAntiCsrfCheck: false, checkDatabase: true })).body.status, 'OK')
  t.equal((await moved.post('/recipe/session/refresh', { refreshToken: known.session.refreshToken.token, ...REFRESH })).body.status, 'OK')
  t.equal((await consume(caller(moved.core), known.code)).status, 'OK')
})

t.test('what is there is replaced only if that is wanted, is kept then, and never while a Core uses it', async (t) => {
  const { core, file, known, post } = await populated(t)
  const path = join(dirname(file), 'a.backup')
  await core.backup(path)
  await t.rejects(core.backup(path), { code: 'CORE_BACKUP_EXISTS' })
  await post('/recipe/signup', { email: 'late@example.com', password: PASSWORD })
  for (const force of [false, true]) await t.rejects(restoreBackup(file, path, { force }), { code: 'CORE_FILE_IN_USE' })
  await core.close()

  await t.rejects(restoreBackup(file, path), { code: 'CORE_RESTORE_OVER' })
  const before = beside(file)
  t.strictSame(before, ['a.backup', 'core.db', 'core.db-app-b'])
  await restoreBackup(file, path, { force: true })
  const kept = beside(file).filter((name) => !before.includes(name))
  t.match(kept, [/^core\.db\.before-restore-\d{8}T\d{6}Z$/, /^core\.db\.before-restore-\d{8}T\d{6}Z-app-b$/])
  const restored = await openCore(t, { file })
  t.equal(await signInStatus(restored, 'late@example.com'), 'WRONG_CREDENTIALS_ERROR')
  t.equal(await signInStatus(restored), 'OK')
  const old = await openCore(t, { file: join(dirname(file), kept[0] as string) })
  t.equal(await signInStatus(old, 'late@example.com'), 'OK')
  t.equal(await signInStatus(old, 'bob@example.com', '/appid-b'), 'OK')
  t.ok(known.ann)
})

t.test('a backup that was altered or cut off is refused, and nothing is there afterwards', async (t) => {
  const { core, file } = await populated(t)
  const path = join(dirname(file), 'a.backup')
  await core.backup(path)
  const bytes = readFileSync(path)
  const altered = Buffer.from(bytes)
  altered[bytes.length - 3000]! ^= 1
  const other = newFile(t)
  for (const broken of [altered, bytes.subarray(0, -1), bytes.subarray(0, 5000)]) {
    writeFileSync(path, broken)
    await t.rejects(restoreBackup(other, path), { code: 'CORE_BACKUP_DAMAGED' })
  }
  t.strictSame(beside(other), [])
})

t.test('what root restores belongs to the owner of the folder, or of the file that was there', { skip: process.getuid?.() !== 0 && 'needs root' }, async (t) => {
  const { core, file } = await populated(t)
  const path = join(dirname(file), 'a.backup')
  await core.backup(path)
  const other = newFile(t)
  chownSync(dirname(other), 1000, 1001)
  await restoreBackup(other, path)
  t.match(statSync(`${other}-app-b`), { uid: 1000, gid: 1001 })
  chownSync(other, 1002, 1003)
  await restoreBackup(other, path, { force: true })
  t.match(statSync(other), { uid: 1002, gid: 1003 })
})

t.test('a file that is damaged is replaced too, and its log is not taken for one of the new file', async (t) => {
  const { core, file } = await populated(t)
  const path = join(dirname(file), 'a.backup')
  await core.backup(path)
  await core.close()
  writeFileSync(file, 'no database any more')
  writeFileSync(`${file}-wal`, 'nor a log')
  await restoreBackup(file, path, { force: true })
  t.notOk(existsSync(`${file}-wal`))
  t.equal(beside(file).filter((name) => name.includes('before-restore')).length, 3)
  t.equal(await signInStatus(await openCore(t, { file })), 'OK')
})

t.test('a file that no Core uses is backed up as it is, and one of sealed secrets only with its key', async (t) => {
  const { core, file, now } = await populated(t, { secretKey: SECRET_KEY })
  await core.close()
  const path = join(dirname(file), 'a.backup')
  await t.rejects(backupFile(file, path), { code: 'CORE_SECRET_KEY_REQUIRED' })
  await t.rejects(backupFile(file, path, { secretKey: 'another key of thirty-two characters' }), { code: 'CORE_SECRET_KEY_WRONG' })
  await t.rejects(backupFile(join(dirname(file), 'none'), path), { code: 'CORE_FILE_UNUSABLE' })
  t.strictSame(beside(file), ['core.db', 'core.db-app-b'])
  t.match(await backupFile(file, path, { secretKey: SECRET_KEY }), { users: 2, apps: 2 })
  const other = newFile(t)
  await t.rejects(restoreBackup(other, path), { code: 'CORE_SECRET_KEY_REQUIRED' })
  await t.rejects(restoreBackup(other, path, { secretKey: 'another key of thirty-two characters' }), { code: 'CORE_BACKUP_UNSIGNED' })
  t.strictSame(beside(other), [], 'a refusal leaves nothing')
  await restoreBackup(other, path, { secretKey: `the new one of thirty-two characters,${SECRET_KEY}` })
  t.equal(await signInStatus(await openCore(t, { file: other, now, secretKey: SECRET_KEY })), 'OK')
})

t.test('a backup that was encrypted opens with that key alone', async (t) => {
  const { core, file } = await populated(t)
  const path = join(dirname(file), 'a.backup')
  await core.backup(path, { key: BACKUP_KEY })
  const other = newFile(t)
  await t.rejects(restoreBackup(other, path), { code: 'CORE_BACKUP_KEY_REQUIRED' })
  await t.rejects(restoreBackup(other, path, { key: SECRET_KEY }), { code: 'CORE_BACKUP_KEY_WRONG' })
  await t.rejects(restoreBackup(other, path, { key: 'short' }), { code: 'CORE_OPTION_INVALID' })
  await restoreBackup(other, path, { key: [SECRET_KEY, BACKUP_KEY] })
  t.strictSame(beside(other), ['core.db', 'core.db-app-b'])
})
