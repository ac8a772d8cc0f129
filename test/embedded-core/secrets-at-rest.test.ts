import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createEmbeddedCore, exportUsers, type EmbeddedCoreOptions } from '../../src/embedded-core/index.js'
import { openStorage } from '../../src/embedded-core/storage/storage.js'
import { codeAt } from '../../src/embedded-core/totp/codes.js'
import { NEW_SESSION, openCore, type Client, type SessionJson, type SignedIn } from './client.js'
import { newFile, stolen } from './damage.js'

const ONE = 'the first secret key of this test: long enough'
const TWO = 'the second secret key of this test: long enough'
const WAITING = 'a password that waits for its import'

interface Secrets { totp: string, userId: string, session: SessionJson, deviceOfB: string }

/** Users, sessions and authenticators in the public app, and one more app beside it. */
async function fill ({ post, put, core }: Client): Promise<Secrets> {
  const { body: { user } } = await post<SignedIn>('/recipe/signup', { email: 'ann@example.com', password: 'correct horse' })
  const { body: device } = await post<{ secret: string }>('/recipe/totp/device', { userId: user.id, deviceName: 'phone', skew: 1, period: 30 })
  await post('/recipe/totp/device/verify', { userId: user.id, deviceName: 'phone', totp: codeAt(device.secret, 30, Date.now()) })
  const { body: session } = await post<SessionJson>('/recipe/session', { userId: user.id, ...NEW_SESSION })
  await put('/recipe/multitenancy/app/v2', { appId: 'b' })
  const { body: other } = await post<{ secret: string }>('/appid-b/recipe/totp/device', { userId: 'x', deviceName: 'd', skew: 1, period: 30 })
  await fetch(`${core.connectionURI}/appid-b/.well-known/jwks.json`)
  return { totp: device.secret, userId: user.id, session, deviceOfB: other.secret }
}

async function stillWorks (t: Test, client: Client, { totp, userId, session }: Secrets): Promise<void> {
  const { body } = await client.post('/recipe/session/verify', { accessToken: session.accessToken.token, enableAntiCsrf: false, doAntiCsrfCheck: false, checkDatabase: true })
  t.equal(body.status, 'OK', 'tokens of before verify')
  const refreshed = await client.post('/recipe/session/refresh', { refreshToken: session.refreshToken.token, enableAntiCsrf: false, useDynamicSigningKey: true })
  t.equal(refreshed.body.status, 'OK', 'refresh tokens of before are taken')
  client.wait(120_000)
  t.equal((await client.post('/recipe/totp/verify', { userId, totp: codeAt(totp, 30, client.now()) })).body.status, 'OK', 'the authenticator works')
}

/** Everything secret of a plain file, in the very words that a thief would look for. */
function plainSecrets (file: string): string[] {
  const storage = openStorage(file)
  const found = [
    ...storage.all<{ secret: string }>('SELECT secret FROM keys WHERE kind <> \'vault\'').map(({ secret }) => secret.split('\n')[1] ?? secret),
    ...storage.all<{ secret: string }>('SELECT secret FROM totp_devices').map(({ secret }) => secret)
  ]
  storage.close()
  return found
}

const queued = { users: [{ loginMethods: [{ recipeId: 'emailpassword', email: 'q@example.com', plainTextPassword: WAITING }], totpDevices: [{ secretKey: 'QUEUEDSECRETQUEUEDSECRET', period: 30, skew: 1 }] }] }

t.test('secret keys that are too short are refused', async (t) => {
  for (const secretKey of ['', 'short', [], [ONE, 'short'], `${ONE},`, 5, [5]]) {
    await t.rejects(createEmbeddedCore({ secretKey } as EmbeddedCoreOptions), { code: 'CORE_OPTION_INVALID', message: /32 characters/ }, JSON.stringify(secretKey))
  }
})

