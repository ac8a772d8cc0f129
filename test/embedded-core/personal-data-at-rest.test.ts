import { createHash, createHmac } from 'node:crypto'
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { createEmbeddedCore, exportUsers, restoreBackup, type EmbeddedCoreOptions } from '../../src/embedded-core/index.js'
import { blindIndex, openText, sealingKey, sealText, type SealingKey } from '../../src/embedded-core/storage/key-ring.js'
import { openStorage, type Storage } from '../../src/embedded-core/storage/storage.js'
import { codeAt } from '../../src/embedded-core/totp/codes.js'
import { openCore, type Client, type CodeJson, type SessionJson, type SignedIn, type UserJson } from './client.js'
import { damage, newFile, stolen } from './damage.js'

const ONE = 'the first secret key of this test: long enough'
const TWO = 'the second secret key of this test: long enough'

/** What is known of people, in the very words that a thief would look for. */
const PERSONAL = [
  'ann.private@example', 'ann.before@example', 'reset.private@example', 'bob.private@example', '4155550111', '4155550122', 'google-id-of-ann', '$04$', 'metadata-of-ann',
  'payload-of-ann', 'data-of-ann', 'phone-named-by-ann', 'note-on-ann', 'client-secret-of-a-tenant', 'waiting.private@example'
]

interface Known { ann: string, cat: string, social: string, resetToken: string, verificationToken: string, code: CodeJson, session: SessionJson, totp: string }

