import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import pino from 'pino'
import t from 'tap'
import { createEmbeddedCore, type CoreConfig, type EmbeddedCoreOptions } from '../../src/embedded-core/index.js'
import { openStorage } from '../../src/embedded-core/storage/storage.js'
import { NEW_SESSION, openCore, type SessionJson, type SignedIn } from './client.js'

const signUp = { email: 'ann@example.com', password: 'correct horse' }

t.test('options that make no sense are refused at creation, by code', async (t) => {
  const wrong: Array<[unknown, string]> = [
    [{ file: '' }, 'CORE_OPTION_INVALID'],
    [{ file: 5 }, 'CORE_OPTION_INVALID'],
    [{ host: '' }, 'CORE_OPTION_INVALID'],
    [{ host: 5 }, 'CORE_OPTION_INVALID'],
    [{ port: -1 }, 'CORE_OPTION_INVALID'],
    [{ port: 70000 }, 'CORE_OPTION_INVALID'],
    [{ port: '3567' }, 'CORE_OPTION_INVALID'],
    [{ now: 5 }, 'CORE_OPTION_INVALID'],
    [{ durability: 'some' }, 'CORE_OPTION_INVALID'],
    [{ durability: 2 }, 'CORE_OPTION_INVALID'],
    [{ maxHashWait: -1 }, 'CORE_OPTION_INVALID'],
    [{ maxHashWait: '5s' }, 'CORE_OPTION_INVALID'],
    [{ encryption: 'all' }, 'CORE_OPTION_INVALID'],
    [{ apiKey: 5 }, 'CORE_OPTION_INVALID'],
    [{ apiKey: 'short' }, 'CORE_CONFIG_INVALID'],
    [{ apiKey: 'with spaces and, above all, commas' }, 'CORE_CONFIG_INVALID'],
    [{ apiKey: false, host: '0.0.0.0' }, 'CORE_API_KEY_REQUIRED'],
    [{ file: '/no/such/folder/core.db' }, 'CORE_FILE_UNUSABLE']
  ]
  for (const [options, code] of wrong) await t.rejects(createEmbeddedCore(options as EmbeddedCoreOptions), { code }, JSON.stringify(options))
})

t.test('settings that the real Core refuses are refused', async (t) => {
  const wrong: CoreConfig[] = [
    { acces_token_validity: 5 },
    { access_token_validity: 0 },
    { access_token_validity: 86400001 },
    { access_token_validity: 2.5 },
    { access_token_validity: 'soon' },
    { access_token_validity: '' },
    { access_token_validity: true },
    { refresh_token_validity: 1 },
    { passwordless_code_lifetime: 0 },
    { password_hashing_alg: 'MD5' },
    { disable_telemetry: 'perhaps' },
    { api_keys: 'short' },
    { api_keys: 'spaces are not allowed in a key' },
    { log_level: {} as never },
    { refresh_token_rotation_grace_period: 301 },
    { refresh_token_rotation_grace_period: 1.5 },
    { access_token_validity_jitter: 0.26 },
    { access_token_validity_jitter: -0.1 },
    { recent_token_reuse_behaviour: 'IGNORE' },
    { supertokens_min_cdi_version: '5.5' },
    { supertokens_min_cdi_version: 'new' },
    { supertokens_max_cdi_version: '4.0' },
    { supertokens_min_cdi_version: '5.4', supertokens_max_cdi_version: '5.3' },
    { migration_mode: 'DUAL_WRITE_READ_OLD' }
  ]
  for (const config of wrong) await t.rejects(createEmbeddedCore({ config }), { code: 'CORE_CONFIG_INVALID' }, JSON.stringify(config))
})

t.test('settings are taken in every form the real Core takes', async (t) => {
  const { core, post } = await openCore(t, {
    config: {
      access_token_validity: '5',
      refresh_token_validity: '0.5',
      access_token_dynamic_signing_key_update_interval: '0.5',
      passwordless_code_lifetime: '1000',
      disable_telemetry: 'False',
      password_hashing_alg: 'bcrypt',
      log_level: 'NONE',
      api_keys: null,
      ip_allow_regex: null
    }
  })
  t.ok(core.apiKey)
  const session = await post<SessionJson>('/recipe/session', { userId: 'u', ...NEW_SESSION })
  const { accessToken, refreshToken } = session.body
  t.equal(accessToken.expiry - accessToken.createdTime, 5000)
  t.equal(refreshToken.expiry - refreshToken.createdTime, 30_000)
  const code = await post('/recipe/signinup/code', { email: 'a@example.com' })
  t.equal(code.body.codeLifetime, 1000)
})