t.test('a stolen file and its log tell no key and no authenticator secret', async (t) => {
  const file = newFile(t)
  const client = await openCore(t, { file, secretKey: ONE })
  const secrets = await fill(client)
  const running = stolen(file)
  t.ok(running.includes('ann@example.com'), 'it is the right file')
  for (const name of readdirSync(join(file, '..'))) t.equal(statSync(join(file, '..', name)).mode & 0o777, 0o600, name)
  await client.core.close()
  for (const bytes of [running, stolen(file)]) {
    t.notMatch(bytes, /-----BEGIN|PRIVATE KEY|MIIEv[A-Za-z0-9+/]{40}/, 'no PEM')
    t.notOk(bytes.includes(secrets.totp) || bytes.includes(secrets.deviceOfB), 'no authenticator secret')
    t.notOk(bytes.includes(ONE))
  }
  const again = await openCore(t, { file, secretKey: [ONE] })
  await stillWorks(t, again, secrets)
})

t.test('a file is in the clear without a key; with one it is encrypted at start, and nothing of before is left in it', async (t) => {
  const file = newFile(t)
  const before = await openCore(t, { file })
  const secrets = await fill(before)
  await before.core.close()
  const plain = [...plainSecrets(file), ...plainSecrets(`${file}-app-b`)]
  t.ok(plain.every((secret) => stolen(file).includes(secret)) && plain.includes(secrets.totp) && plain.length >= 8, 'or this test looks for the wrong words')

  const after = await openCore(t, { file, secretKey: ONE })
  const running = stolen(file)
  t.notOk(plain.some((secret) => running.includes(secret)), 'while it runs')
  await stillWorks(t, after, secrets)
  await after.core.close()
  t.notOk(plain.some((secret) => stolen(file).includes(secret)), 'and afterwards')
})

t.test('without the key, or with another one, it is refused, by code, and left as it is', async (t) => {
  const file = newFile(t)
  const first = await openCore(t, { file, secretKey: ONE })
  const secrets = await fill(first)
  await first.core.close()
  const sealed = () => stolen(file).match(/v2:[0-9a-f]{16}:[\w+/=]+/g)
  const before = sealed()
  t.ok((before?.length ?? 0) > 4)
  await t.rejects(createEmbeddedCore({ file }), { code: 'CORE_SECRET_KEY_REQUIRED', message: /core\.db are encrypted.*CORE_SECRET_KEY/ })
  await t.rejects(createEmbeddedCore({ file, secretKey: TWO }), { code: 'CORE_SECRET_KEY_WRONG' })
  t.throws(() => exportUsers(file, () => {}), { code: 'CORE_SECRET_KEY_REQUIRED' })
  t.throws(() => exportUsers(file, () => {}, { secretKey: TWO }), { code: 'CORE_SECRET_KEY_WRONG' })
  t.strictSame(sealed(), before)
  const lines: string[] = []
  exportUsers(file, (line) => lines.push(line), { secretKey: `${TWO},${ONE}` })
  t.match(lines.join(), `"secretKey":"${secrets.totp}"`, 'an export has the secrets themselves')
  t.strictSame(sealed(), before)
})

t.test('keys rotate: the first encrypts, the others still decrypt until the file has been started once', async (t) => {
  const file = newFile(t)
  const first = await openCore(t, { file, secretKey: ONE })
  const secrets = await fill(first)
  await first.core.close()
  const old = /v2:[0-9a-f]{16}:/.exec(stolen(file))?.[0] as string

  const second = await openCore(t, { file, secretKey: `${TWO}, ${ONE}` })
  t.notOk(stolen(file).includes(old), 'everything is under the new key at once')
  await second.core.close()
  const third = await openCore(t, { file, secretKey: TWO })
  await stillWorks(t, third, secrets)
  await third.core.close()
  await t.rejects(createEmbeddedCore({ file, secretKey: ONE }), { code: 'CORE_SECRET_KEY_WRONG' })
})

t.test('encryption that a crash has interrupted is taken up at the next start', async (t) => {
  const file = newFile(t)
  const before = await openCore(t, { file })
  await fill(before)
  await before.core.close()
  const plain = plainSecrets(file)
  const sealed = await openCore(t, { file, secretKey: ONE })
  await sealed.core.close()

  // As it is after the transaction, before the file was written anew: the old values linger in a free page.
  const storage = openStorage(file)
  // As earlier releases left them.
  storage.all('PRAGMA secure_delete = OFF')
  storage.run('CREATE TABLE lingering (text TEXT) STRICT')
  storage.run('INSERT INTO lingering (text) VALUES (?)', `${plain.join()}${'x'.repeat(8000)}`)
  storage.run('DROP TABLE lingering')
  storage.run('UPDATE keys SET created_at = 0 WHERE kind = \'vault\'')
  storage.close()
  t.ok(stolen(file).includes(plain[0] as string))
  const after = await openCore(t, { file, secretKey: ONE })
  t.notOk(plain.some((secret) => stolen(file).includes(secret)))
  t.equal((await after.get('/recipe/jwt/jwks')).status, 200)
})

