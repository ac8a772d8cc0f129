import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { importUsers } from '../../src/migrate/import-users.js'
import { call, command, emailUser, HASH, KEY, newFolder, openCore, writeLines } from './helper.js'
import { freePort } from '../free-port.js'
import { lossyProxy, scriptedCore } from './servers.js'

const quick = { tries: 3, retryDelay: 1, apiKey: KEY }
const header = (more: object) => ({ 'fastify-2fa': { format: 1, users: 1, roles: [], tenants: [], ...more } })
const phone = (id: string, phoneNumber: string) => ({ externalUserId: id, loginMethods: [{ recipeId: 'passwordless', phoneNumber }] })

t.test('what cannot be imported is told by line and without secrets, and hinders nobody else', async (t) => {
  const core = await openCore(t)
  const mine = writeLines(t, [phone('theirs', '+12125550100'), emailUser(7, { externalUserId: 'other' })])
  await importUsers({ file: mine, connectionURI: core.connectionURI, ...quick })
  const secret = 'SECRETSECRET'.repeat(30)
  const file = writeLines(t, [
    emailUser(1),
    `{"passwordHash":"${HASH}"`,
    '',
    `["${HASH}"]`,
    '{"email":"x"}',
    emailUser(7),
    emailUser(8, { userRoles: [{ role: 'none', tenantIds: ['public'] }] }),
    emailUser(9, { totpDevices: [{ secretKey: secret, period: 30, skew: 1, deviceName: 'd' }] }),
    { loginMethods: [{ recipeId: 'emailpassword', email: 'a@example.com', passwordHash: `x${HASH}`, hashingAlgorithm: 'bcrypt' }] },
    { loginMethods: [{ recipeId: 'emailpassword', email: 5, plainTextPassword: 'hush-hush 1' }], totpDevices: [null] },
    { loginMethods: [null] },
    { loginMethods: [{ recipeId: 'emailpassword', email: ' USER-7@example.com', plainTextPassword: 'hush-hush 1' }] },
    phone('mine', '+1 (212) 555-0100'),
    { loginMethods: [{ recipeId: 'passwordless', phoneNumber: '+1 212 555 0100' }] },
    emailUser(10, { userMetadata: { passwordlessUserId: 'mine' } }),
    emailUser(11, { externalUserId: 'other' }),
    emailUser(12)
  ])
  for (const batch of ['2', '100']) {
    const { code, out, err } = await command(['import', '--in', file, '--to', core.connectionURI, '--api-key', KEY, '--batch', batch])
    t.equal(code, 3)
    const failures = err.split('\n').filter((line) => line.startsWith('line'))
    t.strictSame(failures, [
      'line 2: is not JSON',
      'line 4: is not a JSON object',
      'line 5: has no loginMethods, so it is not a user in the bulk-import format',
      'line 6: E003: A user with email u***@example.com already exists in emailpassword loginMethod.',
      'line 7: Role none does not exist.',
      'line 8: TOTP secretKey … is too long. Max length is 256.',
      'line 9: Password hash is in invalid BCrypt format',
      'line 10: totpDevices should be of type array of object. email should be of type string for an emailpassword recipe.',
      'line 11: has no loginMethods, so it is not a user in the bulk-import format',
      'line 12: E003: A user with email u***@example.com already exists in emailpassword loginMethod.',
      'line 13: E007: A user with phoneNumber +1••••••••00 already exists in passwordless loginMethod.',
      'line 14: E007: A user with phoneNumber +1••••••••00 already exists in passwordless loginMethod.',
      'line 16: E031: A user with externalId other already exists, with other login methods',
      'line 15: was imported, but not its phone (line 13). The second factor stays locked until the phone is imported'
    ])
    t.equal(out, batch === '2' ? '16 users: 3 imported, 0 already there, 13 failed\n' : '16 users: 0 imported, 3 already there, 13 failed\n')
    for (const hidden of [HASH, secret, 'hush-hush', KEY]) t.notOk((out + err).includes(hidden))
  }
  t.match(await call(core.connectionURI, 'GET', '/bulk-import/users/count'), { count: 0 }, 'no hashes stay in the queue')
})