t.test('settings of newer Cores are known: what has a meaning here is obeyed', async (t) => {
  const { get, post } = await openCore(t, {
    config: {
      access_token_validity: 1000,
      access_token_validity_jitter: '0.25',
      supertokens_min_cdi_version: '5.2',
      supertokens_max_cdi_version: '5.3',
      refresh_token_rotation_grace_period: 0,
      recent_token_reuse_behaviour: 'unauthorised',
      migration_mode: 'MIGRATED',
      bulk_migration_sleep_between_rounds_in_batch_ms: 500
    }
  })
  const headers = { 'cdi-version': '5.3' }
  const lives: number[] = []
  for (let round = 0; round < 5; round++) {
    const { body: { accessToken: { token, expiry, createdTime } } } = await post<SessionJson>('/recipe/session', { userId: 'u', ...NEW_SESSION }, headers)
    lives.push(expiry - createdTime)
    const { body: again } = await post<SessionJson>('/recipe/session/regenerate', { accessToken: token, userDataInJWT: {} }, headers)
    t.equal(again.accessToken.expiry, expiry, 'a token that is made anew keeps its end')
  }
  t.ok(lives.every((life) => life >= 750_000 && life <= 1_000_000))
  t.ok(new Set(lives).size > 1, 'at random')

  t.strictSame((await get('/apiversion', headers)).body.versions, ['5.1', '5.2', '5.3'])
  t.equal((await get('/users/count', { 'cdi-version': '5.4' })).text, 'cdi-version 5.4 not supported')
  t.equal((await get('/users/count', { 'cdi-version': '5.1' })).text, 'cdi-version 5.1 is lower than the minimum allowed version 5.2')
  t.equal((await get('/apiversion', { 'cdi-version': '2.18' })).status, 400)
  t.equal((await get('/users/count', { 'cdi-version': '5.2' })).status, 200)
})

t.test('without a key of its own choice it makes one; several may be given; none is for loopback', async (t) => {
  const random = await openCore(t)
  t.match(random.core.apiKey, /^[0-9a-f]{64}$/)
  t.equal((await random.get('/users/count')).status, 200)
  t.equal((await random.get('/users/count', { 'api-key': 'x'.repeat(64) })).status, 401)

  const keys = ['first-key-of-this-test', 'second-key-of-this-test']
  const several = await openCore(t, { apiKey: keys })
  t.equal(several.core.apiKey, keys[0])
  t.equal((await several.get('/users/count', { 'api-key': keys[1] as string })).status, 200)

  const none = await openCore(t, { apiKey: false, host: 'localhost' })
  t.equal(none.core.apiKey, undefined)
  t.equal((await none.get('/users/count')).status, 200)

  const empty = await openCore(t, { apiKey: [] })
  t.match(empty.core.apiKey, /^[0-9a-f]{64}$/)
})

t.test('it listens where it is told to, and gives everything back when it cannot', async (t) => {
  const file = join(t.testdir(), 'core.db')
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => taken.close())
  const { port } = taken.address() as AddressInfo
  await t.rejects(createEmbeddedCore({ file, port }), { code: 'EADDRINUSE' })
  const core = await createEmbeddedCore({ file, host: '::1' })
  t.match(core.connectionURI, /^http:\/\/\[::1\]:\d+$/)
  await core.close()
})

t.test('a file keeps everything across a restart', async (t) => {
  const file = join(t.testdir(), 'core.db')
  const before = await openCore(t, { file })
  const { body: { user } } = await before.post<SignedIn>('/recipe/signup', signUp)
  await before.put('/recipe/multitenancy/tenant/v2', { tenantId: 't1', firstFactors: ['emailpassword'], requiredSecondaryFactors: ['totp'] })
  await before.put('/recipe/multitenancy/app/v2', { appId: 'other', coreConfig: { passwordless_code_lifetime: 1234 } })
  await before.post('/appid-other/recipe/signup', signUp)
  const session = await before.post<SessionJson>('/recipe/session', { userId: user.id, ...NEW_SESSION, userDataInJWT: { a: 1 } })
  const { keys } = (await before.get('/recipe/jwt/jwks')).body
  await before.core.close()

  const after = await openCore(t, { file })
  t.strictSame((await after.get('/recipe/jwt/jwks')).body.keys, keys, 'the same signing keys')
  t.strictSame((await after.post('/recipe/signin', signUp)).body.user, user)
  t.match((await after.get('/t1/recipe/multitenancy/tenant/v2')).body, { firstFactors: ['emailpassword'], requiredSecondaryFactors: ['totp'] })
  t.equal((await after.post('/appid-other/recipe/signin', signUp)).body.status, 'OK')
  t.equal((await after.post('/appid-other/recipe/signinup/code', { email: 'x' })).body.codeLifetime, 1234)
  const refreshed = await after.post('/recipe/session/refresh', {
    refreshToken: session.body.refreshToken.token, enableAntiCsrf: false, useDynamicSigningKey: true
  })
  t.match(refreshed.body, { status: 'OK', session: { userDataInJWT: { a: 1 } } })

  t.ok(existsSync(`${file}-app-other`))
  t.strictSame((await after.post('/recipe/multitenancy/app/remove', { appId: 'other' })).body, { status: 'OK', didExist: true })
  t.notOk(existsSync(`${file}-app-other`), 'an app that is removed leaves nothing behind')
})