t.test('users that wait for their import are encrypted as well, and imported after a rotation', async (t) => {
  const file = newFile(t)
  const before = await openCore(t, { file, secretKey: ONE })
  await before.post('/bulk-import/users', { users: [{ ...queued.users[0], userRoles: [] }] })
  const inQueue = async ({ get }: Client) => (await get<{ count: number }>('/bulk-import/users/count')).body.count
  while (await inQueue(before) > 0) await new Promise((resolve) => setTimeout(resolve, 5))
  await before.post('/bulk-import/users', { users: [{ ...queued.users[0], externalUserId: 'again' }] })
  for (let failed = 0; failed === 0;) ({ body: { count: failed } } = await before.get<{ count: number }>('/bulk-import/users/count?status=FAILED'))
  t.match((await before.get<{ users: object[] }>('/bulk-import/users')).body.users, [{ externalUserId: 'again', status: 'FAILED' }])
  await before.core.close()
  t.notOk(stolen(file).includes(WAITING))
  t.notOk(stolen(file).includes('QUEUEDSECRET'))

  const after = await openCore(t, { file, secretKey: [TWO, ONE] })
  t.match((await after.get<{ users: object[] }>('/bulk-import/users')).body.users, [{ loginMethods: [{ plainTextPassword: WAITING }] }])
})

t.test('many authenticators are encrypted in pages, none is forgotten', async (t) => {
  const file = newFile(t)
  const before = await openCore(t, { file })
  await before.core.close()
  const storage = openStorage(file)
  storage.transaction(() => {
    for (let index = 0; index < 2001; index++) {
      storage.run('INSERT INTO totp_devices (user_id, name, secret, period, skew, verified, created_at) VALUES (?, \'d\', ?, 30, 1, 1, 0)', `u${index}`, 'JBSWY3DPEHPK3PXP')
    }
  })
  storage.close()
  const after = await openCore(t, { file, secretKey: ONE })
  t.notOk(stolen(file).includes('JBSWY3DPEHPK3PXP'))
  for (const userId of ['u0', 'u1000', 'u2000']) {
    t.equal((await after.post('/recipe/totp/verify', { userId, totp: codeAt('JBSWY3DPEHPK3PXP', 30, after.now()) })).body.status, 'OK')
  }
})

t.test('an authenticator copied into another user\'s row does not open', async (t) => {
  const file = newFile(t)
  const before = await openCore(t, { file, secretKey: ONE })
  for (const userId of ['mallory', 'victim']) await before.post('/recipe/totp/device/import', { userId, deviceName: 'd', skew: 1, period: 30, secretKey: userId === 'mallory' ? 'JBSWY3DPEHPK3PXP' : 'KRSXG5CTMVRXEZLU' })
  await before.core.close()
  const storage = openStorage(file)
  storage.run('UPDATE totp_devices SET secret = (SELECT secret FROM totp_devices WHERE user_id = \'mallory\') WHERE user_id = \'victim\'')
  storage.close()
  const after = await openCore(t, { file, secretKey: ONE })
  t.equal((await after.post('/recipe/totp/verify', { userId: 'victim', totp: codeAt('JBSWY3DPEHPK3PXP', 30, after.now()) })).status, 500)
  t.equal((await after.post('/recipe/totp/verify', { userId: 'mallory', totp: codeAt('JBSWY3DPEHPK3PXP', 30, after.now()) })).body.status, 'OK')
})

t.test('a key does no harm in memory', async (t) => {
  const client = await openCore(t, { secretKey: ONE })
  await stillWorks(t, client, await fill(client))
})

t.test('a file whose content cannot be read is named', async (t) => {
  const file = newFile(t)
  const before = await openCore(t, { file })
  await before.core.close()
  const storage = openStorage(file)
  storage.run('UPDATE tenants SET providers = \'not JSON\'')
  storage.close()
  await t.rejects(createEmbeddedCore({ file }), { code: 'CORE_FILE_UNUSABLE', message: /core\.db/ })
})
