import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { exportUsers } from '../../src/embedded-core/index.js'
import { openStorage } from '../../src/embedded-core/storage/storage.js'
import { importUsers } from '../../src/migrate/import-users.js'
import { formatProblems } from './format.js'
import { call, command, emailUser, HASH, KEY, newFolder, openCore, writeLines } from './helper.js'

t.test('a file that is none, of another release or of another program is refused, and not changed', async (t) => {
  const folder = newFolder(t)
  const path = (name: string) => join(folder, name)
  const cases: Array<[name: string, code: string]> = [['none', 'CORE_FILE_UNUSABLE'], ['text', 'CORE_FILE_UNUSABLE'], ['empty', 'CORE_FILE_TOO_OLD'], ['newer', 'CORE_FILE_TOO_NEW']]
  writeFileSync(path('text'), 'not a database, but long enough to be looked at as one '.repeat(20))
  writeFileSync(path('empty'), '')
  const newer = openStorage(path('newer'))
  newer.run('PRAGMA user_version = 9999')
  newer.close()
  for (const [name, code] of cases) {
    const before = existsSync(path(name)) ? readFileSync(path(name)) : undefined
    t.throws(() => exportUsers(path(name), () => {}), { code }, name)
    t.strictSame(existsSync(path(name)) ? readFileSync(path(name)) : undefined, before)
  }
  t.match(await command(['export', '--file', path('empty')]), { code: 1, out: '', err: /schema version 0/ })
  t.match(await command(['export'], { env: { EMBEDDED_CORE_FILE: ':memory:' } }), { code: 1, err: /There is no file to export/ })
  t.match(await command(['export', '--file', path('empty'), '--out', path('no/where')]), { code: 1, err: /^ENOENT/ })
})

t.test('a Core that was killed has lost nothing: its log is read too, and not touched', async (t) => {
  const folder = newFolder(t)
  const file = join(folder, 'core.sqlite')
  const child: ChildProcess = fork(new URL('../embedded-core/owner.js', import.meta.url), [file])
  t.teardown(() => child.kill('SIGKILL'))
  const [{ connectionURI, apiKey }] = await once(child, 'message') as [{ connectionURI: string, apiKey: string }]
  await fetch(`${connectionURI}/recipe/signup`, { method: 'POST', headers: { 'api-key': apiKey }, body: '{"email":"a@example.com","password":"password1"}' })
  t.match(await command(['export', '--file', file]), { code: 1, out: '', err: /Stop the service/ })
  child.kill('SIGKILL')
  await once(child, 'exit')
  t.ok(readdirSync(folder).includes('core.sqlite-wal'))
  const before = readFileSync(file)
  const { code, out } = await command(['export', '--file', file])
  t.equal(code, 0)
  t.match(out, /"email":"a@example.com","passwordHash":"\$2a\$/)
  t.strictSame(readFileSync(file), before)
})

t.test('hashes of all kinds, more users than one page, and ids that have outlived their login', async (t) => {
  const core = await openCore(t)
  const { connectionURI: uri } = core
  const file = writeLines(t, Array.from({ length: 1001 }, (_, index) => emailUser(index)))
  await importUsers({ file, connectionURI: uri, apiKey: KEY })
  const { user: { id: first } } = await call<{ user: { id: string } }>(uri, 'POST', '/recipe/signup', { email: 'f@example.com', password: 'password1' })
  const { user: { id: second } } = await call<{ user: { id: string } }>(uri, 'POST', '/recipe/signinup', { thirdPartyId: 'google', thirdPartyUserId: 'g', email: { id: 'f@example.com', isVerified: false } })
  await call(uri, 'POST', '/recipe/accountlinking/user/primary', { recipeUserId: first })
  await call(uri, 'POST', '/recipe/accountlinking/user/link', { recipeUserId: second, primaryUserId: first })
  await call(uri, 'POST', '/user/remove', { userId: first, removeAllLinkedAccounts: false })
  await core.close()
  // Its Core would have to be told the signer's key to take it.
  const storage = openStorage(core.file)
  storage.run('UPDATE users SET password_hash = ? WHERE email = ?', '$f_scrypt$hash$salt$m=14$r=8$s=Bw==', 'user-0@example.com')
  storage.run('UPDATE users SET password_hash = ? WHERE email = ?', '$argon2id$v=19$m=16,t=2,p=1$c2FsdHNhbHQ$aGFzaA', 'user-1@example.com')
  storage.close()

  const lines: string[] = []
  t.match(exportUsers(core.file, (line) => lines.push(line)), { users: 1002, leftOut: {} })
  const users = lines.slice(1).map((line) => JSON.parse(line) as Record<string, unknown>)
  t.equal(new Set(users.map(({ externalUserId }) => externalUserId)).size, 1002)
  t.strictSame(formatProblems(users.map((user) => JSON.parse(JSON.stringify(user).replaceAll(HASH, `$2a$04$${'x'.repeat(53)}`)) as Record<string, unknown>), { roles: [], tenants: ['public'] }), [])
  t.match(users.find(({ externalUserId }) => externalUserId === first), { loginMethods: [{ recipeId: 'thirdparty', isPrimary: true }] })
  t.strictSame(['user-0', 'user-1', 'user-2'].map((id) => (users.find(({ externalUserId }) => externalUserId === id) as { loginMethods: Array<{ hashingAlgorithm: string }> }).loginMethods[0]?.hashingAlgorithm), ['firebase_scrypt', 'argon2', 'bcrypt'])

  t.test('and an export that cannot be finished leaves nothing', async (t) => {
    const broken = join(newFolder(t), 'core.sqlite')
    copyFileSync(core.file, broken)
    const bytes = readFileSync(broken)
    writeFileSync(broken, bytes.fill(0xff, bytes.length / 2, bytes.length))
    chmodSync(broken, 0o600)
    const out = join(newFolder(t), 'out')
    t.match(await command(['export', '--file', broken, '--out', out]), { code: 1 })
    t.notOk(existsSync(out))
  })
})