t.test('lines that other programs have written', async (t) => {
  const core = await openCore(t)
  const odd = emailUser(1, { userMetadata: { text: 'a\u2028b\u2029c\rd' } })
  const social = { externalUserId: ' social ', loginMethods: [{ recipeId: 'thirdparty', email: 's@example.com', thirdPartyId: 'google', thirdPartyUserId: 'g' }, { recipeId: 'passwordless', email: 'S@example.com' }] }
  const file = join(newFolder(t), 'users.ndjson')
  writeFileSync(file, `${JSON.stringify(odd)}\r\n\n   \n${JSON.stringify(social)}\n`)
  t.match(await importUsers({ file, connectionURI: core.connectionURI, ...quick }), { total: 2, imported: 2 })
  t.match(await call(core.connectionURI, 'GET', '/recipe/user/metadata?userId=user-1'), { metadata: odd.userMetadata })
  t.match(await importUsers({ file, connectionURI: core.connectionURI, ...quick }), { imported: 0, alreadyThere: 2 }, 'social logins are recognised too')
  const twice = writeLines(t, [emailUser(2), emailUser(2), emailUser(3, { externalUserId: 'user-2' })])
  t.match(await importUsers({ file: twice, connectionURI: core.connectionURI, ...quick }), {
    imported: 1, failures: [{ line: 2, message: 'repeats the externalUserId of line 1' }, { line: 3 }]
  })
  t.match(await importUsers({ file: writeLines(t, []), connectionURI: core.connectionURI, ...quick }), { total: 0, imported: 0 })
})

t.test('a batch that is too large is sent in parts', async (t) => {
  const core = await openCore(t)
  const large = { text: 'x'.repeat(8_000_001) }
  const proxy = await lossyProxy(t, { uri: core.connectionURI }, () => {})
  const heavy = writeLines(t, [1, 2].map((index) => emailUser(index, { userMetadata: large })))
  t.match(await importUsers({ file: heavy, connectionURI: proxy.uri, ...quick }), { imported: 2 })
  t.strictSame(proxy.posts, [1, 1])
})

t.test('a Core that cannot be used is told apart from one that is not there', async (t) => {
  const core = await openCore(t)
  const file = writeLines(t, [emailUser(1)])
  const attempt = (connectionURI: string, more: object = {}) => importUsers({ file, connectionURI, ...quick, ...more })
  t.match(await command(['import', '--in', file, '--to', core.connectionURI, '--api-key', 'wrong']), { code: 1, out: '', err: 'The Core does not take the import: it does not accept the API key\n' })
  await t.rejects(attempt(core.connectionURI, { apiKey: undefined }), { code: 'AUTH_IMPORT_REFUSED' })
  const closed = `http://127.0.0.1:${await freePort()}`
  await t.rejects(attempt(closed), { code: 'AUTH_IMPORT_UNREACHABLE', message: `The Core does not answer: ${closed} (ECONNREFUSED)` })
  await t.rejects(attempt('http://127.0.0.1:1'), { code: 'AUTH_IMPORT_UNREACHABLE', message: /bad port/ })
  await t.rejects(attempt('http://127.0.0.1:1;http://no.such.host.invalid', { tries: 2 }), { code: 'AUTH_IMPORT_UNREACHABLE', message: /\((ENOTFOUND|EAI_AGAIN)\)/ })
  await t.rejects(attempt(`${core.connectionURI}/appid-none`), { code: 'AUTH_IMPORT_REFUSED' })

  const cases: Array<[script: Parameters<typeof scriptedCore>[1], error: { message: RegExp }]> = [
    [{ 'GET /apiversion': [200, '<html>'] }, { message: /not JSON/ }],
    [{ 'GET /apiversion': [404, 'Not found'] }, { message: /it answers 404 Not found/ }],
    [{ 'GET /apiversion': { versions: ['3.0'] } }, { message: /5\.4/ }],
    [{ 'GET /apiversion': [500, HASH] }, { message: /does not answer: .* \(status 500\)$/ }],
    [{ 'POST /bulk-import/users': [400, 'This API is not supported in the in-memory database.'] }, { message: /in-memory/ }],
    [{ 'POST /bulk-import/users': [400, JSON.stringify({ error: `quotes ${HASH}` })] }, { message: /quotes …/ }],
    [{ 'POST /bulk-import/users': [404, HASH] }, { message: /it answers 404 …$/ }]
  ]
  for (const [script, error] of cases) await t.rejects(attempt((await scriptedCore(t, script)).uri), error)
})