/** Something in every column that tells of a person, in the public app and in one more. */
async function fill ({ core, post, put, get, wait }: Client): Promise<Known> {
  const signUp = async (email: string, path = '') => {
    wait(1000)
    return (await post<SignedIn>(`${path}/recipe/signup`, { email, password: 'correct horse' })).body.user.id
  }
  const ann = await signUp('ann.before@example.com')
  await post('/recipe/user/email/verify', { method: 'token', token: (await post<{ token: string }>('/recipe/user/email/verify/token', { userId: ann, email: 'ann.before@example.com' })).body.token })
  await put('/recipe/user', { recipeUserId: ann, email: 'ann.private@example.com' })
  await post('/recipe/userid/map', { superTokensUserId: ann, externalUserId: 'outside', externalUserIdInfo: 'note-on-ann' })
  const { body: { token: verificationToken } } = await post<{ token: string }>('/recipe/user/email/verify/token', { userId: 'outside', email: 'ann.private@example.com' })
  const cat = await signUp('reset.private@example.com')
  const { body: { token: resetToken } } = await post<{ token: string }>('/recipe/user/password/reset/token', { userId: cat, email: 'reset.private@example.com' })
  wait(1000)
  const social = (await post<SignedIn>('/recipe/signinup', { thirdPartyId: 'google', thirdPartyUserId: 'google-id-of-ann', email: { id: 'ann.private@example.com', isVerified: true } })).body.user.id
  wait(1000)
  const phone = (await post<CodeJson>('/recipe/signinup/code', { phoneNumber: '+14155550111' })).body
  await post('/recipe/signinup/code/consume', { deviceId: phone.deviceId, preAuthSessionId: phone.preAuthSessionId, userInputCode: phone.userInputCode })
  const code = (await post<CodeJson>('/recipe/signinup/code', { phoneNumber: '+14155550122' })).body
  wait(1000)
  await put('/recipe/user/metadata', { userId: 'outside', metadataUpdate: { phone: 'metadata-of-ann' } })
  const { body: session } = await post<SessionJson>('/recipe/session', { userId: 'outside', enableAntiCsrf: false, userDataInJWT: { phone: 'payload-of-ann' }, userDataInDatabase: { phone: 'data-of-ann' } })
  const { body: { secret: totp } } = await post<{ secret: string }>('/recipe/totp/device', { userId: 'outside', deviceName: 'phone-named-by-ann', skew: 1, period: 30 })
  await put('/recipe/multitenancy/config/thirdparty', { skipValidation: false, config: { thirdPartyId: 'google', clients: [{ clientId: 'c', clientSecret: 'client-secret-of-a-tenant' }] } })
  await post('/bulk-import/users', { users: [{ loginMethods: [{ recipeId: 'emailpassword', email: 'waiting.private@example.com', plainTextPassword: 'correct horse' }] }] })
  await post('/bulk-import/users', { users: [{ loginMethods: [{ recipeId: 'emailpassword', email: 'waiting.private@example.com', plainTextPassword: 'correct horse' }] }] })
  while ((await get<{ count: number }>('/bulk-import/users/count?status=FAILED')).body.count === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  await put('/recipe/multitenancy/app/v2', { appId: 'b' })
  await signUp('bob.private@example.com', '/appid-b')
  await fetch(`${core.connectionURI}/appid-b/.well-known/jwks.json`)
  return { ann, cat, social, resetToken, verificationToken, code, session, totp }
}

/** That everything of `fill` is there and works. What can be used once is used up. */
async function stillThere (t: Test, client: Client, known: Known): Promise<void> {
  const { get, post } = client
  const { body: { users } } = await get<{ users: UserJson[] }>('/users?timeJoinedOrder=ASC')
  t.match(users.map(({ emails }) => emails), [['ann.private@example.com'], ['reset.private@example.com'], ['ann.private@example.com'], [], ['waiting.private@example.com']])
  t.match(users[3], { phoneNumbers: ['+14155550111'], loginMethods: [{ verified: true }] })
  t.match(users[2], { thirdParty: [{ id: 'google', userId: 'google-id-of-ann' }], loginMethods: [{ verified: true }] })
  t.equal((await post('/recipe/signin', { email: 'ann.private@example.com', password: 'correct horse' })).body.status, 'OK')
  t.equal((await post('/recipe/signin', { email: 'ann.private@example.com', password: 'wrong' })).body.status, 'WRONG_CREDENTIALS_ERROR')
  t.equal((await post('/recipe/signup', { email: 'ann.private@example.com', password: 'x' })).body.status, 'EMAIL_ALREADY_EXISTS_ERROR')
  t.equal((await post('/appid-b/recipe/signin', { email: 'bob.private@example.com', password: 'correct horse' })).body.status, 'OK')
  t.match((await get('/users/by-accountinfo?email=ann.private%40example.com&doUnionOfAccountInfo=true')).body.users, [{ id: 'outside' }, { id: known.social }])
  t.match((await get('/users?email=ann.priv')).body.users, [{}, {}])
  t.match((await get('/users?phone=%2B1415555')).body.users, [{ phoneNumbers: ['+14155550111'] }])
  t.match((await get('/recipe/user/email/verify?userId=outside&email=ann.before%40example.com')).body, { isVerified: true })
  t.match((await post('/recipe/user/email/verify', { method: 'token', token: known.verificationToken })).body, { status: 'OK', email: 'ann.private@example.com' })
  t.match((await post('/recipe/user/password/reset/token/consume', { method: 'token', token: known.resetToken })).body, { status: 'OK', email: 'reset.private@example.com' })
  t.strictSame((await get('/recipe/user/metadata?userId=outside')).body.metadata, { phone: 'metadata-of-ann' })
  t.strictSame((await get(`/recipe/session?sessionHandle=${known.session.session.handle}`)).body.userDataInDatabase, { phone: 'data-of-ann' })
  t.match((await post('/recipe/session/refresh', { refreshToken: known.session.refreshToken.token, enableAntiCsrf: false, useDynamicSigningKey: true })).body, { status: 'OK', session: { userDataInJWT: { phone: 'payload-of-ann' } } })
  t.match((await get('/recipe/totp/device/list?userId=outside')).body.devices, [{ name: 'phone-named-by-ann' }])
  t.match((await post('/recipe/totp/device/verify', { userId: 'outside', deviceName: 'phone-named-by-ann', totp: codeAt(known.totp, 30, client.now()) })).body, { status: 'OK' })
  t.match((await get('/recipe/userid/map?userId=outside&userIdType=EXTERNAL')).body, { externalUserIdInfo: 'note-on-ann' })
  t.match((await get('/recipe/multitenancy/tenant/v2')).body.thirdParty, { providers: [{ clients: [{ clientSecret: 'client-secret-of-a-tenant' }] }] })
  t.match((await get('/bulk-import/users?status=FAILED')).body.users, [{ errorMessage: /waiting\.private@example\.com/ }])
  const { code } = known
  t.match((await post('/recipe/signinup/code/consume', { deviceId: code.deviceId, preAuthSessionId: code.preAuthSessionId, userInputCode: code.userInputCode })).body, { status: 'OK', consumedDevice: { phoneNumber: '+14155550122' } })
}

/** Writes to a file as somebody may who has broken into the machine, and asks the Core afterwards. */
function tamper (file: string, work: (db: Storage) => void): void {
  const db = openStorage(file)
  work(db)
  db.close()
}

t.test('texts are sealed by XAES-256-GCM, as its specification has it', async (t) => {
  const nonce = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWX')
  const sealed = (byte: number, owner: string) => Buffer.from(sealText(sealingKey(Buffer.alloc(32, byte), 'k'), 'XAES-256-GCM', owner, nonce).split(':')[2] as string, 'base64').subarray(24).toString('hex')
  t.equal(sealed(1, ''), 'ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271')
  t.equal(sealed(3, 'c2sp.org/XAES-256-GCM'), '986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d')

  const [key, other] = [sealingKey(Buffer.alloc(32, 1), 'k'), sealingKey(Buffer.alloc(32, 2), 'k')] as [SealingKey, SealingKey]
  const text = sealText(key, 'Ünïcode \u{1f511}', 'owner')
  t.equal(openText([key], text, 'owner'), 'Ünïcode \u{1f511}')
  t.not(sealText(key, 'same', 'owner'), sealText(key, 'same', 'owner'), 'equal texts do not look equal')
  for (const [what, ring, sealedText, owner] of [
    ['another owner', [key], text, 'ownes'], ['another key of that name', [other], text, 'owner'], ['no key', [], text, 'owner'], ['plain text', [key], 'plain', 'owner'], ['nothing', [key], '', 'owner'],
    ['a later format', [key], text.replace('v2', 'v3'), 'owner'], ['the earlier format', [key], text.replace('v2', 'v1'), 'owner'], ['cut off', [key], text.slice(0, -8), 'owner'], ['no bytes', [key], 'v2:k:', 'owner']
  ] as const) t.equal(openText(ring, sealedText, owner), undefined, what)
  t.equal(blindIndex(key, 'email', 'a'), blindIndex(key, 'email', 'a'))
  t.not(blindIndex(key, 'email', 'a'), blindIndex(other, 'email', 'a'), 'whoever has no key cannot try out addresses')
  t.not(blindIndex(key, 'email', '+1'), blindIndex(key, 'phone', '+1'))
})

t.test('without a secret key there is nothing to encrypt with', async (t) => {
  await t.rejects(createEmbeddedCore({ encryption: 'all' }), { code: 'CORE_OPTION_INVALID', message: /encryption.*secretKey/ })
  for (const encryption of ['none', 'ALL', true, '']) await t.rejects(createEmbeddedCore({ secretKey: ONE, encryption } as unknown as EmbeddedCoreOptions), { code: 'CORE_OPTION_INVALID' })
})

t.test('a stolen file and its log tell nothing of anybody', async (t) => {
  const file = newFile(t)
  const client = await openCore(t, { file, secretKey: ONE, encryption: 'all' })
  const known = await fill(client)
  const running = stolen(file)
  await client.core.close()
  for (const bytes of [running, stolen(file)]) {
    t.ok(bytes.includes('google'), 'it is the right file')
    t.strictSame(PERSONAL.filter((text) => bytes.includes(text)), [])
  }
  const again = await openCore(t, { file, secretKey: ONE })
  await stillThere(t, again, known)
})

t.test('a file of before is encrypted at start, with those of its apps, and nothing of before is left in it', async (t) => {
  const file = newFile(t)
  const before = await openCore(t, { file })
  const known = await fill(before)
  await before.core.close()
  t.strictSame(PERSONAL.filter((text) => !stolen(file).includes(text)), [], 'or this test looks for the wrong words')
  writeFileSync(`${file}.schema-3-20260101T000000Z`, 'a copy of before')

  const lines: unknown[] = []
  const logger = pino({ level: 'warn' }, { write: (line: string) => { lines.push(JSON.parse(line)) } })
  const after = await openCore(t, { file, secretKey: ONE, encryption: 'all', logger })
  t.strictSame(PERSONAL.filter((text) => stolen(file).includes(text)), [], 'while it runs')
  t.match(lines, [file, `${file}-app-b`].map((one) => ({ file: one, to: 'all', copies: ['core.db.schema-3-20260101T000000Z'], msg: /copies and backups of before are as they were/ })), 'what is still in the clear is named')
  await stillThere(t, after, known)
  await after.core.close()
  t.strictSame(PERSONAL.filter((text) => stolen(file).includes(text)), [], 'and afterwards')
  rmSync(`${file}.schema-3-20260101T000000Z`)
  for (const one of [file, `${file}-app-b`]) t.strictSame(damage(one), [])
})

t.test('a setting that got lost puts nothing back in the clear; only one that says so does', async (t) => {
  const file = newFile(t)
  const first = await openCore(t, { file, secretKey: ONE, encryption: 'all' })
  const known = await fill(first)
  await first.core.close()
  await t.rejects(createEmbeddedCore({ file }), { code: 'CORE_SECRET_KEY_REQUIRED' })
  await t.rejects(createEmbeddedCore({ file, secretKey: TWO }), { code: 'CORE_SECRET_KEY_WRONG' })

  const second = await openCore(t, { file, secretKey: ONE })
  await second.put('/recipe/multitenancy/app/v2', { appId: 'c' })
  await second.post('/appid-c/recipe/signup', { email: 'ann.private@example.com', password: 'correct horse' })
  await second.core.close()
  t.strictSame(PERSONAL.filter((text) => stolen(file).includes(text)), [], 'new apps are as the others')

  const third = await openCore(t, { file, secretKey: ONE, encryption: 'secrets' })
  await stillThere(t, third, known)
  await third.core.close()
  t.ok(stolen(file).includes('bob.private@example') && stolen(file).includes('metadata-of-ann'))
  t.notMatch(stolen(file), /-----BEGIN/, 'secrets stay encrypted')
  for (const one of [file, `${file}-app-b`]) t.strictSame(damage(one), [])
})

t.test('an older copy of the public app\'s file puts nothing of the other apps back in the clear', async (t) => {
  const file = newFile(t)
  const first = await openCore(t, { file, secretKey: ONE })
  await first.put('/recipe/multitenancy/app/v2', { appId: 'b' })
  await first.post('/appid-b/recipe/signup', { email: 'bob.private@example.com', password: 'correct horse' })
  await first.core.close()
  const older = readFileSync(file)
  const second = await openCore(t, { file, secretKey: ONE, encryption: 'all' })
  await second.core.close()
  writeFileSync(file, older)
  const third = await openCore(t, { file, secretKey: ONE })
  t.equal((await third.post('/appid-b/recipe/signin', { email: 'bob.private@example.com', password: 'correct horse' })).body.status, 'OK')
  await third.core.close()
  t.notOk(stolen(file).includes('bob.private@example'))
})

t.test('keys rotate: everything is under the new one after a start, and found', async (t) => {
  const file = newFile(t)
  const first = await openCore(t, { file, secretKey: ONE, encryption: 'all' })
  const known = await fill(first)
  await first.core.close()
  const old = /v2:[0-9a-f]{16}:/.exec(stolen(file))?.[0] as string
  const lines: string[] = []
  exportUsers(file, (line) => lines.push(line), { secretKey: [TWO, ONE] })
  t.match(lines.join(), /"email":"ann\.private@example\.com".*"passwordHash":"\$2\w\$04\$/, 'an export reads it before the rotation')

  const second = await openCore(t, { file, secretKey: `${TWO},${ONE}` })
  t.notOk(stolen(file).includes(old))
  await second.core.close()
  const third = await openCore(t, { file, secretKey: TWO })
  await stillThere(t, third, known)
  await third.core.close()
  await t.rejects(createEmbeddedCore({ file, secretKey: ONE }), { code: 'CORE_SECRET_KEY_WRONG' })
})

t.test('a process that dies in the middle leaves a file as it was', async (t) => {
  const file = newFile(t)
  const before = await openCore(t, { file })
  await fill(before)
  await before.core.close()
  const dump = (one: string) => {
    const db = openStorage(one)
    const rows = [db.all('SELECT * FROM users'), db.all('SELECT * FROM keys'), db.all('SELECT * FROM sessions')]
    db.close()
    return rows
  }
  const plain = dump(file)
  // The last table that is encrypted has a row that cannot be.
  tamper(file, (db) => { db.run('CREATE TRIGGER no_more BEFORE UPDATE ON verified_emails BEGIN SELECT RAISE(ABORT, \'the disk is gone\'); END') })
  await t.rejects(createEmbeddedCore({ file, secretKey: ONE, encryption: 'all' }), { code: 'CORE_FILE_UNUSABLE' })
  t.strictSame(dump(file), plain)
  tamper(file, (db) => { db.run('DROP TRIGGER no_more') })
  const after = await openCore(t, { file, secretKey: ONE, encryption: 'all' })
  await after.core.close()
  t.strictSame(PERSONAL.filter((text) => stolen(file).includes(text)), [])
})

t.test('whoever can write to the file, but has no key, does not get into an account by it', async (t) => {
  const file = newFile(t)
  const first = await openCore(t, { file, secretKey: ONE, encryption: 'all' })
  const signUp = async (email: string) => (await first.post<SignedIn>('/recipe/signup', { email, password: `the password of ${email}` })).body.user.id
  const [ann, mallory] = [await signUp('ann@example.com'), await signUp('mallory@example.com')]
  const sessionOf = async (userId: string, passed: boolean) => (await first.post<SessionJson>('/recipe/session', { userId, enableAntiCsrf: false, userDataInJWT: { 'second-factor': passed }, userDataInDatabase: {} })).body
  const [half, { session: { handle: whole }, refreshToken: { token: refreshToken } }] = [(await sessionOf(ann, false)).session.handle, await sessionOf(mallory, true)]
  const { body: { token } } = await first.post<{ token: string }>('/recipe/user/password/reset/token', { userId: mallory, email: 'mallory@example.com' })
  const { body: code } = await first.post<CodeJson>('/recipe/signinup/code', { email: 'ann@example.com' })
  for (const [userId, phone] of [[ann, 'of ann'], [mallory, 'of mallory']]) await first.put('/recipe/user/metadata', { userId, metadataUpdate: { passwordlessUserId: phone } })
  await first.core.close()

  const attack = async (what: string, write: (db: Storage) => number, ask: (client: Client) => Promise<{ status: number, text: string }>, mark: RegExp, expected = 500) => {
    const copy = newFile(t)
    copyFileSync(file, copy)
    tamper(copy, (db) => { t.equal(write(db), 1, what) })
    const client = await openCore(t, { file: copy, secretKey: ONE })
    const { status, text } = await ask(client)
    t.equal(status, expected, what)
    t.notMatch(text, mark)
    await client.core.close()
  }
  const copied = (from: string, to: string, column: string, table = 'users', key = 'user_id') => (db: Storage) =>
    db.run(`UPDATE ${table} SET ${column} = (SELECT ${column} FROM ${table} WHERE ${key} = ?) WHERE ${key} = ?`, from, to)
  const asAnn = { email: 'ann@example.com', password: 'the password of mallory@example.com' }
  await attack('a password hash of one\'s own', copied(mallory, ann, 'password_hash'), ({ post }) => post('/recipe/signin', asAnn), /OK/)
  await attack('a hash that anybody can make', (db) => db.run('UPDATE users SET password_hash = ? WHERE user_id = ?', '$2a$04$0000000000000000000000u0000000000000000000000000000000', ann), ({ post }) => post('/recipe/signin', asAnn), /OK/)
  await attack('the address by which an account is found', (db) => {
    copied(ann, mallory, 'email')(db)
    return db.run('UPDATE users SET email = \'nobody\' WHERE user_id = ?', ann)
  }, ({ post }) => post('/recipe/signin', asAnn), /OK/)
  await attack('the address that an account has', copied(ann, mallory, 'sealed'), ({ get }) => get(`/user/id?userId=${mallory}`), /ann@/)
  await attack('the phone that is pinned', copied(mallory, ann, 'metadata', 'user_metadata'), ({ get }) => get(`/recipe/user/metadata?userId=${ann}`), /of mallory/)
  await attack('a session that has passed', copied(whole, half, 'payload', 'sessions', 'handle'), ({ get }) => get(`/recipe/session?sessionHandle=${half}`), /second-factor/)
  await attack('a session of one\'s own, given to another', (db) => db.run('UPDATE sessions SET user_id = ? WHERE handle = ?', ann, whole), ({ post }) =>
    post('/recipe/session/refresh', { refreshToken, enableAntiCsrf: false, useDynamicSigningKey: true }), /OK/)
  await attack('a reset of one\'s own password, for another\'s', (db) => db.run('UPDATE reset_tokens SET user_id = ?', ann), ({ post }) =>
    post('/recipe/user/password/reset/token/consume', { method: 'token', token }), /OK/)
  const asMallory = { email: 'mallory@example.com', password: 'the password of mallory@example.com' }
  await attack('a login of one\'s own, linked to another\'s account', (db) => db.run('UPDATE users SET primary_id = ?, is_primary = 1 WHERE user_id = ?', ann, mallory), ({ post }) => post('/recipe/signin', asMallory), /OK/)
  await attack('and a session of it', (db) => db.run('UPDATE users SET primary_id = ?, is_primary = 1 WHERE user_id = ?', ann, mallory), ({ post }) =>
    post('/recipe/session/refresh', { refreshToken, enableAntiCsrf: false, useDynamicSigningKey: true }), /OK/)
  await attack('the id of another', (db) => db.run('INSERT INTO user_ids (user_id, external_id) VALUES (?, ?)', mallory, ann), ({ post }) => post('/recipe/signin', asMallory), /OK/)
  await attack('and a session under it', (db) => db.run('INSERT INTO user_ids (user_id, external_id) VALUES (?, ?)', mallory, ann), ({ post }) =>
    post('/recipe/session', { userId: mallory, enableAntiCsrf: false, userDataInJWT: {}, userDataInDatabase: {} }), /OK/)
  await attack('a code that anybody can make', (db) => {
    const { deviceId, preAuthSessionId } = code
    const { salt } = db.get<{ salt: string }>('SELECT salt FROM devices') as { salt: string }
    const link = createHmac('sha256', Buffer.concat([Buffer.from(deviceId, 'base64'), Buffer.from(salt, 'base64')])).update('made up').digest()
    return db.run('UPDATE codes SET link_code_hash = ? WHERE device_hash = ?', createHash('sha256').update(link).digest('base64url'), preAuthSessionId)
  }, ({ post }) => post('/recipe/signinup/code/consume', { deviceId: code.deviceId, preAuthSessionId: code.preAuthSessionId, userInputCode: 'made up' }), /"OK"/, 200)
  await attack('in plain text', (db) => db.run('UPDATE user_metadata SET metadata = ? WHERE user_id = ?', '{"passwordlessUserId":"of mallory"}', ann), ({ get }) => get(`/recipe/user/metadata?userId=${ann}`), /of mallory/)
})

t.test('a backup of it tells as little, and is restored with the key alone', async (t) => {
  const file = newFile(t)
  const first = await openCore(t, { file, secretKey: ONE, encryption: 'all' })
  const known = await fill(first)
  await first.core.backup(`${file}.backup`)
  await first.core.close()
  t.strictSame(PERSONAL.filter((text) => stolen(file).includes(text)), [])
  const target = newFile(t)
  await t.rejects(restoreBackup(target, `${file}.backup`, {}), { code: 'CORE_SECRET_KEY_REQUIRED' })
  await restoreBackup(target, `${file}.backup`, {
    secretKey: ONE,
    amend: ({ phone, ...metadata }) => ({ ...metadata, phone: `${phone as string}, amended` }),
    note: () => ({ userId: 'nobody', metadata: { note: 'note-on-ann' } })
  })
  const second = await openCore(t, { file: target, secretKey: ONE })
  t.strictSame((await second.get('/recipe/user/metadata?userId=outside')).body.metadata, { phone: 'metadata-of-ann, amended' })
  t.strictSame((await second.get('/recipe/user/metadata?userId=nobody')).body.metadata, { note: 'note-on-ann' })
  t.equal((await second.post('/recipe/signin', { email: 'ann.private@example.com', password: 'correct horse' })).body.status, 'OK')
  await second.core.close()
  t.strictSame(PERSONAL.filter((text) => stolen(target).includes(text)), [])
  await restoreBackup(target, `${file}.backup`, { secretKey: ONE, asItWas: true, force: true })
  await stillThere(t, await openCore(t, { file: target, secretKey: ONE }), known)
})