async function owner (file: string): Promise<{ child: ChildProcess, connectionURI: string, apiKey: string }> {
  const child = fork(new URL('./owner.js', import.meta.url), [file])
  const [message] = await once(child, 'message') as [{ connectionURI: string, apiKey: string }]
  return { child, ...message }
}

t.test('one process owns a file; what it acknowledged survives kill -9, and so does the right to open it', async (t) => {
  const file = join(t.testdir(), 'core.db')
  const { child, connectionURI, apiKey } = await owner(file)
  const signUps = Array.from({ length: 40 }, async (_, index) => {
    const response = await fetch(`${connectionURI}/recipe/signup`, {
      method: 'POST', headers: { 'api-key': apiKey, 'cdi-version': '5.4' }, body: JSON.stringify({ email: `${index}@example.com`, password: 'password' })
    }).catch(() => undefined)
    const answer = await response?.json().catch(() => undefined) as { status: string } | undefined
    return answer?.status === 'OK' ? `${index}@example.com` : undefined
  })
  await Promise.race(signUps)
  await t.rejects(createEmbeddedCore({ file }), { code: 'CORE_FILE_IN_USE' })
  child.kill('SIGKILL')
  await once(child, 'exit')
  const acknowledged = (await Promise.all(signUps)).filter((email) => email !== undefined)
  t.not(acknowledged.length, 0)

  const { post } = await openCore(t, { file })
  for (const email of acknowledged) t.equal((await post('/recipe/signin', { email, password: 'password' })).body.status, 'OK', email)
})

t.test('a file of a later release, of another program or without write permission is refused', async (t) => {
  const folder = t.testdir()
  const newer = join(folder, 'newer.db')
  const storage = openStorage(newer)
  storage.run('PRAGMA user_version = 9999')
  storage.close()
  await t.rejects(createEmbeddedCore({ file: newer }), { code: 'CORE_FILE_TOO_NEW', message: /schema version 9999/ })

  const foreign = join(folder, 'foreign.db')
  writeFileSync(foreign, 'not a database, but long enough to be looked at as one '.repeat(20))
  await t.rejects(createEmbeddedCore({ file: foreign }), { code: 'CORE_FILE_UNUSABLE' })

  const lost = join(folder, 'lost.db')
  const core = await createEmbeddedCore({ file: lost, apiKey: false })
  await fetch(`${core.connectionURI}/recipe/multitenancy/app/v2`, { method: 'PUT', body: '{"appId":"other"}' })
  await core.close()
  writeFileSync(`${lost}-app-other`, 'overwritten by something else '.repeat(50))
  await t.rejects(createEmbeddedCore({ file: lost }), { code: 'CORE_FILE_UNUSABLE' }, 'also when it is only an app\'s')

  if (process.getuid?.() !== 0) {
    chmodSync(newer, 0o444)
    await t.rejects(createEmbeddedCore({ file: newer }), { code: 'CORE_FILE_UNUSABLE' })
  }
})

t.test('what goes wrong inside is 500 without details to the client, and in the log', async (t) => {
  const lines: string[] = []
  const logger = pino({ level: 'info' }, { write: (line: string) => { lines.push(line) } })
  const broken = { get now () { return fail ? () => { throw new Error('the clock stopped') } : Date.now } }
  let fail = false
  const { post } = await openCore(t, { logger, now: () => broken.now() })
  t.equal((await post('/recipe/signup', signUp)).body.status, 'OK')
  t.notOk(lines.some((line) => line.includes(signUp.email) || line.includes(signUp.password)), 'nothing of a user is logged')
  fail = true
  const { status, text } = await post('/recipe/signup', { ...signUp, email: 'bob@example.com' })
  fail = false
  t.equal(status, 500)
  t.equal(text, 'Internal Error')
  t.ok(lines.some((line) => line.includes('the clock stopped')))
})

t.test('what goes wrong in the background is logged, where there is a log', async (t) => {
  const lines: string[] = []
  const logger = pino({}, { write: (line: string) => { lines.push(line) } })
  for (const options of [{ logger }, {}]) {
    let calls = 0
    const core = await createEmbeddedCore({ ...options, now: () => { if (calls++ > 0) throw new Error('the clock stopped'); return 1 } })
    const { status } = await fetch(`${core.connectionURI}/.well-known/jwks.json`)
    t.equal(status, 500)
    await core.close()
  }
  t.ok(lines.some((line) => line.includes('the embedded Core failed in the background')))
})

t.test('a transaction that SQLite itself has rolled back is over, and its error is the one that is seen', async (t) => {
  const storage = openStorage(':memory:')
  t.teardown(() => storage.close())
  t.throws(() => storage.transaction(() => {
    storage.run('ROLLBACK')
    throw new Error('database or disk is full')
  }), { message: 'database or disk is full' })
  t.equal(storage.transaction(() => storage.run('INSERT INTO roles (role) VALUES (\'r\')')), 1)
})