t.test('a Core that takes users and does nothing with them', async (t) => {
  const { uri } = await scriptedCore(t, { 'GET /bulk-import/users/count': { count: 5 } })
  const file = writeLines(t, [emailUser(1)])
  await t.rejects(importUsers({ file, connectionURI: uri, ...quick, patience: 300 }), { code: 'AUTH_IMPORT_STALLED', message: /^10 users are waiting/ })
  const { code, err } = await command(['import', '--in', file, '--to', uri, '--wait', '1'])
  t.equal(code, 1)
  t.match(err, /it has processed none for 1 s/)
})

t.test('a real Core tells of failures under its own names, and gives no reason for some', async (t) => {
  const user = emailUser(1)
  const { uri } = await scriptedCore(t, { 'GET /bulk-import/users': { users: [{ ...user, id: 'queued' }, { ...emailUser(99), id: 'not-mine' }] }, 'GET /user/id': { status: 'UNKNOWN_USER_ID_ERROR' } })
  t.match(await importUsers({ file: writeLines(t, [user]), connectionURI: uri, ...quick }), { failures: [{ line: 1, message: 'the Core gives no reason', externalUserId: 'user-1' }] })
  const strange = await scriptedCore(t, { 'POST /bulk-import/users': [400, JSON.stringify({ users: [{ index: 7, errors: ['x'] }, { index: 0, errors: ['y'] }] })] })
  t.match(await importUsers({ file: writeLines(t, [user]), connectionURI: strange.uri, ...quick }), { failures: [{ line: 1, message: 'y' }] })
})

t.test('roles and tenants come before users, and what is set up already stays', async (t) => {
  const provider = { thirdPartyId: 'google', clients: [{ clientId: 'c', clientSecret: 'hush' }] }
  const plain = { firstFactors: null, requiredSecondaryFactors: null, thirdPartyProviders: [], coreConfig: {} }
  const tenants = [{ ...plain, tenantId: 'public', thirdPartyProviders: [provider] }, { ...plain, tenantId: 't1' }, { ...plain, tenantId: 't2' }]
  const file = writeLines(t, [header({ roles: [{ role: 'admin', permissions: ['read'] }], tenants }), emailUser(1)])
  const fresh = await scriptedCore(t, {})
  await importUsers({ file, connectionURI: fresh.uri, ...quick })
  t.strictSame(fresh.seen.filter((question) => /PUT|POST/.test(question)).map((question) => question.split(' {')[0]), [
    'PUT /recipe/role', 'PUT /public/recipe/multitenancy/config/thirdparty', 'PUT /recipe/multitenancy/tenant/v2', 'PUT /recipe/multitenancy/tenant/v2', 'POST /bulk-import/users'])

  const setUp = await scriptedCore(t, { 'GET /recipe/multitenancy/tenant/list/v2': { tenants: [{ tenantId: 'public', thirdParty: { providers: [provider] } }, { tenantId: 't1' }] } })
  await importUsers({ file, connectionURI: setUp.uri, ...quick })
  t.strictSame(setUp.seen.filter((question) => question.startsWith('PUT /recipe/multi')).map((question) => /t\d/.exec(question)?.[0]), ['t2'])

  const refusing = async (script: Parameters<typeof scriptedCore>[1]) => await importUsers({ file, connectionURI: (await scriptedCore(t, script)).uri, ...quick })
  await t.rejects(refusing({ 'PUT /recipe/multitenancy/tenant/v2': [402, 'Cannot use feature: multi_tenancy'] }), { code: 'AUTH_IMPORT_REFUSED', message: /licence.*tenant t1/ })
  await t.rejects(refusing({ 'PUT /public/recipe/multitenancy/config/thirdparty': [400, 'hush'] }), { message: /answers 400 to a third-party provider of tenant public$/ })
})

t.test('a file that is no whole export is not begun with', async (t) => {
  const { uri, seen } = await scriptedCore(t, {})
  const attempt = (lines: Array<object | string>) => importUsers({ file: writeLines(t, lines), connectionURI: uri, ...quick })
  await t.rejects(attempt([header({ users: 2 }), emailUser(1)]), { code: 'AUTH_IMPORT_FILE_INVALID', message: /it has 1 users, but its first line announces 2/ })
  await t.rejects(attempt([header({ format: 2 }), emailUser(1)]), { code: 'AUTH_IMPORT_FILE_INVALID', message: /later release/ })
  t.match(await command(['import', '--in', '/nonexistent/users', '--to', uri]), { code: 1, err: /^ENOENT/ })
  t.strictSame(seen, [])
})

t.test('a state file is for one file and one Core', async (t) => {
  const { uri } = await scriptedCore(t, {})
  const file = writeLines(t, [emailUser(1), '{}'])
  const stateFile = join(newFolder(t), 'state')
  const result = await importUsers({ file, connectionURI: uri, ...quick, stateFile })
  t.equal(statSync(stateFile).mode & 0o777, 0o600)
  t.notMatch(readFileSync(stateFile, 'utf8'), 'example.com')
  t.strictSame(await importUsers({ file, connectionURI: uri, ...quick, stateFile }), result)
  await t.rejects(importUsers({ file, connectionURI: `${uri}/`, ...quick, stateFile }), { code: 'AUTH_IMPORT_STATE_INVALID', message: /another Core/ })
  await t.rejects(importUsers({ file: writeLines(t, [emailUser(2)]), connectionURI: uri, ...quick, stateFile }), { code: 'AUTH_IMPORT_STATE_INVALID', message: /another file/ })
  t.match(await command(['import', '--in', file, '--to', uri, '--resume', stateFile]), { code: 3, out: '2 users: 1 imported, 0 already there, 1 failed\n' })
  writeFileSync(stateFile, '{')
  await t.rejects(importUsers({ file, connectionURI: uri, ...quick, stateFile }), { code: 'AUTH_IMPORT_STATE_INVALID', message: /not a state file/ })
  mkdirSync(`${stateFile}-folder`)
  await t.rejects(importUsers({ file, connectionURI: uri, ...quick, stateFile: `${stateFile}-folder` }), { code: 'EISDIR' })
})

t.test('the command line', async (t) => {
  const { uri, seen } = await scriptedCore(t, {})
  const other = await scriptedCore(t, {})
  const file = writeLines(t, [emailUser(1), emailUser(2)])
  for (const [argv, message] of [
    [['import'], '--in is needed'],
    [['import', '--in', file], '--to is needed'],
    [['import', '--in', file, '--to', 'core:3567'], '--to: expected the URL of a Core'],
    [['import', '--in', file, '--to', uri, '--batch', '10001'], '--batch: expected a whole number from 1 to 10000'],
    [['import', '--in', file, '--to', uri, '--wait', 'x'], '--wait: expected seconds from 1 to 86400']
  ] as const) t.match(await command([...argv]), { code: 2, out: '', err: message })

  const env = { SUPERTOKENS_CONNECTION_URI: uri, SUPERTOKENS_API_KEY: KEY }
  const lines = await command(['import', '--in', file, '--batch', '1'], { env })
  t.strictSame(lines, { code: 0, out: '2 users: 2 imported, 0 already there, 0 failed\n', err: 'sending 1 of 2\nsending 2 of 2\nimporting 2 of 2\n' })
  const bar = await command(['import', '--in', file, '--batch', '1', '--to', other.uri], { env, isTerminal: true })
  t.equal(bar.code, 0)
  t.ok(bar.err.includes(`\r\x1b[Ksending   [${'#'.repeat(15)}${'-'.repeat(15)}] 50 %  1 of 2\r`))
  t.ok(bar.err.endsWith('\r\x1b[K'))
  const failed = await command(['import', '--in', writeLines(t, ['{']), '--to', uri], { env, isTerminal: true })
  t.equal(failed.code, 3)
  t.ok(seen.length > 0)
  t.match(await command(['import', '--in', '/nonexistent', '--to', uri], { isTerminal: true }), { code: 1, err: /^ENOENT/ })
  t.match(await command(['import', '--help']), { code: 0, out: /Exit codes/ })
})
